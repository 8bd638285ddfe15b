"""Codex credits: the rates of the rate card, dated, none of them made up."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from price_examples import day

from aicost.core.credits import CREDIT_UNITS
from aicost.core.errors import ConfigError
from aicost.prices.credits import load_credits
from aicost.prices.files import CREDITS, sha256_of

TABLE = load_credits()
ROW = """
[[credits]]
model = "gpt-test-1"
from = 2026-07-30
input_mtok = 5
cached_input_mtok = 0.5
output_mtok = 30
confirmed = true
source = "a page"
checked = 2026-11-22
"""


def test_derived_rates_are_marked() -> None:
    derived = {m for m, rows in TABLE.rows.items() if not all(row.is_confirmed for row in rows)}
    assert derived == {"gpt-6.1-terra", "gpt-5.6-terra"}


def test_every_row_says_where_it_is_from() -> None:
    rows = [row for rows in TABLE.rows.values() for row in rows]
    assert all(row.source and row.checked >= "2026-11-22" for row in rows)


def test_the_hash_is_of_the_files_bytes() -> None:
    assert TABLE.sha256 == sha256_of(CREDITS) == hashlib.sha256(CREDITS.read_bytes()).hexdigest()


def test_what_a_row_leaves_out_is_not_known_or_not_so(tmp_path: Path) -> None:
    path = tmp_path / "credits.toml"
    more = 'default_tier = "priority"\nfast_multiplier = 2.5\nuncertain_above_tokens = 1\n'
    path.write_text("schema = 1\n" + ROW + ROW.replace("07-30", "08-21") + more)
    bare, full = load_credits(path).rows["gpt-test-1"]
    assert (bare.default_tier, bare.fast_multiplier) == ("", None)
    assert bare.uncertain_above_tokens is None
    assert (full.default_tier, full.fast_multiplier) == ("priority", Decimal("2.5"))
    assert full.uncertain_above_tokens == 1
    assert bare.start == day("2026-07-30")
    assert [getattr(bare, unit) for unit in CREDIT_UNITS] == [5, Decimal("0.5"), 30]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROW.replace("confirmed = true\n", ""), r"row 1 \(gpt-test-1\) has no confirmed"),
        (ROW + "discount = 1", r"row 1 \(gpt-test-1\): unknown discount"),
        (ROW.replace("= 30", "= 10001"), "10001 is not between 0 and 10000"),
        (ROW.replace("= 30", "= -1"), "-1 is not between"),
        (ROW.replace("= 30", "= nan"), "NaN is not between|nan is not between"),
        (ROW.replace("= 30", "= 0.00001"), "over 4 decimals"),
        (ROW + "uncertain_above_tokens = 0", "0 is no length of a prompt"),
        (ROW + "uncertain_above_tokens = true", "True is no length of a prompt"),
        (ROW.replace("= 30", '= "30"'), "'30' is no number"),
        (ROW.replace("= 30", "= true"), "True is no number"),
        (ROW.replace("confirmed = true", "confirmed = 1"), "confirmed is true or false"),
        (ROW.replace("2026-07-30", '"2026-07-30"'), "from and checked are days"),
        (ROW + ROW, "row 2 .* is not in order of date"),
        ("[[credits]", "is not TOML"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "credits.toml"
    path.write_text(f"schema = 1\n{rows}")
    with pytest.raises(ConfigError, match=said):
        load_credits(path)


def test_the_dearest_rate_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "credits.toml"
    path.write_text("schema = 1\n" + ROW.replace("= 30", "= 10000"))
    assert load_credits(path).rows


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "credits.toml"
    path.write_text(f"schema = 2\n{ROW}")
    with pytest.raises(ConfigError, match="schema 2 is not 1"):
        load_credits(path)
