"""Names that say nothing of a person: derived from a random key that never leaves the machine.

Pure. A quarter of the year is an *epoch*: each has names of its own, so that histories do not
join, and a late correction still finds the name of its day.
"""

import hmac
from base64 import b32decode, b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

KEY_BYTES = 32
_PSEUDONYM_LETTERS = 26  # 130 bits


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a source is for one team in one epoch. `write_secret` proves it; it is never logged."""

    pseudonym: str
    write_secret: str


def epoch_of(day: date) -> str:
    """Return the quarter that a day lies in, as "2026Q4"."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def epochs_between(first: date, last: date) -> tuple[str, ...]:
    """Return all epochs that two days and those between them lie in, the earliest first."""
    start, end = (day.year * 4 + (day.month - 1) // 3 for day in (first, last))
    return tuple(f"{number // 4}Q{number % 4 + 1}" for number in range(start, end + 1))


def identity_of(key: bytes, team: str, epoch: str) -> Identity:
    """Derive who the holder of a key is for a team in an epoch."""
    return Identity(
        pseudonym=_letters(_derived(key, "id", team, epoch)),
        write_secret=_derived(key, "write", team, epoch).hex(),
    )


def project_label(team_key: bytes, repo: str) -> str:
    """Return what a repository is called under the key that a team shares: the same for all."""
    return f"k_{_derived(team_key, 'project', repo).hex()[:20]}"


def write_key(key: bytes) -> str:
    """Return a key as text that a person can carry to a second device."""
    return "-".join(_groups(b32encode(key).decode().rstrip("=").lower()))


def read_key(text: str) -> bytes:
    """Return the key that `write_key` wrote. Raises ValueError if it is none."""
    letters = "".join(text.split()).replace("-", "").upper()
    key = b32decode(letters + "=" * (-len(letters) % 8))
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 52 letters and digits")
    return key


def _derived(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, "\x1f".join(parts).encode(), "sha256")


def _letters(value: bytes) -> str:
    return b32encode(value).decode().lower()[:_PSEUDONYM_LETTERS]


def _groups(letters: str) -> Iterable[str]:
    return (letters[at : at + 4] for at in range(0, len(letters), 4))
