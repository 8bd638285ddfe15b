"""The badge: what some sessions spent, how near a limit that is, and what they do, in one line.

The daemon keeps it in small files that shells and status lines read: one line of fields between
tabs, of a closed alphabet and never with a name out of a log, so that a prompt may show any of them
as it is. Readers must survive empty fields, and more fields than they know.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aicost.core.budget import BudgetStatus
from aicost.core.errors import ConfigError
from aicost.core.money import cost_text_short, dollars_short
from aicost.core.nudge import SIGNS
from aicost.core.view import SessionState

BadgeLevel = Literal["ok", "warn", "serious", "over"]

FIELDS = ("level", "cost", "percent", "state", "tokens", "burn", "context", "task")
ALPHABET = re.compile(r"[0-9A-Za-z $.,<≥%~/-]*")  # of every field

FOLDER, ALIVE, TODAY = "badge", "alive", "today"  # in the run folder; in it, two files …
OF_SHELLS, OF_REPOS = "shell", "repo"  # … and two folders
ALIVE_EVERY_S = 5.0  # how often `alive` is written
STALE_S = 20.0  # who finds it older than this shows nothing
MAX_NAME_BYTES = 200  # of a repository's file; many file systems end at 255

SIGN_OF: Mapping[BadgeLevel, str] = {
    "ok": "",
    "warn": SIGNS["warning"],
    "serious": SIGNS["serious"],
    "over": SIGNS["serious"],
}
ASCII_SIGN_OF: Mapping[BadgeLevel, str] = {"ok": "", "warn": "!", "serious": "!!", "over": "!!!"}
PLACEHOLDERS = ("cost", "percent", "level", "sign", "state", "tokens", "burn", "context", "task")
DEFAULT_FORMAT, ASCII_FORMAT = "⬡ {cost} {sign}{percent}", "{cost} {sign}{percent}"

_LEVELS: tuple[tuple[int, BadgeLevel], ...] = ((100, "over"), (95, "serious"), (80, "warn"))
_STATES: tuple[SessionState, ...] = ("busy", "waiting", "idle", "ended")  # the first one tells
_MOST_PERCENT = 999
_MARKS = re.compile(r"\{(\w*)\}|\{\{|\}\}|[{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What some sessions come to at a moment: a shell's, a repository's, all of today's."""

    cost_nusd: int | None  # list price of the priced calls; None if none is priced
    unpriced_tokens: int = 0
    tokens: int = 0  # of the same calls
    used: BudgetStatus | None = None  # the strictest budget that bears on them; None: none does
    state: SessionState = "ended"
    sessions: int = 0  # how many are in that state
    nusd_per_hour: int = 0
    context_share: float | None = None  # 0..1, of the newest session that runs
    task: str = ""  # what they work on, as a word of core's own; "" is not known

    @property
    def percent(self) -> int | None:
        """How much of that budget is used, rounded down; None without one."""
        if self.used is None:
            return None
        return self.used.spent * 100 // self.used.budget.limit

    @property
    def level(self) -> BadgeLevel:
        """How serious that is."""
        return level_of(self.percent)


def level_of(percent: int | None) -> BadgeLevel:
    """Return the level of a budget that is used so far; None is no budget."""
    return next((level for least, level in _LEVELS if (percent or 0) >= least), "ok")


def strictest(statuses: Iterable[BudgetStatus]) -> BudgetStatus | None:
    """Return the budget of which most is used, the hard one of two; None for none at all."""
    return max(statuses, key=lambda one: (one.share, one.budget.is_hard), default=None)


def state_of(states: Sequence[SessionState]) -> tuple[SessionState, int]:
    """Return the state that tells most of these sessions, and how many are in it."""
    ended: SessionState = "ended"
    state = next((one for one in _STATES if one in states), ended)
    return state, states.count(state)


