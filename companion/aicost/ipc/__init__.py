"""Talking to the daemon over its Unix socket."""
