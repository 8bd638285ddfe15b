"""Changes of the user's prices: just the row that is meant, comments and other rows kept."""

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.prices.own import OwnRow, load_own_rows
from aicost.prices.own_edit import set_own_row, unset_own_rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "prices.toml"


def own(model: str = "claude-test-1", fresh: str = "3", **changes: Any) -> OwnRow:
    rates = {"input_mtok": Decimal(fresh), "output_mtok": Decimal(15)}
    return OwnRow(**({"model": model, "rates": rates} | changes))


FULL = OwnRow(
    model="gpt-6-sol",
    tier="priority",
    day=date(2026, 9, 22),
    rates={
        "input_mtok": Decimal("0.00000001"),
        "cache_read_mtok": Decimal("0.1"),
        "cache_write_5m_mtok": Decimal("2.5"),
        "cache_write_1h_mtok": Decimal("1000"),
        "output_mtok": Decimal("0"),
    },
    source='our "contract"\nwith é and # and [[price]]',
    checked="2026-11-26",
)


def test_the_first_row_makes_the_file_for_its_owner_alone(path: Path) -> None:
    set_own_row(path, own())
    assert load_own_rows(path) == (own(),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("# Your own prices, in US dollars per million tokens")


def test_all_that_a_row_says_is_written(path: Path) -> None:
    set_own_row(path, FULL)
    assert load_own_rows(path) == (FULL,)


def test_another_row_is_added_and_the_same_one_replaced(path: Path) -> None:
    rows = [own(), own(day=date(2026, 9, 1)), own(tier="flex"), own("claude-test-2")]
    for row in rows:
        set_own_row(path, row)
    set_own_row(path, own(fresh="7", day=date(2026, 9, 1)))
    assert load_own_rows(path) == (rows[0], own(fresh="7", day=date(2026, 9, 1)), *rows[2:])


def test_comments_and_what_was_written_by_hand_stay(path: Path) -> None:
    path.parent.mkdir()
    by_hand = (
        "# from the order form\n[[price]]\nmodel = 'claude-test-2' # ours\n"
        "input_mtok = 3.50\noutput_mtok = 15\n"
    )
    path.write_text(by_hand)
    set_own_row(path, own())
    assert path.read_text().startswith(by_hand)
    unset_own_rows(path, lambda row: row.model == "claude-test-1")
    assert path.read_text().startswith(by_hand)


def test_rows_are_taken_away_and_told(path: Path) -> None:
    rows = [own(), own(tier="flex"), own("claude-test-2")]
    for row in rows:
        set_own_row(path, row)
    assert unset_own_rows(path, lambda row: row.model == "claude-test-1") == (rows[0], rows[1])
    assert load_own_rows(path) == (rows[2],)
    assert unset_own_rows(path, lambda row: row.model == "claude-test-1") == ()
    assert unset_own_rows(path, lambda _: True) == (rows[2],)
    assert load_own_rows(path) == ()
    set_own_row(path, rows[0])
    assert load_own_rows(path) == (rows[0],)


def test_nothing_to_take_away_writes_nothing(path: Path) -> None:
    assert unset_own_rows(path, lambda _: True) == ()
    assert not path.exists()


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    dotfiles = tmp_path / "dotfiles.toml"
    dotfiles.write_text("")
    path.symlink_to(dotfiles)
    set_own_row(path, own())
    assert path.is_symlink()
    assert load_own_rows(dotfiles) == (own(),)


def test_a_broken_file_is_not_changed(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[[price]")
    with pytest.raises(ConfigError, match="not TOML"):
        set_own_row(path, own())
    assert path.read_text() == "[[price]"


def test_rows_written_as_one_list_are_left_to_the_users_hand(path: Path) -> None:
    path.parent.mkdir()
    text = "price = [{ model = 'a', input_mtok = 1, output_mtok = 2 }]\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match="cannot be changed") as refused:
        set_own_row(path, own())
    assert (refused.value.hint, path.read_text()) == (f"edit {path}", text)


rows = st.builds(
    OwnRow,
    model=st.sampled_from(["claude-test-1", "gpt-test-1"]),
    tier=st.sampled_from(["standard", "flex", 'a "b"']),
    day=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 1, 3))),
    rates=st.fixed_dictionaries(
        {
            unit: st.decimals(0, 1000, allow_nan=False, places=8)
            for unit in ("input_mtok", "output_mtok")
        }
    ),
    source=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=9),
    checked=st.just("2026-11-26"),
)


@given(st.lists(rows, max_size=5))
def test_any_rows_are_read_back_as_they_were_set(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[OwnRow]
) -> None:
    path = tmp_path_factory.mktemp("own") / "prices.toml"
    kept: dict[object, OwnRow] = {}
    for row in wanted:
        set_own_row(path, row)
        kept[row.place] = row
    assert load_own_rows(path) == tuple(kept.values())
