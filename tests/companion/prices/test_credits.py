"""Codex credits: the rates of the rate card, dated, none of them made up."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from price_examples import day

from aicost.core.errors import ConfigError
from aicost.prices.credits import load_credits

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


@pytest.mark.parametrize(
    ("model", "on", "credits"),
    [
        ("gpt-6.1-sol", "2026-11-22", ("50", "2.5", "250")),
        ("gpt-6-astra", "2026-11-22", ("250", "25", "1250")),
        ("gpt-5.6-sol", "2026-07-09", ("125", "12.5", "750")),
        ("gpt-5.6-sol", "2026-08-20", ("125", "12.5", "750")),
        ("gpt-5.6-sol", "2026-08-21", ("100", "10", "500")),
        ("gpt-5.4-mini", "2026-11-22", ("18.75", "1.875", "113")),
        ("gpt-5.3-codex-spark", "2026-11-22", ("0", "0", "0")),
        ("gpt-5.5-cyber", "2026-11-22", ("500", "50", "3000")),
    ],
)
def test_has_the_rates_of_the_card_on_their_days(
    model: str, on: str, credits: tuple[str, str, str]
) -> None:
    found = TABLE.rates_at(model, day(on))
    assert found is not None
    rates = (found.input_mtok, found.cached_input_mtok, found.output_mtok)
    assert rates == tuple(map(Decimal, credits))


def test_a_row_begins_with_its_first_moment() -> None:
    first = day("2026-09-29")
    assert TABLE.rates_at("gpt-6.1-sol", first) is not None
    assert TABLE.rates_at("gpt-6.1-sol", first - timedelta(microseconds=1)) is None


def test_a_logged_spelling_finds_its_model_and_others_find_none() -> None:
    today = day("2026-11-22")
    dated = TABLE.rates_at("openai/gpt-5.6-sol-2026-07-09", today)
    assert dated == TABLE.rates_at("gpt-5.6-sol", today)
    assert TABLE.rates_at("gpt-5-nano", today) is None


@pytest.mark.parametrize(
    ("model", "multiplier"),
    [("gpt-5.4", Decimal(2)), ("gpt-6-astra", Decimal("2.5")), ("gpt-6-sol", None)],
)
def test_what_fast_costs_is_known_or_not(model: str, multiplier: Decimal | None) -> None:
    found = TABLE.rates_at(model, day("2026-11-22"))
    assert found is not None
    assert found.fast_multiplier == multiplier


def test_derived_rates_are_marked() -> None:
    derived = {row.model for rows in TABLE.rows.values() for row in rows if not row.is_confirmed}
    assert derived == {"gpt-6.1-terra", "gpt-5.6-terra"}


def test_every_row_says_where_it_is_from() -> None:
    assert all(row.source for rows in TABLE.rows.values() for row in rows)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROW.replace("confirmed = true\n", ""), r"row 1 \(gpt-test-1\) has no confirmed"),
        (ROW + "discount = 1", r"row 1 \(gpt-test-1\): unknown discount"),
        (ROW.replace("= 30", "= 10001"), "10001 is not between 0 and 10000"),
        (ROW.replace("= 30", "= -1"), "-1 is not between"),
        (ROW.replace("= 30", "= nan"), "NaN is not between|nan is not between"),
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
