"""Reports as JSON documents, tables and CSV. Pure: values in, text out."""
