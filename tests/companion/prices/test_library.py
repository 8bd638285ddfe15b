"""genai-prices as our values: the same money, its dates and variants, names only where exact."""

import importlib.metadata
import sys
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from genai_prices import Usage, data_snapshot
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st
from price_examples import MTOK, book, call, day
from price_lists import FETCHED_AT, serving, small_list, whole_list

from aicost.core.errors import ConfigError
from aicost.core.prices import Cost
from aicost.core.tariffs import RATE_UNITS
from aicost.core.usage import TokenCounts
from aicost.prices.library import Fetched, fetch_list, installed_version, read_library
from aicost.prices.overrides import load_overrides

LIBRARY = read_library(load_overrides().is_wanted)
BOOK = book(*LIBRARY.models, geo_multipliers={})
SERVED = {  # how we are asked for a variant -> how the library is
    "fast": ({"speed": "fast"}, {"speed": "fast"}),
    "batch": ({"service_tier": "batch"}, {"processing": "batch"}),
    "flex": ({"service_tier": "flex"}, {"service_tier": "flex"}),
    "priority": ({"service_tier": "priority"}, {"service_tier": "priority"}),
    "standard": ({}, {}),
}


def theirs(provider: str, model_id: str) -> ModelInfo:
    """Return the library's own model, found by its own rules."""
    snapshot = data_snapshot.get_snapshot()
    return next(p for p in snapshot.providers if p.id == provider).find_model(model_id) or (
        pytest.fail(f"the library does not find {model_id}")
    )


@given(
    st.sampled_from(LIBRARY.models),
    st.sampled_from(sorted(SERVED)),
    st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.lists(st.integers(0, 300_000), min_size=5, max_size=5),
)
def test_costs_what_the_library_calculates(
    model: Any, variant: str, on: date, counts: list[int]
) -> None:
    """Tokens of a kind without a price of its own cost what their parent does, as there."""
    fresh, read, write_5m, write_1h, output = counts
    ours, context = SERVED[variant]
    at = day(on.isoformat())
    usage = Usage(
        input_tokens=sum(counts) - output,
        cache_read_tokens=read,
        cache_write_tokens=write_5m + write_1h,
        cache_write_1h_tokens=write_1h,
        output_tokens=output,
    )
    known = theirs(model.provider, model.id)
    expected = known.get_prices(at, context).calc_price(usage)["total_price"]
    tokens = TokenCounts(
        **dict(zip((f"{unit.removesuffix('_mtok')}_tokens" for unit in RATE_UNITS), counts))
    )
    found = BOOK.cost_of(call(model.id, tokens, at=at, **ours))
    assert isinstance(found, Cost)
    assert abs(found.nusd - expected * 10**9) <= Decimal("0.5")
    assert fresh >= 0


def test_says_which_version_it_read() -> None:
    assert LIBRARY.version == installed_version() == importlib.metadata.version("genai-prices")
    assert {e.source for m in LIBRARY.models for e in m.entries} == {
        f"genai-prices {LIBRARY.version}"
    }


def test_a_missing_library_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicost.prices.library.PACKAGE", "no-such-package-of-prices")
    assert installed_version() == ""


def test_the_version_is_that_of_the_first_installation_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no folder").write_text("")
    for folder, version in (("other", "9"), ("first", "1.2.3"), ("second", "4.5")):
        (tmp_path / folder / f"genai_prices-{version}.dist-info").mkdir(parents=True)
    (tmp_path / "other" / "genai_prices-9.dist-info").rename(
        tmp_path / "other" / "else-9.dist-info"
    )
    monkeypatch.setattr(
        sys,
        "path",
        [str(tmp_path / name) for name in ("no folder", "gone", "other", "first", "second")],
    )
    assert installed_version() == "1.2.3"


def test_the_version_of_an_installation_of_another_kind_is_found_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "genai_prices.egg-info"
    folder.mkdir()
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: genai-prices\nVersion: 7.8\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed_version() == "7.8"


def test_newer_models_cost_more_when_bound_to_an_aws_region() -> None:
    regional = {m.id: m.regional_multiplier for m in LIBRARY.models}
    assert regional["claude-opus-5-5"] == regional["gpt-6-sol"] == Decimal("1.1")
    assert regional["claude-opus-4-1"] == regional["claude-3-opus"] == 1


# A library made up


