"""What is gathered of a turn, line by line."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.turn_features import MOST_BYTES, packed
from aicost.core.turn_work import TurnWork
from aicost.core.vocabulary import WORDS, number_of


def work(prompt: str = "go on") -> TurnWork:
    begun = TurnWork()
    begun.begin(prompt)
    return begun


def counts(of: TurnWork) -> dict[str, int]:
    return dict(of.features().counts)


def test_a_prompt_is_kept_as_known_words_only() -> None:
    begun = TurnWork()
    begun.begin("Fix the Zanzibar invoice of ACME", branch="fix/invoice_login")
    features = begun.features()
    kept = {WORDS[number] for zone in features.words.values() for number in zone}
    assert "fix" in kept
    assert "login" in kept
    assert not {"zanzibar", "acme", "invoice"} & kept


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([True, False], {"tests_red_to_green": 1, "tests_red_first": 1}),
        ([False, True], {}),
        ([True, True, False], {"tests_red_to_green": 1, "tests_red_first": 1}),
        ([False], {}),
    ],
)
def test_tests_turn_from_red_to_green(ends: list[bool], expected: dict[str, int]) -> None:
    begun = work()
    for failed in ends:
        begun.end(begun.run("npm test"), failed=failed)
    found = counts(begun)
    assert {name: n for name, n in found.items() if name.startswith("tests_red")} == expected
    assert found["test_failed" if ends[-1] else "test_passed"] >= 1


@pytest.mark.parametrize(
    ("path", "name"), [("pay.go", "code_while_red"), ("pay_test.go", "tests_while_red")]
)
def test_what_is_edited_while_tests_fail_is_told_apart(path: str, name: str) -> None:
    begun = work()
    begun.edit(path, "a", "b")
    assert name not in counts(begun)
    begun.end(begun.run("go test ./..."), failed=True)
    begun.edit(path, "a", "b")
    assert counts(begun)[name] == 1


def test_edits_say_what_was_added() -> None:
    begun = work()
    begun.edit("pay_test.go", "", "func TestPay(t *testing.T) {\n}\nfunc helper() {}", is_new=True)
    found = counts(begun)
    assert (found["new_tests"], found["new_functions"], found["new_test"]) == (1, 2, 1)
    assert found["log2_new_chars"] > found["log2_old_chars"] == 0


def test_a_commit_says_its_type_and_words() -> None:
    begun = work()
    begun.run("git commit -m 'refactor: rename the helper'")
    features = begun.features()
    assert features.counts["commit_refactor"] == 1
    assert number_of("rename") in features.words["commit"]


def test_the_last_words_count_and_are_forgotten() -> None:
    begun = work()
    begun.say("Fixed the bug")
    begun.features()
    begun.say("Renamed it. Shall I commit?")
    features = begun.features()
    assert number_of("rename") in features.words["closing"]
    assert number_of("bug") not in features.words["closing"]
    assert features.counts["closing_question"] == 1
    assert "Renamed" not in json.dumps(asdict(begun))


def test_only_the_first_thought_counts() -> None:
    begun = work()
    begun.think("The user wants a review")
    begun.think("Now docs")
    assert number_of("review") in begun.features().words["thought"]
    assert number_of("docs") not in begun.features().words["thought"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("think"), st.text()),
        st.tuples(st.just("say"), st.text()),
        st.tuples(st.just("read"), st.text()),
        st.tuples(st.just("run"), st.text()),
        st.tuples(st.just("edit"), st.text()),
    ),
    max_size=30,
)


@given(st.text(), STEPS, st.integers(0, 30))
def test_looking_in_between_changes_nothing(
    prompt: str, steps: list[tuple[str, str]], look: int
) -> None:
    """A log is read in blocks, wherever they end: what is known in the end is the same."""

    def taken(*, looks: bool) -> bytes:
        begun = work(prompt)
        for at, (what, text) in enumerate(steps):
            if what == "edit":
                begun.edit(text, text, text[::-1])
            else:
                getattr(begun, what)(text)
            if looks and at == look:
                begun.features()
        return packed(begun.features())

    assert taken(looks=True) == taken(looks=False)
    assert len(taken(looks=True)) <= MOST_BYTES


def test_what_is_known_has_one_order() -> None:
    a, b = TurnWork(), TurnWork()
    a.use("searches")
    a.use("mcp")
    b.use("mcp")
    b.use("searches")
    a.in_order()
    b.in_order()
    assert list(a.counts.items()) == list(b.counts.items())
