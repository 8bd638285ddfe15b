"""What follows `aicost allow` in a prompt: anything that a user, or a script, types."""

from datetime import UTC, datetime, timedelta

from fuzz.target import Target

from aicost.core.allowance import LONGEST, MOST_REASON, MOST_USD, Allowance, Wish, parse_wish
from aicost.core.errors import ConfigError
from aicost.core.money import NANO
from aicost.core.text import clean

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEEDS = (
    b'5 "hotfix release"', b"$12.50 it's broken --for 30m", b".5 --for 2h", b"5 --for", b"",
    b"5 --until 7", b"99999", b"5 --for 8d", "٥ x".encode(), b"0", b"1" * 30, b"5 'open",
)  # fmt: skip


def check(content: bytes) -> None:
    """Any text is an allowance within its bounds, or an error with the right form."""
    wish = _parsed(content.decode(errors="replace"))
    if isinstance(wish, ConfigError):
        assert wish.hint.startswith("aicost allow 5 ")
        return
    assert 0 < wish.amount_nusd <= MOST_USD * NANO
    assert timedelta() < wish.lasts <= LONGEST
    assert wish.reason == clean(wish.reason)
    assert len(wish.reason) <= MOST_REASON
    end = NOW + wish.lasts
    allowance = Allowance(amount_nusd=wish.amount_nusd, at=NOW, until=end)
    assert allowance.lifts(wish.amount_nusd - 1, NOW)
    assert not allowance.lifts(wish.amount_nusd, NOW)
    assert not allowance.lifts(0, end)


def _parsed(text: str) -> Wish | ConfigError:
    try:
        return parse_wish(text)
    except ConfigError as error:
        return error


TARGET = Target(
    name="allowance", modules=("aicost.core.allowance",), seeds=lambda: SEEDS, check=check
)
