"""Library plus overrides: rows cut at every date, rules last, nothing lost in silence."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from price_examples import FLAT, content, credit_rates, day, model_price, rates

from aicost.core.errors import ConfigError
from aicost.core.price_json import BookContent, decode_book
from aicost.core.tariffs import ModelPrice, PriceEntry, Tariff
from aicost.prices import compile as compiling
from aicost.prices.book import SHIPPED
from aicost.prices.compile import compile_book, main, merged
from aicost.prices.credits import CreditTable
from aicost.prices.library import Library, installed_version
from aicost.prices.overrides import ModelRow, Overrides, PriceRow, ProviderRow, Source

A_PAGE = Source(text="a page", checked="2026-11-22")
FAST = FLAT.times(Decimal(2))
CREDITS = CreditTable("cd" * 32, {"claude-test-1": (credit_rates("50", "5", "250"),)})


def overrides(**changes: Any) -> Overrides:
    fields: dict[str, Any] = {
        "sha256": "ab" * 32,
        "select": {},
        "providers": {},
        "models": (),
        "windows": {},
        "prices": (),
        "unpriced": {},
    }
    return Overrides(**(fields | changes))


def row(**changes: Any) -> PriceRow:
    fields: dict[str, Any] = {"model": "claude-test-1", "source": A_PAGE}
    return PriceRow(**(fields | changes))


def merge(*models: ModelPrice, **changes: Any) -> BookContent:
    library = Library("0.2.3", models or (model_price(),))
    return merged(library, overrides(**changes), CREDITS)


def entries(*rows: PriceRow, model: ModelPrice | None = None) -> list[PriceEntry]:
    known = model or model_price()
    return list(merge(known, prices=rows).models[known.id].entries)


# The shipped book


def test_the_shipped_book_is_what_a_compile_makes_now() -> None:
    book_id, shipped = decode_book(SHIPPED.read_bytes())
    made_with = shipped.recipe.genai_prices
    if made_with != installed_version():
        pytest.skip(f"shipped book made with genai-prices {made_with}, not {installed_version()}")
    raw = compile_book(shipped)
    assert decode_book(raw)[0] == book_id, "run: python -m aicost.prices.compile"
    assert raw == SHIPPED.read_bytes()


def test_the_shipped_book_is_small_enough_to_load_at_every_start() -> None:
    assert len(SHIPPED.read_bytes()) < 60_000


def test_run_as_a_module_it_writes_the_book_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pricebook.json"
    monkeypatch.setattr(compiling, "SHIPPED", path)
    main()
    main()  # the second time against the first
    book_id, written = decode_book(path.read_bytes())
    size = path.stat().st_size
    said = f"pricebook.json: book {book_id}, {len(written.models)} models, {size} bytes\n"
    assert capsys.readouterr().out == said * 2


def test_a_book_that_may_not_replace_the_last_one_is_an_error() -> None:
    previous = content(model_price("claude-of-yesterday"))
    with pytest.raises(ConfigError, match="rejected: claude-of-yesterday"):
        compile_book(previous)


# Merging


def test_without_overrides_the_library_is_the_book() -> None:
    assert merge().models == {"claude-test-1": model_price()}
    assert merge().recipe.genai_prices == "0.2.3"
    assert merge().recipe.overrides_sha256 == "ab" * 32


def test_the_credits_are_in_the_book_and_in_its_recipe() -> None:
    assert merge().credits == CREDITS.rows
    assert merge().recipe.credits_sha256 == "cd" * 32


def test_a_row_changes_its_rates_within_its_dates_only() -> None:
    changed = entries(
        row(
            start=day("2026-02-01"),
            end=day("2026-03-01"),
            rates={"cache_read_mtok": Decimal("0.4")},
        )
    )
    assert [entry.start for entry in changed] == [None, day("2026-02-01"), day("2026-03-01")]
    assert changed[0].standard == changed[2].standard == FLAT
    assert changed[1].standard.rates == replace(FLAT.rates, cache_read_mtok=Decimal("0.4"))
    assert (changed[1].source, changed[1].checked) == ("; standard: a page", "2026-11-22")


def test_a_row_reaches_over_the_librarys_own_dates() -> None:
    dear = Tariff(rates=rates("8", "0.4", "10", "16", "40"))
    model = model_price(
        entries=(PriceEntry(standard=FLAT), PriceEntry(start=day("2026-03-13"), standard=dear))
    )
    until = row(end=day("2026-10-07"), rates={"output_mtok": Decimal(30)})
    found = [(e.start, e.standard.rates.output_mtok) for e in entries(until, model=model)]
    dearer, own = Decimal(30), Decimal(40)
    assert found == [(None, dearer), (day("2026-03-13"), dearer), (day("2026-10-07"), own)]


def test_a_variant_row_has_its_own_rates_and_an_end() -> None:
    fast = row(variant="fast", end=day("2026-07-24"), rates={"input_mtok": Decimal(30)})
    first, second = entries(fast)
    assert first.variants == {"fast": Tariff(rates=rates("30", None, None, None, None))}
    assert second.variants == {}


def test_a_multiplier_scales_the_price_of_the_day_and_its_long_prompts() -> None:
    tiered = replace(FLAT, threshold_tokens=10, long_rates=rates(*["9"] * 5))
    model = model_price(entries=(PriceEntry(standard=tiered),))
    (entry,) = entries(row(variant="ultrafast", multiplier=Decimal(6)), model=model)
    assert entry.variants == {"ultrafast": tiered.times(Decimal(6))}
    assert entry.standard == tiered


def test_a_multiplier_of_one_keeps_the_librarys_price_and_adds_a_source() -> None:
    tiered = replace(FLAT, threshold_tokens=10, long_rates=rates(*["9"] * 5))
    model = model_price(entries=(PriceEntry(standard=tiered, variants={"fast": FAST}),))
    (entry,) = entries(row(multiplier=Decimal(1)), model=model)
    assert entry.standard == tiered
    assert entry.variants == {"fast": FAST}
    assert (entry.source, entry.checked) == ("; standard: a page", "2026-11-22")


def test_a_variant_that_ends_is_gone_from_that_day_on() -> None:
    model = model_price(entries=(PriceEntry(standard=FLAT, variants={"fast": FAST}),))
    ends = row(variant="fast", start=day("2026-11-30"), ends=True)
    found = [(e.start, sorted(e.variants)) for e in entries(ends, model=model)]
    assert found == [(None, ["fast"]), (day("2026-11-30"), [])]


def test_a_date_on_which_nothing_changes_makes_no_row() -> None:
    same = PriceEntry(start=day("2026-10-14"), standard=FLAT)
    assert len(entries(model=model_price(entries=(PriceEntry(standard=FLAT), same)))) == 1


def test_new_rates_for_a_model_with_long_prompts_must_say_both() -> None:
    tiered = replace(FLAT, threshold_tokens=10, long_rates=FLAT.rates)
    model = model_price(entries=(PriceEntry(standard=tiered),))
    with pytest.raises(ConfigError, match="needs a multiplier"):
        entries(row(rates={"input_mtok": Decimal(1)}), model=model)


def test_a_providers_rule_comes_after_the_rows() -> None:
    rule = ProviderRow(variant_multipliers={"batch": Decimal("0.5")})
    dear = row(rates={"cache_read_mtok": Decimal("0.4")})
    found = merge(prices=(dear,), providers={"anthropic": rule}).models["claude-test-1"]
    half = found.entries[0].variants["batch"].rates
    assert (half.input_mtok, half.cache_read_mtok) == (Decimal(2), Decimal("0.2"))
    assert not merge(providers={"openai": rule}).models["claude-test-1"].entries[0].variants


@pytest.mark.parametrize(
    ("written", "long_write"),
    [("4.01", "10"), ("4", "8"), ("3.9", "8")],
    ids=["dearer than input: has a price", "as input: has none", "cheaper: has none"],
)
def test_the_long_cache_write_follows_input_where_writes_have_a_price(
    written: str, long_write: str
) -> None:
    tariff = Tariff(rates=rates("4", "0.2", written, "8", "20"))
    model = model_price(entries=(PriceEntry(standard=tariff, variants={"flex": tariff}),))
    rule = {"anthropic": ProviderRow(long_write_per_input=Decimal("2.5"))}
    entry = merge(model, providers=rule).models["claude-test-1"].entries[0]
    for found in (entry.standard, entry.variants["flex"]):
        assert found.rates.cache_write_1h_mtok == Decimal(long_write)


def test_a_twin_has_the_prices_and_windows_of_the_other_and_its_own_source() -> None:
    twin = ModelRow(id="claude-twin-1", same_as="claude-test-1", aliases=("twin",), source=A_PAGE)
    dear = row(rates={"input_mtok": Decimal(7)})
    found = merge(model_price(aliases=("test",)), models=(twin,), prices=(dear,)).models
    assert found["claude-twin-1"].entries[0].standard == found["claude-test-1"].entries[0].standard
    assert found["claude-twin-1"].entries[0].source == "a page"
    assert found["claude-twin-1"].aliases == ("twin",)


def test_further_names_and_windows_are_added() -> None:
    more = ModelRow(id="claude-test-1", aliases=("b", "a"), source=A_PAGE)
    model = merge(
        model_price(aliases=("c",)), models=(more,), windows={"claude-test-1": (1, 2)}
    ).models["claude-test-1"]
    assert model.aliases == ("a", "b", "c")
    assert model.windows_tokens == (1, 2)


@pytest.mark.parametrize(
    "stranger",
    [
        {"prices": (row(model="claude-gone-1", rates={"input_mtok": Decimal(1)}),)},
        {"windows": {"claude-gone-1": (1,)}},
        {"models": (ModelRow(id="claude-gone-1", source=A_PAGE),)},
        {"models": (ModelRow(id="claude-new-1", same_as="claude-gone-1", source=A_PAGE),)},
    ],
)
def test_a_row_for_a_model_that_the_library_lost_is_an_error(stranger: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="claude-gone-1"):
        merge(**stranger)
