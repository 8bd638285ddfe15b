"""The user's prices: their rows win from their day on; what they leave out stays the book's."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_examples import FLAT, MTOK, book, call, credit_rates, day, model_price, rates

from aicost.core.errors import ConfigError
from aicost.core.prices import Cost, PriceBook, Unpriced
from aicost.core.tariffs import RATE_UNITS, PriceEntry, Rates, Tariff, entry_at
from aicost.core.usage import TokenCounts
from aicost.prices.book import load_price_book
from aicost.prices.own import (
    OwnRow,
    load_own_rows,
    own_prices_file,
    parse_own_rows,
    rate_of,
    with_own_rows,
)

ROW = """
[[price]]
model = "claude-test-1"
input_mtok = 3
output_mtok = 15.5
"""
TIERED = replace(FLAT, threshold_tokens=200_000, long_rates=rates(*["9"] * 5))


def own(model: str = "claude-test-1", **changes: Any) -> OwnRow:
    given_rates = {"input_mtok": Decimal(3), "output_mtok": Decimal(15)}
    fields: dict[str, Any] = {"model": model, "rates": given_rates, "checked": "2026-11-26"}
    return OwnRow(**(fields | changes))


def priced(of: PriceBook, **changes: Any) -> Cost:
    found = of.cost_of(call(**({"model": "claude-test-1"} | changes)))
    assert isinstance(found, Cost), found
    return found


def standard(of: PriceBook, model: str = "claude-test-1", entry: int = -1) -> Rates:
    known = of.model_price(model)
    assert known is not None
    return known.entries[entry].standard.rates


# Reading the file


def test_the_file_lies_beside_the_config() -> None:
    assert own_prices_file(Path("/a/aicost/config.toml")) == Path("/a/aicost/prices.toml")


def test_without_a_file_there_are_no_rows(tmp_path: Path) -> None:
    assert load_own_rows(tmp_path / "prices.toml") == ()


def test_a_row_is_read_with_all_it_says() -> None:
    text = ROW + (
        'tier = "batch"\nfrom = 2026-09-01\ncache_read_mtok = 0.00000001\n'
        'source = "our contract"\nchecked = 2026-11-26\n'
    )
    assert parse_own_rows(text.encode()) == (
        OwnRow(
            model="claude-test-1",
            tier="batch",
            day=date(2026, 9, 1),
            rates={
                "input_mtok": Decimal(3),
                "cache_read_mtok": Decimal("0.00000001"),
                "output_mtok": Decimal("15.5"),
            },
            source="our contract",
            checked="2026-11-26",
        ),
    )


def test_a_row_may_say_no_more_than_model_input_and_output() -> None:
    (row,) = parse_own_rows(ROW.encode())
    assert (row.tier, row.day, row.start, row.source, row.checked) == (
        "standard",
        None,
        None,
        "",
        "",
    )


def test_a_model_is_named_as_it_is_looked_up() -> None:
    (row,) = parse_own_rows(ROW.replace("claude-test-1", "us.anthropic.Claude-Opus-5.5").encode())
    assert row.model == "claude-opus-5-5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[price]", "not TOML"),
        ("schema = 2" + ROW, "schema 2 is not 1"),
        ("[prices]", "unknown prices"),
        ("price = 3", "price is not a list of rows"),
        ("price = [3]", "price is not a list of rows"),
        (ROW.replace("model =", "modell ="), r"price row 1 \(\) has no model"),
        (ROW.replace("input_mtok = 3\n", ""), r"price row 1 \(claude-test-1\) has no input_mtok"),
        (ROW + "discount = 3", r"price row 1 \(claude-test-1\): unknown discount"),
        (ROW.replace("= 3\n", "= 1000.1\n"), r"\(claude-test-1\): input_mtok: 1000.1 is not betw"),
        (ROW.replace("= 3\n", "= -0.1\n"), "-0.1 is not between 0 and 1000"),
        (ROW.replace("= 3\n", "= nan\n"), "(?i)nan is not between 0 and 1000"),
        (ROW.replace("= 3\n", "= inf\n"), "(?i)inf.* is not between 0 and 1000"),
        (ROW.replace("= 3\n", "= 0.000000001\n"), "over 8 decimals"),
        (ROW.replace("= 3\n", '= "3"\n'), "'3' is no number"),
        (ROW.replace("= 3\n", "= true\n"), "True is no number"),
        (ROW + 'from = "2026-09-01"', "from is a day"),
        (ROW + "from = 2026-09-01T10:00:00Z", "from is a day"),
        (ROW + "source = 3", "model, tier and source are texts"),
        (ROW.replace('"claude-test-1"', '""'), "'' is no name of a model"),
        (ROW.replace('"claude-test-1"', '"<synthetic>"'), "is no name of a model"),
        (ROW.replace('"claude-test-1"', '"a\\u001bb"'), "is no name of a model"),
        (ROW + ROW, r"price row 2 \(claude-test-1\) is there twice"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as refused:
        load_own_rows(path)
    assert refused.value.what.startswith(f"{path}: ")
    assert refused.value.hint == f"edit {path}, or delete it"


@pytest.mark.parametrize("text", ["0", "1000", "0.00000001"])
def test_a_rate_may_be_on_the_edge(text: str) -> None:
    assert rate_of(Decimal(text), "x") == Decimal(text)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read") as refused:
        load_own_rows(tmp_path)
    assert refused.value.why == "Is a directory"


keys = st.sampled_from(["schema", "price", "model", "tier", "from", *RATE_UNITS, "source", "x"])
values = st.sampled_from(["3", '"a"', "2026-09-01", "[]", "[{}]", "nan", "true", "1e999", "{}"])
lines = st.lists(
    st.one_of(
        st.just("[[price]]"),
        st.builds(lambda k, v: f"{k} = {v}", keys, values),
        st.text(max_size=9),
    ),
    max_size=8,
)


@given(st.one_of(st.binary(max_size=99), lines.map(lambda part: "\n".join(part).encode())))
def test_any_bytes_end_in_rows_or_the_one_error(content: bytes) -> None:
    with contextlib.suppress(ConfigError):
        assert all(row.model and row.rates for row in parse_own_rows(content))


# Over the book


def test_without_rows_the_book_is_the_same() -> None:
    of = book(model_price())
    assert with_own_rows(of, []) is of


def test_a_row_wins_and_the_book_has_another_id() -> None:
    of = book(model_price())
    mine = with_own_rows(of, [own(source="our contract")])
    assert standard(mine) == rates("3", "0.2", "5", "8", "15")
    assert mine.book_id != of.book_id
    assert mine.book_id != with_own_rows(of, [own(source="another")]).book_id
    assert mine.book_id == with_own_rows(of, [own(source="our contract")]).book_id
    entry = mine.content.models["claude-test-1"].entries[0]
    assert entry.source == "yours of 2026-11-26: our contract; the rest: "


def test_the_books_own_rows_keep_the_day_they_were_checked() -> None:
    fast = FLAT.times(Decimal(2))
    entry = PriceEntry(
        standard=FLAT, variants={"fast": fast}, source="list; fast: page", checked="2026-11-22"
    )
    of = book(model_price(entries=(entry,)))
    rows = [own(tier="flex", rates=_in_out("1", "7")), own("new-1"), own("new-2", checked="")]
    models = with_own_rows(of, rows).content.models
    (mine,) = models["claude-test-1"].entries
    days = {tier: mine.checked_of(tier) for tier in ("standard", "fast", "flex")}
    assert days == {"standard": "2026-11-22", "fast": "2026-11-22", "flex": "2026-11-26"}
    (mine,) = with_own_rows(of, [own(source="ours")]).content.models["claude-test-1"].entries
    days = {tier: mine.checked_of(tier) for tier in ("standard", "fast")}
    assert days == {"standard": "2026-11-26", "fast": "2026-11-22"}
    assert mine.checked == "2026-11-22"  # what a status says of the book
    new = [models[name].entries[0] for name in ("new-1", "new-2")]
    assert [(one.checked, one.checked_of("standard")) for one in new] == [
        ("", "2026-11-26"),
        ("", ""),
    ]


def test_a_row_holds_from_its_day_until_the_next() -> None:
    of = with_own_rows(
        book(model_price()),
        [
            own(day=date(2026, 9, 1)),
            own(day=date(2026, 10, 1), rates={"input_mtok": Decimal(2), "output_mtok": Decimal(9)}),
        ],
    )
    inputs = {
        at: priced(of, at=day(at)).nusd
        for at in ("2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01")
    }
    assert list(inputs.values()) == [4 * 10**9, 3 * 10**9, 3 * 10**9, 2 * 10**9]


def test_a_row_goes_on_when_the_book_changes_and_takes_what_it_leaves_out_from_there() -> None:
    later = Tariff(rates=rates("8", "0.1", "10", "16", "40"))
    entries = (PriceEntry(standard=FLAT), PriceEntry(start=day("2026-10-07"), standard=later))
    of = with_own_rows(book(model_price(entries=entries)), [own(day=date(2026, 9, 1))])
    known = of.model_price("claude-test-1")
    assert known is not None
    assert [entry.start for entry in known.entries] == [
        None,
        day("2026-09-01"),
        day("2026-10-07"),
    ]
    assert known.entries[1].standard.rates == rates("3", "0.2", "5", "8", "15")
    assert known.entries[2].standard.rates == rates("3", "0.1", "10", "16", "15")


def test_a_row_is_one_price_for_prompts_of_any_length() -> None:
    of = with_own_rows(book(model_price(entries=(PriceEntry(standard=TIERED),))), [own()])
    assert priced(of, tokens=TokenCounts(input_tokens=MTOK)).nusd == 3 * 10**9


def test_the_other_tiers_stay_the_books() -> None:
    fast = FLAT.times(Decimal(2))
    entries = (PriceEntry(standard=FLAT, variants={"fast": fast}),)
    of = with_own_rows(book(model_price(entries=entries)), [own()])
    assert priced(of, speed="fast").nusd == 8 * 10**9


def test_a_row_of_a_tier_changes_that_tier_only() -> None:
    of = with_own_rows(book(model_price()), [own(tier="flex", rates=_in_out("1", "7"))])
    assert priced(of).nusd == 4 * 10**9
    flex = priced(of, service_tier="flex")
    assert (flex.nusd, flex.status) == (10**9, "priced")


def test_a_tier_that_the_book_does_not_have_is_in_proportion_to_the_standard_price() -> None:
    of = with_own_rows(book(model_price()), [own(tier="flex", rates=_in_out("1", "7"))])
    flex = of.content.models["claude-test-1"].entries[0].variants["flex"]
    assert flex == Tariff(rates=rates("1", "0.05", "1.25", "2", "7"))  # a quarter, but the output
    dear = with_own_rows(book(model_price()), [own(tier="flex", rates=_in_out("1000", "7"))])
    flex = dear.content.models["claude-test-1"].entries[0].variants["flex"]
    assert flex == Tariff(rates=rates("1000", "50", "1000", "1000", "7"))  # dearer no rate may be
    third = with_own_rows(
        book(model_price(entries=(PriceEntry(standard=Tariff(rates=rates(*["3"] * 5))),))),
        [own(tier="flex", rates=_in_out("1", "7"))],
    )
    flex = third.content.models["claude-test-1"].entries[0].variants["flex"]
    assert flex == Tariff(rates=rates("1", "1", "1", "1", "7"))


def test_a_tier_of_a_free_model_reads_and_writes_as_its_input() -> None:
    free = model_price(entries=(PriceEntry(standard=Tariff(rates=rates(*["0"] * 5))),))
    of = with_own_rows(book(free), [own(tier="flex", rates=_in_out("1", "7"))])
    flex = of.content.models["claude-test-1"].entries[0].variants["flex"]
    assert flex == Tariff(rates=rates("1", "1", "1", "1", "7"))


def _in_out(fresh: str, output: str) -> Mapping[str, Decimal]:
    return {"input_mtok": Decimal(fresh), "output_mtok": Decimal(output)}


def test_fast_is_priority_at_openai() -> None:
    model = model_price("gpt-test-1", provider="openai")
    of = with_own_rows(book(model), [own("gpt-test-1", tier="fast")])
    for tier in ("fast", "priority"):
        found = priced(of, model="gpt-test-1", service_tier=tier)
        assert (found.nusd, found.variant) == (3 * 10**9, "priority")


def test_a_row_under_another_name_of_a_model_is_that_models() -> None:
    of = book(model_price(aliases=("claude-first",)))
    mine = with_own_rows(of, [own("claude-first")])
    assert mine.content.models.keys() == {"claude-test-1"}
    assert priced(mine).nusd == 3 * 10**9


@pytest.mark.parametrize(
    ("model", "provider"),
    [("claude-new-9", "anthropic"), ("gpt-9-sol", "openai"), ("qwen-coder", "other")],
)
def test_a_model_that_no_list_has_gets_its_price_and_reads_and_writes_as_input(
    model: str, provider: str
) -> None:
    of = with_own_rows(book(model_price()), [own(model)])
    assert standard(of, model) == rates("3", "3", "3", "3", "15")
    known = of.model_price(model)
    assert known is not None
    assert (known.provider, known.entries[0].source) == (provider, "yours of 2026-11-26")
    some = own(model, rates={**_in_out("3", "15"), "cache_write_5m_mtok": Decimal(4)})
    assert standard(with_own_rows(of, [some]), model) == rates("3", "3", "4", "3", "15")


def test_before_its_first_day_a_new_model_has_no_price() -> None:
    of = with_own_rows(book(model_price()), [own("qwen-coder", day=date(2026, 9, 1))])
    found = of.cost_of(call("qwen-coder", at=day("2026-08-31")))
    assert found == Unpriced("qwen-coder", MTOK, "no price before 2026-09-01")


def test_a_tier_of_a_new_model_begins_no_earlier_than_its_standard_price() -> None:
    rows = [own("qwen-coder", day=date(2026, 9, 1)), own("qwen-coder", tier="flex")]
    known = with_own_rows(book(model_price()), rows).model_price("qwen-coder")
    assert known is not None
    assert [(e.start, sorted(e.variants)) for e in known.entries] == [(day("2026-09-01"), ["flex"])]


def test_a_tier_of_a_model_without_a_price_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="one of qwen-coder for flex and none for standard") as no:
        with_own_rows(book(model_price()), [own("qwen-coder", tier="flex")])
    assert no.value.hint.startswith("aicost prices set qwen-coder --input")


def test_a_model_known_to_have_no_price_has_the_users() -> None:
    of = book(model_price(), unpriced={"codex-auto-review": "no price", "b": "none"})
    mine = with_own_rows(of, [own("codex-auto-review")])
    assert priced(mine, model="codex-auto-review").nusd == 3 * 10**9
    assert mine.content.unpriced == {"b": "none"}


def test_credits_and_places_stay_the_books() -> None:
    credits = {"claude-test-1": (credit_rates("1", "1", "1"),)}
    of = with_own_rows(book(model_price(), credits=credits), [own()])
    assert of.content.credits == credits
    assert priced(of, inference_geo="us").nusd == 33 * 10**8


SHIPPED = load_price_book(None)
LISTED = ["claude-opus-5-5", "gpt-6-sol", "codex-auto-review", "new-1"]  # the last two are not


@given(
    st.lists(
        st.builds(
            own,
            st.sampled_from(LISTED),
            tier=st.sampled_from(["standard", "priority"]),
            day=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 1))),
            rates=st.builds(_in_out, *[st.sampled_from(["0", "3", "999.5"])] * 2),
        ),
        max_size=6,
        unique_by=lambda row: row.place,
    )
)
def test_every_row_is_in_force_at_its_first_moment(rows: list[OwnRow]) -> None:
    with_standard = {row.model for row in rows if row.tier == "standard"}
    if ({row.model for row in rows} - with_standard) & set(LISTED[2:]):
        return  # an error, see above
    of = with_own_rows(SHIPPED, rows)
    for row in rows:
        known = of.model_price(row.model)
        assert known is not None
        entry = entry_at(known.entries, row.start)
        if entry is None or (row.tier != "standard" and row.tier not in entry.variants):
            assert row.tier == "priority"  # before the first standard price of a new model
            assert row.model in LISTED[2:]
            continue
        tariff = entry.standard if row.tier == "standard" else entry.variants[row.tier]
        assert tariff.rates.input_mtok == row.rates["input_mtok"]
        assert tariff.rates.output_mtok == row.rates["output_mtok"]


# In use


def test_the_users_file_is_part_of_the_book_in_use(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    shipped = load_price_book(None)
    assert load_price_book(None, path).book_id == shipped.book_id
    path.write_text(ROW.replace("claude-test-1", "claude-opus-5-5"))
    mine = load_price_book(None, path)
    assert mine.book_id != shipped.book_id
    assert standard(mine, "claude-opus-5-5").output_mtok == Decimal("15.5")
    path.write_text("[[price]")
    with pytest.raises(ConfigError, match="not TOML"):
        load_price_book(None, path)
