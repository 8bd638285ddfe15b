"""The dashboard, `aicost top`."""
