"""A price book's JSON: what is written is read; anything else is one clear error."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_examples import FLAT, content, credit_rates, day, model_price, rates

from aicost.core.errors import ConfigError
from aicost.core.price_json import Recipe, decode_book, encode_book
from aicost.core.tariffs import MAX_RATE, PriceEntry, Tariff

TIERED = Tariff(rates=FLAT.rates, threshold_tokens=200_000, long_rates=rates(*["9.5"] * 5))
WHOLE = content(
    model_price(
        "claude-test-1",
        aliases=("claude-first", "claude-test"),
        windows_tokens=(200_000, 1_000_000),
        regional_multiplier=Decimal("1.1"),
        entries=(
            PriceEntry(standard=TIERED, variants={"fast": FLAT.times(Decimal(2))}),
            PriceEntry(
                start=day("2026-03-13"),
                standard=Tariff(rates=rates("4", None, None, None, "20")),
                source="a page",
                checked="2026-11-22",
            ),
            PriceEntry(start=datetime(2026, 8, 1, 17, 30, tzinfo=UTC), standard=FLAT),
        ),
    ),
    model_price("gpt-test-1", provider="openai"),
    unpriced={"codex-auto-review": "no price"},
    recipe=Recipe(genai_prices="0.2.3", overrides_sha256="ab" * 32, credits_sha256="cd" * 32),
    credits={
        "gpt-test-1": (
            credit_rates("125", "12.5", "750", fast_multiplier=Decimal("2.5"), source="a card"),
            credit_rates(
                "0.25",
                "0.0001",
                "12.5",
                start=day("2026-07-30"),
                default_tier="priority",
                uncertain_above_tokens=272_000,
                is_confirmed=False,
                checked="2026-11-22",
            ),
        ),
        "codex-auto-review": (credit_rates("0", "0", "0"),),
    },
)


def test_a_book_comes_back_as_it_was() -> None:
    assert decode_book(encode_book(WHOLE))[1] == WHOLE


def test_the_id_is_of_the_content_and_not_of_its_layout() -> None:
    raw = encode_book(WHOLE)
    whole = json.loads(raw)
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    assert decode_book(raw)[0] == hashlib.sha256(canonical.encode()).hexdigest()[:12]
    assert decode_book(json.dumps(whole, indent=2).encode())[0] == decode_book(raw)[0]


def test_one_changed_rate_makes_another_book() -> None:
    other = content(model_price(entries=(PriceEntry(standard=FLAT.times(Decimal(2))),)))
    assert decode_book(encode_book(other))[0] != decode_book(encode_book(content(model_price())))[0]


def test_equal_numbers_make_one_book_however_they_are_written() -> None:
    same = PriceEntry(standard=Tariff(rates=rates("4.0", "0.20", "5.00", "8", "2e1")))
    assert encode_book(content(model_price(entries=(same,)))) == encode_book(content(model_price()))


def test_every_model_has_a_line_of_its_own() -> None:
    lines = encode_book(WHOLE).decode().splitlines()
    names = [line.partition(":")[0] for line in lines if line.startswith('"')]
    assert names == ['"codex-auto-review"', '"gpt-test-1"', '"claude-test-1"', '"gpt-test-1"']


def test_a_book_of_an_older_aicost_is_read_and_has_no_credits() -> None:
    whole = json.loads(encode_book(WHOLE)) | {"schema": 1}
    del whole["credits"], whole["made_from"]["credits_sha256"]
    book_id, read = decode_book(json.dumps(whole).encode())
    assert read == replace(WHOLE, credits={}, recipe=replace(WHOLE.recipe, credits_sha256=""))
    assert book_id != decode_book(encode_book(WHOLE))[0]


Change = Callable[[dict[str, Any]], None]


def standard_of(book: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = book["models"]["claude-test-1"]["entries"][0]["standard"]
    return found


def set_credits(**changes: object) -> Change:
    return lambda book: book["credits"]["gpt-test-1"][0].update(changes)


def set_rate(rate: object) -> Change:
    return lambda book: standard_of(book)["rates"].__setitem__(0, rate)


def test_the_largest_rate_is_accepted() -> None:
    whole = json.loads(encode_book(WHOLE))
    set_rate(str(MAX_RATE))(whole)
    assert decode_book(json.dumps(whole).encode())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(set_rate("1000.01"), id="too dear"),
        pytest.param(set_rate("-0.01"), id="less than nothing"),
        pytest.param(set_rate("NaN"), id="not a number"),
        pytest.param(set_rate("Infinity"), id="endless"),
        pytest.param(set_rate("1e99999999"), id="huge"),
        pytest.param(set_rate("0.000000001"), id="too many decimals"),
        pytest.param(set_rate("four"), id="a word"),
        pytest.param(set_rate(4.1), id="a float"),
        pytest.param(set_rate([]), id="a list"),
        pytest.param(lambda b: standard_of(b)["rates"].pop(), id="a rate is missing"),
        pytest.param(lambda b: standard_of(b).update(above_tokens=0), id="no threshold"),
        pytest.param(lambda b: standard_of(b).pop("long_rates"), id="no prices above it"),
        pytest.param(lambda b: b["rate_units"].reverse(), id="units in another order"),
        pytest.param(lambda b: b.update(schema=0), id="no schema of ours"),
        pytest.param(lambda b: b.update(schema=3), id="a later schema"),
        pytest.param(lambda b: b.pop("credits"), id="no credits"),
        pytest.param(set_credits(rates=["1", "2"]), id="a credit rate is missing"),
        pytest.param(set_credits(rates=["1", "2", "10001"]), id="too many credits"),
        pytest.param(set_credits(rates=["1", "2", "0.00001"]), id="too fine credits"),
        pytest.param(set_credits(fast_multiplier="-1"), id="negative fast credits"),
        pytest.param(set_credits(uncertain_above_tokens=0), id="credits of no length"),
        pytest.param(set_credits(uncertain_above_tokens="1"), id="credits of a length in quotes"),
        pytest.param(set_credits(is_confirmed=None), id="credits neither sure nor unsure"),
        pytest.param(set_credits(**{"from": None}), id="credits since ever"),
        pytest.param(set_credits(**{"from": "2026-07-30"}), id="credits twice of a day"),
        pytest.param(lambda b: b["credits"]["gpt-test-1"].clear(), id="no credit rows"),
        pytest.param(lambda b: b.pop("made_from"), id="no recipe"),
        pytest.param(lambda b: b["models"]["claude-test-1"].update(entries=[]), id="no entries"),
        pytest.param(
            lambda b: b["models"]["claude-test-1"]["entries"].reverse(), id="dates backwards"
        ),
        pytest.param(
            lambda b: b["models"]["claude-test-1"]["entries"].append(
                b["models"]["claude-test-1"]["entries"].pop(1)
            ),
            id="an earlier date last",
        ),
        pytest.param(
            lambda b: b["models"]["claude-test-1"]["entries"][1].update({"from": None}),
            id="since ever twice",
        ),
        pytest.param(
            lambda b: b["models"]["claude-test-1"]["windows_tokens"].reverse(), id="windows too"
        ),
        pytest.param(
            lambda b: b["models"]["claude-test-1"]["entries"][1].update({"from": "13 March"}),
            id="not a date",
        ),
    ],
)
def test_a_damaged_book_is_refused(change: Change) -> None:
    whole = json.loads(encode_book(WHOLE))
    change(whole)
    with pytest.raises(ConfigError, match="price book cannot be read"):
        decode_book(json.dumps(whole).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"\xff", b"[" * 99_999, b'{"schema":1}'])
def test_what_is_no_book_is_refused(raw: bytes) -> None:
    with pytest.raises(ConfigError):
        decode_book(raw)


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
BOOK_KEYS = ("schema", "models", "made_from", "unpriced", "geo_multipliers", "credits")
keys = st.sampled_from([*BOOK_KEYS, "x"])
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=20,
)


@given(anything)
def test_any_json_ends_in_a_book_or_the_one_error(value: object) -> None:
    with contextlib.suppress(ConfigError):
        decode_book(json.dumps(value).encode())


@given(anything, st.sampled_from([*BOOK_KEYS]))
def test_any_value_in_a_book_ends_in_a_book_or_the_one_error(value: object, key: str) -> None:
    whole = json.loads(encode_book(WHOLE)) | {key: value}
    with contextlib.suppress(ConfigError):
        decode_book(json.dumps(whole).encode())


@given(anything, st.sampled_from(["provider", "aliases", "windows_tokens", "entries"]))
def test_any_value_in_a_model_ends_in_a_book_or_the_one_error(value: object, key: str) -> None:
    whole = json.loads(encode_book(WHOLE))
    whole["models"]["claude-test-1"][key] = value
    with contextlib.suppress(ConfigError):
        decode_book(json.dumps(whole).encode())


@given(anything, st.sampled_from(["from", "rates", "fast_multiplier", "is_confirmed", "source"]))
def test_any_value_in_credits_ends_in_a_book_or_the_one_error(value: object, key: str) -> None:
    whole = json.loads(encode_book(WHOLE))
    whole["credits"]["gpt-test-1"][0][key] = value
    with contextlib.suppress(ConfigError):
        decode_book(json.dumps(whole).encode())
