"""The words after `aicost prices`: what they mean, and which are no words at all."""

import argparse

import pytest

from aicost.cli.parser import build_command
from aicost.cli.prices_grammar import rate


def parsed(*words: str) -> argparse.Namespace:
    return build_command("prices").parse_args(words)


def test_without_a_word_it_shows_everything() -> None:
    assert parsed() == argparse.Namespace(action="show", model=None, at=None, json=False)
    assert parsed("show") == parsed()


def test_every_option_of_set_is_read() -> None:
    words = "set m --input 1 --cache-read 2 --cache-write-5m 3 --cache-write-1h 4 --output 5"
    found = parsed(*words.split(), "--tier", "fast", "--from", "2026-09-01", "--source", "a b")
    assert (found.action, found.model, found.tier) == ("set", "m", "fast")
    assert (found.input, found.cache_read, found.cache_write_5m) == ("1", "2", "3")
    assert (found.cache_write_1h, found.output) == ("4", "5")
    assert (found.start, found.source) == ("2026-09-01", "a b")


def test_what_is_left_out_is_not_said() -> None:
    found = parsed("set", "m", "--input", "1", "--output", "5")
    assert (found.cache_read, found.tier, found.start, found.source) == (None, None, None, "")
    assert parsed("unset", "m").tier is None
    assert parsed("update").action == "update"


@pytest.mark.parametrize(
    "words",
    [
        "dance",
        "set m",
        "set --input 1 --output 1",
        "set m --input 1",
        "unset",
        "update m",
        "show a b",
        "show --at today",
        "show --csv",
        "--json",
    ],
)
def test_wrong_words_are_usage_errors(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*words.split())
    assert ended.value.code == 2
    assert "\n   try: aicost prices" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "1000", "0.25", "1e-8", "1_0", ".5"])
def test_a_price_is_a_number_of_dollars(text: str) -> None:
    assert rate(text) == text


@pytest.mark.parametrize(
    "text", ["", "$4", "4 USD", "-1", "1000.01", "1e-9", "inf", "nan", "1e999"]
)
def test_another_text_is_no_price(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        rate(text)
