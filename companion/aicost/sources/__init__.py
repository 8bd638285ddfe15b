"""Agents as sources: where their logs are and what a line of them means. Pure."""
