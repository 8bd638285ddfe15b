"""aicost: the meter, the budget and the profiler for AI coding agents."""

__version__ = "0.1.0"
