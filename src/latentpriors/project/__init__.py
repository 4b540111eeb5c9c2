"""What the files of a checkout say: parameters, tables, stages, locks and code."""
