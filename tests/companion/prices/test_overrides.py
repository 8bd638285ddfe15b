"""Our own rows: every one has a source, and a slip of the pen is named."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from price_examples import day

from aicost.core.errors import ConfigError
from aicost.prices.files import OVERRIDES, sha256_of
from aicost.prices.overrides import PriceRow, Source, load_overrides

ROW = """
[[price]]
model = "claude-test-1"
variant = "fast"
from = 2026-02-01
until = 2026-07-24
input_mtok = 37.5
source = "a page"
checked = 2026-11-22
"""


def written(tmp_path: Path, rows: str, schema: str = "schema = 1") -> Path:
    path = tmp_path / "overrides.toml"
    path.write_text(f"{schema}\n{rows}")
    return path


def test_a_row_is_read_exactly(tmp_path: Path) -> None:
    assert load_overrides(written(tmp_path, ROW)).prices == (
        PriceRow(
            model="claude-test-1",
            variant="fast",
            start=day("2026-02-01"),
            end=day("2026-07-24"),
            rates={"input_mtok": Decimal("37.5")},
            source=Source(text="a page", checked="2026-11-22"),
        ),
    )


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (None, 0),
        ("2026-01-31T23:59:59.999999", 0),
        ("2026-02-01", 1),
        ("2026-07-23T23:59:59.999999", 1),
        ("2026-07-24", 0),
    ],
)
def test_a_row_holds_from_its_first_day_until_before_its_end(
    tmp_path: Path, at: str | None, holds: int
) -> None:
    (row,) = load_overrides(written(tmp_path, ROW)).prices
    assert row.holds_at(None if at is None else day(at)) == bool(holds)


def test_a_row_without_dates_holds_always(tmp_path: Path) -> None:
    dateless = ROW.replace("from = 2026-02-01\n", "").replace("until = 2026-07-24\n", "")
    (row,) = load_overrides(written(tmp_path, dateless)).prices
    assert row.holds_at(None)
    assert row.holds_at(day("2026-11-22"))


def test_our_file_is_whole_and_every_price_says_where_it_is_from() -> None:
    ours = load_overrides()
    assert ours.prices
    assert all(row.source.text and row.source.checked for row in ours.prices)
    assert all(row.source.text and row.source.checked for row in ours.models if row.same_as)


@pytest.mark.parametrize(
    ("provider", "model_id", "is_wanted"),
    [
        ("anthropic", "claude-opus-9", 1),
        ("anthropic", "claude-2", 0),
        ("openai", "gpt-7-nova", 1),
        ("openai", "gpt-5-image-mini", 0),
        ("openai", "gpt-4o", 0),
        ("openai", "claude-opus-9", 0),
        ("mistral", "claude-opus-9", 0),
    ],
)
def test_new_models_of_the_agents_are_taken_and_others_left(
    provider: str, model_id: str, is_wanted: int
) -> None:
    assert load_overrides().is_wanted(provider, model_id) == bool(is_wanted)


def test_the_hash_is_of_the_files_bytes() -> None:
    digest = hashlib.sha256(OVERRIDES.read_bytes()).hexdigest()
    assert sha256_of(OVERRIDES) == load_overrides().sha256 == digest


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROW.replace('source = "a page"\n', ""), r"price row 1 \(claude-test-1\) has no source"),
        (ROW.replace("input_mtok", "input_price"), r"price row 1 .*: unknown input_price"),
        (ROW.replace("input_mtok = 37.5", ""), "row 1 .* needs one of: rates, a multiplier"),
        (ROW + "multiplier = 2", "row 1 .* needs one of: rates, a multiplier"),
        (ROW.replace("2026-07-24", "2026-02-01"), "row 1 .* ends before it begins"),
        (ROW.replace("37.5", '"dear"'), "has an unknown shape"),
        (ROW + ROW.replace('model = "claude-test-1"\n', ""), r"price row 2 \(\) has no model"),
        ('[[model]]\nid = "a"\nsame_as = "b"', r"model row 1 \(a\) has no source"),
        ("[[price]", "is not TOML"),
        ("price = 4", "has an unknown shape"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_overrides(written(tmp_path, rows))


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="schema 2 is not 1"):
        load_overrides(written(tmp_path, ROW, schema="schema = 2"))
