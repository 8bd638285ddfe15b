"""The fixed list of words."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.vocabulary import WORDS, number_of, stems, word_numbers


def said(text: str, most: int = 50) -> list[str]:
    return [WORDS[number] for number in word_numbers(text, most)]


def test_the_list_is_frozen() -> None:
    """Stored features name words by number: append, and change this sum of the first ones never."""
    first = "\n".join(WORDS[:1162]).encode()
    assert hashlib.sha256(first).hexdigest()[:16] == "b96459f6c64b8b0f"


@pytest.mark.parametrize("text", ["fix", "Fixes", "fixed", "FIXING"])
def test_forms_of_a_word_are_one(text: str) -> None:
    assert word_numbers(text, 5) == (number_of("fix"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("zyxgarble", []),
        ("It doesn't work", ["it", "does", "not", "does not", "work", "not work"]),
        ("test test test", ["test"]),
        ("4711 !!", []),
    ],
)
def test_known_words_and_pairs_are_found_once(text: str, words: list[str]) -> None:
    assert said(text) == words


def test_only_so_many_are_kept_and_looked_at() -> None:
    assert said("fix test docs", 2) == ["fix", "test"]
    assert word_numbers("fix test docs", 9, looked_at=1) == (number_of("fix"),)


@given(st.text(), st.integers(0, 40))
def test_any_text_gives_known_numbers(text: str, most: int) -> None:
    found = word_numbers(text, most)
    assert len(found) == len(set(found)) <= most
    assert all(0 <= number < len(WORDS) for number in found)
    assert len(stems(text, most)) <= most


def test_no_two_words_are_the_same() -> None:
    assert [number_of(word) for word in WORDS] == list(range(len(WORDS)))
