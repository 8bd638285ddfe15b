"""Training and measuring of task categories: see `make train` and `make classify-report`."""
