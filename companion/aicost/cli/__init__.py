"""The command line: parse, dispatch, print. No logic."""