def info(id: str = "claude-new-1", **changes: Any) -> ModelInfo:
    fields: dict[str, Any] = {
        "match": ClauseEquals(id),
        "prices": ModelPrice(input_mtok=Decimal(4), output_mtok=Decimal(20)),
    }
    return ModelInfo(id=id, **(fields | changes))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that reads a library of the Anthropic models it is given."""

    def read_these(*models: ModelInfo, aws: tuple[ModelInfo, ...] = ()) -> Any:
        sold = {"anthropic": list(models), "openai": [], "aws": list(aws)}
        providers = [SimpleNamespace(id=name, models=rows) for name, rows in sold.items()]
        snapshot = SimpleNamespace(providers=providers)
        monkeypatch.setattr(data_snapshot, "get_snapshot", lambda: snapshot)
        return read_library(lambda _provider, _model: True).models

    return read_these


def test_only_whole_names_become_aliases(read: Any) -> None:
    """The library's prefixes would give a model that comes out tomorrow today's price."""
    match = ClauseOr(
        [
            ClauseEquals("claude-new"),
            ClauseEquals("us.anthropic.claude-new-1-v1:0"),
            ClauseStartsWith("claude-new-1"),
            ClauseOr([ClauseEquals("claude-newest")]),
        ]
    )
    (model,) = read(info("claude-new-1-latest", match=match))
    assert model.id == "claude-new-1"
    assert model.aliases == ("claude-new", "claude-new-1-latest", "claude-newest")


def test_dates_become_rows(read: Any) -> None:
    cut = ConditionalPrice(
        StartDateConstraint(date(2026, 3, 13)),
        prices=ModelPrice(input_mtok=Decimal(3), output_mtok=Decimal(15)),
    )
    first = ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(4), output_mtok=Decimal(20)))
    (model,) = read(info(prices=[first, cut]))
    assert [(e.start, e.standard.rates.input_mtok) for e in model.entries] == [
        (None, 4),
        (day("2026-03-13"), 3),
    ]


def test_a_tier_becomes_a_threshold_and_flat_rates_stay(read: Any) -> None:
    tiered = TieredPrices(Decimal(4), [Tier(MTOK, Decimal(8))])
    (model,) = read(info(prices=ModelPrice(input_mtok=tiered, output_mtok=Decimal(20))))
    tariff = model.entries[0].standard
    assert tariff.threshold_tokens == MTOK
    assert (tariff.rates.input_mtok, tariff.long_rates.input_mtok) == (4, 8)
    assert (tariff.rates.output_mtok, tariff.long_rates.output_mtok) == (20, 20)


def test_the_regional_price_of_aws_is_the_one_that_is_not_global(read: Any) -> None:
    dear = ModelPrice(input_mtok=Decimal("4.4"), output_mtok=Decimal(22))
    (model,) = read(
        info(),
        aws=(
            info("regional.anthropic.claude-new-1-v1:0", prices=dear),
            info("global.anthropic.claude-new-1-v1:0"),
            info("regional.anthropic.claude-strange-1"),
        ),
    )
    assert model.regional_multiplier == Decimal("1.1")


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        pytest.param(
            ModelPrice(
                input_mtok=TieredPrices(Decimal(1), [Tier(100, Decimal(2)), Tier(200, Decimal(3))]),
                output_mtok=Decimal(5),
            ),
            "claude-new-1 has prices for several lengths",
            id="two tiers",
        ),
        pytest.param(
            [
                ConditionalPrice(
                    TimeOfDateConstraint(time(1), time(2)), prices=ModelPrice(input_mtok=Decimal(1))
                )
            ],
            "claude-new-1 has prices by time of day",
            id="cheaper at night",
        ),
    ],
)
def test_a_price_that_we_cannot_express_is_an_error(read: Any, prices: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(info(prices=prices))


def test_a_model_that_is_not_wanted_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    providers = [
        SimpleNamespace(id="anthropic", models=[]),
        SimpleNamespace(id="openai", models=[SimpleNamespace(id="whisper-9")]),
        SimpleNamespace(id="aws", models=[]),
    ]
    snapshot = SimpleNamespace(providers=providers)
    monkeypatch.setattr(data_snapshot, "get_snapshot", lambda: snapshot)
    assert read_library(load_overrides().is_wanted).models == ()


# Fetched


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.usefixtures("_no_proxy")
def test_a_list_is_fetched_from_the_address_that_the_user_named() -> None:
    with serving(small_list()) as url:
        fetched = fetch_list(url, FETCHED_AT)
    library = read_library(load_overrides().is_wanted, fetched)
    assert (library.version, library.fetched) == (installed_version(), "2026-11-26T11:30:05Z")
    assert {model.id for model in library.models} == {"claude-opus-5-5", "gpt-6-sol"}
    (entry,) = library.models[0].entries
    assert entry.standard.rates.cache_read_mtok == Decimal("0.25")
    assert entry.source == "genai-prices, fetched 2026-11-26"


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"no", 404, "404"),
        (b"", 500, "500"),
        (b"", 302, "302"),
        (b"not JSON", 200, "JSONDecodeError"),
        (b"\xff", 200, "UnicodeDecodeError"),
        ({"models": []}, 200, "provider array"),
        ([{"id": "openai"}], 200, "ValidationError"),
        ([3], 200, "Error"),
    ],
)
def test_what_is_no_list_is_an_error_that_says_why(body: object, status: int, why: str) -> None:
    with serving(body, status) as url, pytest.raises(ConfigError) as refused:
        fetch_list(url, FETCHED_AT)
    assert refused.value.what == "the prices could not be fetched"
    assert why in refused.value.why
    assert "\n" not in refused.value.why


@pytest.mark.usefixtures("_no_proxy")
def test_an_address_where_nobody_answers_is_an_error() -> None:
    with serving([]) as url:
        pass
    with pytest.raises(ConfigError, match="could not be fetched"):
        fetch_list(url, FETCHED_AT)


def test_a_list_without_a_provider_is_refused() -> None:
    fetched = whole_list()
    fewer = Fetched([p for p in fetched.providers if p.id != "openai"], FETCHED_AT)
    with pytest.raises(ConfigError, match="the list has no openai"):
        read_library(load_overrides().is_wanted, fewer)
