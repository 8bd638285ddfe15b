"""What a turn was for."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from classify.labelled import Labelled, labelled_turns

from aicost.core.categories import TaskCategory
from aicost.core.category import (
    CATEGORIES,
    classify,
    packed_weights,
    shares_of,
    shipped_weights,
    unpacked_weights,
)
from aicost.core.turn_features import NO_FEATURES, packed, unpacked
from aicost.core.turn_work import TurnWork

FLOOR = 0.90  # of the turns that it was trained on; unseen ones: see `make classify-report`


def asked_and_edited(work: TurnWork) -> None:
    work.begin("Why does it crash on an empty cart? Please fix the bug.")
    work.read("cart.go")
    work.edit("cart.go", "total / count", "if count == 0 { return 0 }")
    work.end(work.run("go test ./..."), failed=False)
    work.say("Fixed the crash: an empty cart no longer divides by zero.")


def wrote_tests(work: TurnWork) -> None:
    work.begin("Please add unit tests for the cart")
    work.edit("cart_test.go", "", "func TestCart(t *testing.T) {}\n" * 9, is_new=True)
    work.end(work.run("go test ./..."), failed=False)
    work.say("Added 9 tests. All tests pass.")


def explained(work: TurnWork) -> None:
    work.begin("How does the cache work?")
    work.read("cache.go")
    work.say("The cache keeps the last answers.")


def committed(work: TurnWork) -> None:
    work.begin("commit this and push")
    work.run("git add -A && git commit -m 'Add a page' && git push")
    work.say("Committed and pushed.")


def documented(work: TurnWork) -> None:
    work.begin("Update the README with the new flag")
    work.edit("README.md", "old", "new")
    work.say("Updated the README.")


@pytest.mark.parametrize(
    ("done", "category"),
    [
        (asked_and_edited, TaskCategory.BUGFIX),
        (wrote_tests, TaskCategory.TEST_WRITING),
        (explained, TaskCategory.EXPLORATION),
        (committed, TaskCategory.OPS),
        (documented, TaskCategory.DOCS),
    ],
)
def test_plain_cases_are_right_and_say_why(
    done: Callable[[TurnWork], None], category: TaskCategory
) -> None:
    work = TurnWork()
    done(work)
    found = classify(unpacked(packed(work.features())))
    assert found.category is category
    assert 0.4 < found.confidence <= 1
    assert found.evidence


@pytest.mark.parametrize("category", TaskCategory)
def test_a_hash_tag_wins_over_the_evidence(category: TaskCategory) -> None:
    work = TurnWork()
    work.begin(f"How does the cache work? #{category}")
    found = classify(work.features())
    assert (found.category, found.confidence, found.is_tagged) == (category, 1.0, True)


def test_nothing_known_has_a_category_too() -> None:
    assert classify(NO_FEATURES).category in CATEGORIES


def test_a_command_of_the_agents_screen_is_none_of_the_others() -> None:
    work = TurnWork()
    work.begin("<command-name>/clear</command-name>")
    assert classify(work.features()).category is TaskCategory.OTHER


@pytest.fixture(scope="module")
def turns() -> tuple[Labelled, ...]:
    return labelled_turns()


def test_the_shipped_weights_know_the_turns_they_were_made_of(
    turns: tuple[Labelled, ...],
) -> None:
    gold = [turn for turn in turns if turn.is_gold]
    right = sum(classify(turn.features).category == turn.label for turn in gold)
    assert len(gold) == 611
    assert right / len(gold) > FLOOR


def test_it_is_quick(turns: tuple[Labelled, ...]) -> None:
    classify(turns[0].features)
    start = time.process_time()
    for turn in turns:
        classify(turn.features)
    assert (time.process_time() - start) / len(turns) < 0.004  # a millisecond on a quiet machine


def test_every_process_finds_the_same(turns: tuple[Labelled, ...]) -> None:
    """Hashes of words differ from process to process; nothing may hang on them."""
    work = TurnWork()
    asked_and_edited(work)
    data = packed(work.features())
    code = (
        "import sys; from aicost.core.category import classify;"
        "from aicost.core.turn_features import unpacked;"
        f"print(repr(classify(unpacked(bytes.fromhex('{data.hex()}')))))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {repr(classify(unpacked(data)))}


def test_weights_come_back_in_whole_steps() -> None:
    rows = {3: [127, -127, *[0] * 9], 700: [1] * 11}
    weights = unpacked_weights(packed_weights([-5, *[2] * 10], rows), 0.5)
    assert weights.bias == (-2.5, *[1.0] * 10)
    assert weights.of_signals == {
        number: tuple(step * 0.5 for step in row) for number, row in rows.items()
    }


def test_shares_add_up_to_one() -> None:
    shares = shares_of(shipped_weights(), {0: 1.0, 99_999: 5.0})
    assert sum(shares) == pytest.approx(1)
    assert len(shares) == len(CATEGORIES)


def test_a_turn_that_goes_on_is_weighed_anew() -> None:
    """A guess while it runs, which settles as the work is seen."""
    work = TurnWork()
    work.begin("how do we list the sessions, and could they be sorted with a new flag?")
    work.read("list.go")
    assert classify(work.features()).category is TaskCategory.EXPLORATION
    for name in ("list.go", "flags.go", "list.go"):
        work.edit(name, "x", "func sorted() {}\n" * 9)
    work.edit("list_test.go", "", "func TestSorted(t *testing.T) {}", is_new=True)
    work.end(work.run("go test ./..."), failed=False)
    work.say("Added a new flag --sort.")
    assert classify(work.features()).category is TaskCategory.FEATURE
