"""The command `aicost`. Answers --version before anything else is imported."""

import sys


def main() -> int:
    """Run the command line; return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from aicost import __version__

        print(f"aicost {__version__}")
        return 0
    from aicost.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
