"""Reports as tables, CSV and JSON."""
