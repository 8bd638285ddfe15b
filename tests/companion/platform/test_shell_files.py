"""The files for shells are found in a checkout and in every way of installing."""

from pathlib import Path

import pytest

import aicost
from aicost.core.errors import ConfigError
from aicost.core.shell_code import FILES, READER
from aicost.platform.shell_files import find_shell_files


def test_a_checkout_has_them_beside_the_sources() -> None:
    folder = find_shell_files(Path(aicost.__file__).resolve().parent)
    assert {path.name for path in folder.iterdir()} >= {*FILES.values(), READER}


@pytest.mark.parametrize(
    "packages",
    ["lib/python3.11/site-packages", "lib/python3/dist-packages", "", "local/lib/python3/x"],
    ids=["venv", "Debian", "pip --target", "deeper"],
)
def test_an_installation_has_them_below_its_prefix(tmp_path: Path, packages: str) -> None:
    package = tmp_path / packages / "aicost"
    package.mkdir(parents=True)
    folder = tmp_path / "share" / "aicost" / "shell"
    folder.mkdir(parents=True)
    assert find_shell_files(package) == folder


def test_a_folder_shell_that_is_not_of_a_checkout_is_not_taken(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "aicost"
    package.mkdir(parents=True)
    (tmp_path / "shell").mkdir()
    with pytest.raises(ConfigError) as missing:
        find_shell_files(package)
    assert "share/aicost/shell" in missing.value.why
