"""Lets installed hooks know of this daemon: which process it is, and what they do without it."""

import logging
import os

from aicost.core.errors import AicostError
from aicost.core.hook_files import FailMode
from aicost.platform.dirs import Dirs
from aicost.platform.hook_files import refresh

log = logging.getLogger(__name__)


def tell_hooks(dirs: Dirs, fail: FailMode) -> None:
    """Bring the files of installed hooks up to date. What goes wrong is logged: agents go on."""
    try:
        refresh(dirs.data_dir, run_dir=dirs.run_dir, fail=fail, daemon_pid=os.getpid())
    except AicostError as error:
        log.warning("the files of the hooks are not up to date: %s (%s)", error, error.why)
