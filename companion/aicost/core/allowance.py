"""The user's own word that a session may go on over its budgets: so much, for so long. Pure."""

import re
import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aicost.core.errors import ConfigError
from aicost.core.money import nusd
from aicost.core.text import clean

DEFAULT_FOR = timedelta(hours=2)
LONGEST = timedelta(days=7)
MOST_USD = 10_000  # more is a slip of the finger
MOST_REASON = 200  # characters of it that are kept
RIGHT_FORM = 'aicost allow 5 "why"'
_AMOUNT = re.compile(r"\$?(\d{1,12}(?:\.\d{1,9})?|\.\d{1,9})", re.ASCII)
_SPAN = re.compile(r"(\d{1,6})(m|min|h|d)", re.ASCII)
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An amount that sessions may spend although a hard budget is used up."""

    amount_nusd: int
    at: datetime  # UTC; what was spent before does not count
    until: datetime  # UTC
    session_id: str = ""  # "": all sessions
    reason: str = ""

    def covers(self, session_id: str) -> bool:
        """Say whether it is meant for a session."""
        return self.session_id in ("", session_id)

    def lifts(self, used_nusd: int, now: datetime) -> bool:
        """Say whether it still holds, of what its sessions used since it was made."""
        return self.at <= now < self.until and used_nusd < self.amount_nusd


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked to be allowed."""

    amount_nusd: int
    lasts: timedelta = DEFAULT_FOR
    reason: str = ""


def parse_wish(text: str) -> Wish:
    """Read what follows `aicost allow` in a prompt: AMOUNT [REASON] [--for 2h].

    Raises ConfigError, which names the right form.
    """
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe, mostly: then words are what spaces part
        words = text.split()
    span = ""
    if "--for" in words:
        at = words.index("--for")
        span = " ".join(words[at + 1 : at + 2])
        words = words[:at] + words[at + 2 :]
        if not span:
            raise ConfigError("--for needs a time like 30m or 2h", hint=f"{RIGHT_FORM} --for 2h")
    unknown = [word for word in words if word.startswith("--")]
    if unknown:
        raise ConfigError(f"{clean(unknown[0])} is not known here", hint=f"{RIGHT_FORM} --for 2h")
    return wish(words[0] if words else "", " ".join(words[1:]), span)


def wish(amount: str, reason: str = "", span: str = "") -> Wish:
    """Read an amount of dollars, a reason, and for how long. Raises ConfigError."""
    return Wish(
        amount_nusd=_parse_amount(amount),
        lasts=_parse_span(span) if span else DEFAULT_FOR,
        reason=clean(reason)[:MOST_REASON],
    )


def _parse_amount(text: str) -> int:
    if not text:
        raise ConfigError("an amount of dollars is missing", hint=RIGHT_FORM)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ConfigError(f"{clean(text)!r} is no amount of dollars", hint=RIGHT_FORM)
    amount = Decimal(found[1])
    if amount <= 0:
        raise ConfigError("an allowance is more than $0", hint=RIGHT_FORM)
    if amount > MOST_USD:
        raise ConfigError(f"an allowance is at most ${MOST_USD:,}", hint=RIGHT_FORM)
    return nusd(amount)


def _parse_span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise ConfigError(
            f"{clean(text)!r} is no time like 30m, 2h or 1d", hint=f"{RIGHT_FORM} --for 2h"
        )
    lasts = int(found[1]) * _UNITS[found[2]]
    if not timedelta() < lasts <= LONGEST:
        raise ConfigError(
            f"an allowance lasts from a minute to {LONGEST.days} days",
            hint=f"{RIGHT_FORM} --for 2h",
        )
    return lasts
