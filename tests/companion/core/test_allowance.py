"""What may be allowed, how it is written, and when it ends."""

from datetime import timedelta

import pytest
from builders import NOW, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.allowance import MOST_USD, Allowance, Wish, parse_wish, wish
from aicost.core.errors import ConfigError

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "amount", "reason", "lasts"),
    [
        ("5", 5, "", 2 * HOUR),
        ("$5", 5, "", 2 * HOUR),
        ("0.01", 0.01, "", 2 * HOUR),
        (".5", 0.5, "", 2 * HOUR),
        ("10000", 10_000, "", 2 * HOUR),
        ('5 "hotfix release"', 5, "hotfix release", 2 * HOUR),
        ("5 hotfix release", 5, "hotfix release", 2 * HOUR),
        ("5 it's urgent", 5, "it's urgent", 2 * HOUR),
        ("5 --for 30m", 5, "", HOUR / 2),
        ("--for 1d 5 why", 5, "why", 24 * HOUR),
        ("5 why --for 7d", 5, "why", 168 * HOUR),
        ("5 why --for 90min", 5, "why", 1.5 * HOUR),
        ("5\n\x1b[31mred", 5, "red", 2 * HOUR),
    ],
)
def test_what_is_asked_for_is_read(text: str, amount: float, reason: str, lasts: timedelta) -> None:
    assert parse_wish(text) == Wish(amount_nusd=usd(amount), reason=reason, lasts=lasts)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("five", "no amount"),
        ("0", "more than $0"),
        ("0.00", "more than $0"),
        ("-5", "no amount"),
        ("10000.01", "at most $10,000"),
        ("1e3", "no amount"),
        ("nan", "no amount"),
        ("٥", "no amount"),
        ("5 --for", "needs a time"),
        ("5 --for 0h", "from a minute"),
        ("5 --for 8d", "from a minute"),
        ("5 --for 2", "no time"),
        ("5 --for -2h", "no time"),
        ("5 --all", "--all is not known"),
    ],
)
def test_what_is_garbled_is_answered_with_the_right_form(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what.replace("$", r"\$")) as caught:
        parse_wish(text)
    assert caught.value.hint.startswith('aicost allow 5 "why"')


@given(st.text())
def test_any_text_is_a_wish_or_an_error_that_names_the_form(text: str) -> None:
    try:
        found: Wish | ConfigError = parse_wish(text)
    except ConfigError as error:
        found = error
    if isinstance(found, ConfigError):
        assert "aicost allow" in found.hint
    else:
        assert 0 < found.amount_nusd <= usd(MOST_USD)
        assert timedelta() < found.lasts <= timedelta(days=7)
        assert found.reason.isprintable()


def test_a_reason_is_kept_short() -> None:
    assert len(wish("5", "why " * 200).reason) == 200


ALLOWED = Allowance(amount_nusd=usd(5), at=NOW, until=NOW + HOUR, session_id="s-1")


@pytest.mark.parametrize(
    ("used", "minutes", "expected"),
    [
        (0, 0, True),
        (4.99, 59.99, True),
        (5, 1, False),
        (9, 1, False),
        (0, 60, False),
        (0, -0.01, False),
    ],
)
def test_an_allowance_ends_by_amount_and_by_time(
    used: float, minutes: float, expected: bool
) -> None:
    assert ALLOWED.lifts(usd(used), NOW + timedelta(minutes=minutes)) is expected


def test_an_allowance_is_for_one_session_or_for_all() -> None:
    everybody = Allowance(amount_nusd=1, at=NOW, until=NOW + HOUR)
    assert ALLOWED.covers("s-1")
    assert not ALLOWED.covers("s-2")
    assert everybody.covers("s-2")
