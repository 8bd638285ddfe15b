"""What the user set of budgets and their gate, as the config file says it now."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aicost.core.budget import Budget
from aicost.core.errors import ConfigError
from aicost.core.hook_files import FailMode
from aicost.platform.config import load_settings

log = logging.getLogger(__name__)

_Look = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which budgets there are, and how their gate behaves."""

    budgets: Sequence[Budget] = ()
    grace_permille: int = 50  # of a hard limit
    fail: FailMode = "open"


class RulesFile:
    """Reads the rules again when the config changed. For the event loop: a look is one `stat`.

    One that cannot be read changes nothing: the rules that held go on, and the log says why.
    """

    def __init__(self, config_file: Path, more: Callable[[], Sequence[Budget]] = tuple) -> None:
        self._file, self._more = config_file, more
        self._rules = Rules()
        self._seen: _Look | None = None
        self._trouble = ""

    def current(self) -> Rules:
        """Return what holds now, with `more` budgets."""
        look = _look_at(self._file)
        if look != self._seen:
            self._seen = look
            self._read()
        more = tuple(self._more())
        return replace(self._rules, budgets=(*self._rules.budgets, *more)) if more else self._rules

    def _read(self) -> None:
        try:
            settings = load_settings(self._file)
        except ConfigError as error:
            if error.what != self._trouble:
                log.warning("the budgets stay as they were: %s", error)
            self._trouble = error.what
            return
        self._trouble = ""
        self._rules = Rules(
            budgets=settings.budgets,
            grace_permille=settings.grace_permille,
            fail=settings.gate_fail,
        )


def _look_at(path: Path) -> _Look:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)
