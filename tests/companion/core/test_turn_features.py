"""What is kept of a turn: small, and the same again when it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.turn_features import (
    COUNTS,
    MOST_BYTES,
    NO_FEATURES,
    ZONES,
    TurnFeatures,
    conventional_type,
    packed,
    together,
    unpacked,
)
from aicost.core.vocabulary import WORDS

COUNTED = st.dictionaries(st.sampled_from(COUNTS), st.integers(1, 127))
SAID = st.fixed_dictionaries(
    {
        zone: st.frozensets(st.integers(0, len(WORDS) - 1), max_size=most)
        for zone, most in ZONES.items()
    }
)


@given(COUNTED, SAID)
def test_what_is_packed_comes_back_and_is_small(
    counts: dict[str, int], words: dict[str, frozenset[int]]
) -> None:
    features = TurnFeatures(counts, words)
    data = packed(features)
    assert len(data) <= MOST_BYTES
    assert unpacked(data) == features


def test_the_most_that_can_be_known_of_a_turn_fits() -> None:
    step = len(WORDS) // max(ZONES.values())
    words = {zone: frozenset(range(0, step * most, step)) for zone, most in ZONES.items()}
    data = packed(TurnFeatures(dict.fromkeys(COUNTS, 10_000), words))
    assert len(data) <= MOST_BYTES
    assert set(unpacked(data).counts.values()) == {127}


@given(st.binary(max_size=80))
def test_any_bytes_are_features_or_none(data: bytes) -> None:
    assert set(unpacked(data).counts) <= set(COUNTS)


@pytest.mark.parametrize("data", [b"", b"\x02\x00", b"\x01", b"\x01\x05\x00"])
def test_what_was_not_packed_is_nothing(data: bytes) -> None:
    assert unpacked(data) is NO_FEATURES


def test_what_subagents_did_counts_with_their_turn() -> None:
    own = TurnFeatures({"agents": 1, "prompt_question": 1}, {"prompt": frozenset((1,))})
    other = TurnFeatures(
        {"edit_code": 3, "prompt_question": 1, "log2_new_chars": 9}, {"prompt": frozenset((2,))}
    )
    whole = together(own, [other, other])
    assert whole.counts == {
        "agents": 1, "prompt_question": 1, "edit_code": 6, "log2_new_chars": 9,
        "log2_old_chars": 0,
    }  # fmt: skip
    assert whole.words == own.words


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("fix: it", "fix"),
        ("feat(api)!: more", "feat"),
        ("feature: more", "feat"),
        ("chore(deps): bump x", "deps"),
        ("chore: tidy", "chore"),
        ("fixed: it", ""),
        ("fix it", ""),
        ("", ""),
    ],
)
def test_a_conventional_commit_names_its_type(subject: str, kind: str) -> None:
    assert conventional_type(subject) == kind
