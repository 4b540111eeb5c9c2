"""What the files of a checkout say of the project: its code."""
