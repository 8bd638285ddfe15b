"""Pseudonyms: the same again for the same key, team and quarter; nothing else joins."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.team.pseudonyms import (
    KEY_BYTES,
    epoch_of,
    epochs_between,
    identity_of,
    project_label,
    read_key,
    write_key,
)

KEY = bytes(range(KEY_BYTES))


@pytest.mark.parametrize(
    ("day", "epoch"),
    [
        (date(2026, 1, 1), "2026Q1"),
        (date(2026, 3, 31), "2026Q1"),
        (date(2026, 4, 1), "2026Q2"),
        (date(2026, 9, 30), "2026Q3"),
        (date(2026, 10, 1), "2026Q4"),
        (date(2026, 12, 31), "2026Q4"),
    ],
)
def test_an_epoch_is_a_quarter(day: date, epoch: str) -> None:
    assert epoch_of(day) == epoch


def test_epochs_between_days_are_all_of_them() -> None:
    assert epochs_between(date(2025, 12, 31), date(2026, 7, 1)) == (
        "2025Q4", "2026Q1", "2026Q2", "2026Q3",
    )  # fmt: skip
    assert epochs_between(date(2026, 5, 1), date(2026, 5, 1)) == ("2026Q2",)


def test_a_pseudonym_stays_the_same_for_ever() -> None:
    """What was sent under it must be found again to be corrected or deleted."""
    found = identity_of(KEY, "platform", "2026Q4")
    assert found.pseudonym == PSEUDONYM
    assert (len(found.pseudonym), len(found.write_secret)) == (26, 64)


def test_key_team_and_epoch_each_give_another() -> None:
    asked = [
        (KEY, "platform", "2026Q4"),
        (KEY, "platform", "2026Q3"),
        (KEY, "web", "2026Q4"),
        (bytes(KEY_BYTES), "platform", "2026Q4"),
        (KEY, "platform\x1f2026Q4", ""),
    ]
    found = [identity_of(*one) for one in asked]
    assert len({one.pseudonym for one in found}) == len(asked)
    assert len({one.write_secret for one in found}) == len(asked)
    assert not {one.pseudonym for one in found} & {one.write_secret[:26] for one in found}


def test_a_repository_is_called_the_same_by_all_who_share_the_key() -> None:
    label = project_label(KEY, "github.com/acme/shop")
    assert label == project_label(KEY, "github.com/acme/shop")
    assert label.startswith("k_")
    assert label != project_label(bytes(KEY_BYTES), "github.com/acme/shop")


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_a_key_is_read_as_it_was_written(key: bytes) -> None:
    text = write_key(key)
    assert read_key(text) == key
    assert read_key(f" {text.upper()}\n") == key


@pytest.mark.parametrize("text", ["", "abc", "a" * 50, "!" * 52, "ä" * 52, "a" * 60])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|digit|padding|ASCII|base32"):
        read_key(text)


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        assert len(read_key(text)) == KEY_BYTES
    except ValueError:
        assert len(text) != 65


PSEUDONYM = "fdpv3ftsmiqhnm2sdiqsmh5yr7"
