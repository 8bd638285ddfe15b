"""Hooks that are installed know the daemon, and hear of a changed config while it runs."""

import logging
import os
from pathlib import Path

import pytest
from claude_logs import eventually
from gates import gated

from aicost.core.hook_files import Where
from aicost.daemon.hook_state import tell_hooks
from aicost.platform.dirs import load_dirs
from aicost.platform.hook_files import is_installed, read_where, write_hook_files


def installed(data_dir: Path) -> None:
    write_hook_files(
        data_dir, Where(run_dir="/old", hook="/old/aicost-hook", fail="open", daemon_pid=0)
    )


def test_installed_hooks_are_told_others_are_not() -> None:
    dirs = load_dirs(os.environ)
    tell_hooks(dirs, "closed")
    assert not is_installed(dirs.data_dir)
    installed(dirs.data_dir)
    tell_hooks(dirs, "closed")
    found = read_where(dirs.data_dir)
    assert found is not None
    assert (found.fail, found.daemon_pid) == ("closed", os.getpid())
    assert found.run_dir == str(dirs.run_dir)


async def test_a_changed_config_reaches_them_at_once() -> None:
    async with gated() as daemon:
        installed(daemon.dirs.data_dir)
        daemon.dirs.config_file.write_text('[gate]\nfail = "closed"\n')
        await daemon.agent().asks("UserPromptSubmit")

        def is_closed() -> bool:
            found = read_where(daemon.dirs.data_dir)
            return found is not None and found.fail == "closed"

        await eventually(is_closed, "the hooks to close")


def test_what_goes_wrong_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    dirs = load_dirs(os.environ)
    installed(dirs.data_dir)
    (dirs.data_dir / "hooks" / "gate.sh").unlink()
    (dirs.data_dir / "hooks" / "gate.sh").mkdir()
    with caplog.at_level(logging.WARNING):
        tell_hooks(dirs, "open")
    assert "the files of the hooks are not up to date" in caplog.text
