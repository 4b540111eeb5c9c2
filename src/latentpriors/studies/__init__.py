"""Measurements that are no rows of a table, a file a topic."""
