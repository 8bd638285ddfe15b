"""Codex: paths, rollout lines and the limits in them."""
