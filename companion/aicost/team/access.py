"""Who may do what: one-time invite codes, the tokens they are changed for, and whose a source is.

Nothing ties a code to the token it was changed for, nor a token to its pseudonyms: the database
holds hashes of each by itself, so whoever reads it cannot join a person to the days.
"""

import secrets
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256

from aicost.team.database import Transaction

_CODE_BYTES, _TOKEN_BYTES = 15, 32


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a token; `cohort` is the one chosen when joining."""

    token_hash: str
    cohort: str | None


def make_invites(change: Transaction, number: int) -> list[str]:
    """Make one-time codes; they are told once, here."""
    codes = [_code() for _ in range(number)]
    for code in codes:
        change.run("INSERT INTO invite (code_hash, spent) VALUES (?, 0)", _hash(code))
    return codes


def _code() -> str:
    """Return a code of letters and digits: one that began with "-" would be read as an option."""
    return b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()


def unspent(change: Transaction) -> int:
    """Return how many codes nobody has used."""
    found = change.row("SELECT COUNT(*) FROM invite WHERE spent = 0")
    return int(found[0]) if found else 0


def join(change: Transaction, code: str, cohort: str | None) -> str | None:
    """Spend a code and return a token for it; None if there is no such code, or it is spent."""
    if not change.run("UPDATE invite SET spent = 1 WHERE code_hash = ? AND spent = 0", _hash(code)):
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    change.run(
        "INSERT INTO token (token_hash, cohort, revoked) VALUES (?, ?, 0)", _hash(token), cohort
    )
    return token


def member(change: Transaction, token: str) -> Member | None:
    """Return whose a token is, None if it is nobody's (any more)."""
    found = change.row(
        "SELECT token_hash, cohort FROM token WHERE token_hash = ? AND revoked = 0", _hash(token)
    )
    return Member(str(found[0]), found[1]) if found else None


def leave(change: Transaction, token: str) -> None:
    """Let a token be good for nothing from now on."""
    change.run("UPDATE token SET revoked = 1 WHERE token_hash = ?", _hash(token))


def holds(change: Transaction, token: str, epoch: str, pseudonym: str) -> bool:
    """Say whether a token may send under a pseudonym: one in each epoch, the first it used.

    Else one person could stand for many, and uncover somebody in a group of them.
    """
    pair = _hash(f"{token}\x1f{epoch}")
    change.run(
        "INSERT INTO holder (pair_hash, pseudonym_hash) VALUES (?, ?)"
        " ON CONFLICT (pair_hash) DO NOTHING",
        pair,
        _hash(pseudonym),
    )
    found = change.row("SELECT pseudonym_hash FROM holder WHERE pair_hash = ?", pair)
    return found is not None and secrets.compare_digest(str(found[0]), _hash(pseudonym))


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
