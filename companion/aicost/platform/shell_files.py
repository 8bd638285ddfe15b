"""Where the files for shells are: beside the sources in a checkout, else below `share`."""

from pathlib import Path

from aicost.core.errors import ConfigError

_INSTALLED = Path("share", "aicost", "shell")  # as pyproject.toml says


def find_shell_files(package: Path) -> Path:
    """Return the folder `shell` of the installation that `package` (aicost's own) belongs to.

    An installation has it below the same prefix, be that a virtual environment, a user's folder or
    the target of `pip install --target`. Raises ConfigError if it is nowhere.
    """
    checkout = package.parents[1] / "shell"
    if package.parent.name == "companion" and checkout.is_dir():
        return checkout
    for above in package.parents:
        if (found := above / _INSTALLED).is_dir():
            return found
    raise ConfigError(
        "aicost's files for shells are gone",
        why=f"no {_INSTALLED} above {package}",
        hint="python -m pip install --force-reinstall aicost",
    )
