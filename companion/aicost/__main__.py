"""The command `aicost`. Answers --version before anything else is imported."""

import gc
import sys

_NEW_VALUES = 100_000  # between two searches for cycles: what is imported makes so many, and none


def main() -> int:
    """Run the command line; return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from aicost import __version__

        print(f"aicost {__version__}")
        return 0
    gc.set_threshold(_NEW_VALUES)
    from aicost.cli.main import run

    try:
        return run(sys.argv[1:])
    finally:
        gc.freeze()  # all goes with the process: nothing is to be searched for cycles first


if __name__ == "__main__":
    sys.exit(main())