def badge_fields(badge: Badge) -> dict[str, str]:
    """Return the FIELDS by name, as text; "" is not known, or nothing worth a word."""
    cost = cost_text_short(badge.cost_nusd, badge.unpriced_tokens)
    percent, share = badge.percent, badge.context_share
    return {
        "level": badge.level,
        "cost": cost if ALPHABET.fullmatch(cost) else "",
        "percent": "" if percent is None else str(min(percent, _MOST_PERCENT)),
        "state": f"{badge.state} {badge.sessions}" if badge.sessions else badge.state,
        "tokens": tokens_short(badge.tokens),
        "burn": f"{dollars_short(badge.nusd_per_hour)}/h" if badge.nusd_per_hour > 0 else "",
        "context": "" if share is None else str(min(int(share * 100), _MOST_PERCENT)),
        "task": badge.task if ALPHABET.fullmatch(badge.task) else "",
    }


def badge_line(badge: Badge) -> str:
    """Return the line of a badge's file, with its end."""
    fields = badge_fields(badge)
    return "\t".join(fields[name] for name in FIELDS) + "\n"


def alive_line(pid: int, epoch_s: float) -> str:
    """Return what `alive` says: whose word the badges are, and that it was at work just now."""
    return f"{pid} {int(epoch_s)}\n"


def repo_file(root: str) -> str | None:
    """Return the name of a checkout's file, by its real path; None if that would be too long."""
    name = root.replace("%", "%25").replace("/", "%2F")
    return name if len(name.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES else None


def tokens_short(count: int) -> str:
    """Return a count in at most 5 cells: `999`, `1.0k`, `12.3k`, `123k`, `1.2M`."""
    if count < 1000:
        return str(count)
    value = float(count)
    for unit in ("k", "M"):
        value /= 1000
        if value < 99.95:
            return f"{value:.1f}{unit}"
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return f"{value / 1000:.1f}B" if value < 99_950 else f"{value / 1000:.0f}B"


# Formats


def written(badge: Badge, template: str, *, is_ascii: bool = False) -> str:
    """Return a badge as a format has it: `{cost} {sign}{percent}`; `{{` is a brace.

    Where a field is empty, so is one of the spaces around it. Raises ConfigError for what is no
    format.
    """
    fields = badge_fields(badge)
    signs = ASCII_SIGN_OF if is_ascii else SIGN_OF
    shown = {
        **fields,
        "sign": signs[badge.level],
        "percent": fields["percent"] and f"{fields['percent']}%",
        "context": fields["context"] and f"{fields['context']}%",
    }
    if is_ascii:
        shown["cost"] = shown["cost"].replace("≥", ">=")
    return _filled(template, shown)


def check_format(template: str) -> None:
    """Raise ConfigError for what is no format."""
    _filled(template, dict.fromkeys(PLACEHOLDERS, ""))


def _filled(template: str, shown: Mapping[str, str]) -> str:
    text, at, is_after_nothing = "", 0, False
    for mark in _MARKS.finditer(template):
        text = _continued(text, template[at : mark.start()], is_after_nothing=is_after_nothing)
        value = _value(mark, shown)
        text, at, is_after_nothing = text + value, mark.end(), value == ""
    text = _continued(text, template[at:], is_after_nothing=is_after_nothing)
    return text.removesuffix(" ") if is_after_nothing and at == len(template) else text


def _continued(text: str, literal: str, *, is_after_nothing: bool) -> str:
    if is_after_nothing and text[-1:] in ("", " "):
        literal = literal.removeprefix(" ")
    return text + literal


def _value(mark: "re.Match[str]", shown: Mapping[str, str]) -> str:
    if mark[0] in ("{{", "}}"):
        return mark[0][0]
    name = mark[1]
    if name in PLACEHOLDERS:
        return shown[name]
    what = "a single brace" if name is None else f"{mark[0]!r}"
    raise ConfigError(
        f"a badge's format cannot have {what}",
        why=f"placeholders are {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)}; {{{{ is a brace",
        hint="aicost badge --format '{cost} {sign}{percent}'",
    )
