"""The resident process: watch, read, record, publish."""
