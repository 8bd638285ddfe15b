"""Claude Code: paths, transcript lines and live session files."""
