"""How often task categories are right on turns that training has not seen.

    PYTHONPATH=tests python -m classify.report [--rounds 3]

Thrice: leaving sessions out (ten folds, several shuffles), leaving a developer out, and leaving a
repository out. Only the gold set is counted; the further labels help to train, from sessions that
are not being tested.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aicost.core.categories import TaskCategory
from aicost.core.category import CATEGORIES, classify_with, unpacked_weights
from classify.labelled import Labelled, labelled_turns
from classify.model import fitted, rounded, training_of

FOLDS = 10
KINDS_OF_MISTAKES = (
    "it said the accepted second label",
    "a prompt of at most 63 characters, or one that says yes",
    "feature, bugfix and refactor taken for one another",
    "exploration and another one taken for one another",
    "any other",
)
_FOLLOW_UP_BITS = 6  # of a prompt's length in characters
_CHANGES = {TaskCategory.FEATURE, TaskCategory.BUGFIX, TaskCategory.REFACTOR}
_SHORT = 6  # letters of a category in the head of the table


@dataclass(frozen=True, slots=True)
class Tried:
    """One turn of the gold set, and what was said of it by weights that did not know it."""

    turn: Labelled
    said: TaskCategory
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether it is the label itself."""
        return self.said == self.turn.label

    @property
    def is_accepted(self) -> bool:
        """Whether it is the label, or the second one."""
        return self.is_right or self.said in self.turn.also


def by_session(turns: Sequence[Labelled], seed: int) -> dict[str, int]:
    """Return session -> fold; turns of one session are never on both sides."""
    sessions = sorted({turn.session_id for turn in turns})
    random.Random(seed).shuffle(sessions)
    return {session: number % FOLDS for number, session in enumerate(sessions)}


def tried(turns: Sequence[Labelled], fold_of: Sequence[int]) -> Iterator[Tried]:
    """Yield each turn of the gold set, as weights say that were trained on the other folds."""
    training = training_of(turns)
    for fold in sorted(set(fold_of)):
        known = np.array([at for at, one in enumerate(fold_of) if one != fold])
        weights = unpacked_weights(*rounded(training, fitted(training, known)))
        for turn, one in zip(turns, fold_of):
            if one == fold and turn.is_gold:
                found = classify_with(weights, turn.features)
                yield Tried(turn, found.category, found.confidence)


def figures(found: Sequence[Tried]) -> str:
    """Return the three accuracies, in percent."""
    cost = sum(one.turn.cost_usd for one in found)
    strict = sum(one.is_right for one in found) / len(found)
    accepted = sum(one.is_accepted for one in found) / len(found)
    weighted = sum(one.turn.cost_usd for one in found if one.is_right) / cost
    return (
        f"{strict:6.1%} strict  {accepted:6.1%} with accepted second label"
        f"  {weighted:6.1%} cost-weighted  ({len(found)} turns)"
    )


def by_class(found: Sequence[Tried]) -> Iterator[str]:
    """Yield precision and recall of each category."""
    said, right = Counter(one.said for one in found), Counter[TaskCategory]()
    right.update(one.said for one in found if one.is_right)
    labels = Counter(one.turn.label for one in found)
    yield f"{'category':20}{'turns':>6}{'precision':>11}{'recall':>8}"
    for category in CATEGORIES:
        precision = f"{right[category] / said[category]:.0%}" if said[category] else "—"
        recall = f"{right[category] / labels[category]:.0%}" if labels[category] else "—"
        yield f"{category:20}{labels[category]:6}{precision:>11}{recall:>8}"


def confusion(found: Sequence[Tried]) -> Iterator[str]:
    """Yield the table of what was said (columns) for each label (rows)."""
    counts = Counter((one.turn.label, one.said) for one in found)
    yield f"{'label / said':20}" + "".join(f"{c[:_SHORT]:>8}" for c in CATEGORIES)
    for label in CATEGORIES:
        cells = (counts[str(label), said] for said in CATEGORIES)
        yield f"{label:20}" + "".join(f"{n or '·':>8}" for n in cells)


def calibration(found: Sequence[Tried]) -> Iterator[str]:
    """Yield how often it is right where it is so sure."""
    yield f"{'confidence':20}{'turns':>6}{'right':>8}"
    for low in (0.0, 0.5, 0.7, 0.9):
        high = {0.0: 0.5, 0.5: 0.7, 0.7: 0.9, 0.9: 1.01}[low]
        some = [one for one in found if low <= one.confidence < high]
        if some:
            right = sum(one.is_right for one in some) / len(some)
            yield f"{f'{low:.1f} to {min(high, 1.0):.1f}':20}{len(some):6}{right:8.0%}"


def mistakes(found: Sequence[Tried]) -> Iterator[str]:
    """Yield how many mistakes are of which kind; each is counted once, in the first that fits."""
    wrong = [one for one in found if not one.is_right]
    counts = Counter(_mistake(one) for one in wrong)
    yield f"{'mistake':62}{'turns':>6}{'share':>8}"
    for kind in KINDS_OF_MISTAKES:
        yield f"{kind:62}{counts[kind]:6}{counts[kind] / len(wrong):8.0%}"


def _mistake(one: Tried) -> str:
    second, follow_up, purpose, asked, _ = KINDS_OF_MISTAKES
    counts = one.turn.features.counts
    if one.is_accepted:
        return second
    if counts.get("prompt_yes") or counts.get("prompt_log2_chars", 0) <= _FOLLOW_UP_BITS:
        return follow_up
    if {one.said, one.turn.label} <= _CHANGES:
        return purpose
    if TaskCategory.EXPLORATION in (one.said, one.turn.label):
        return asked
    return KINDS_OF_MISTAKES[-1]


def main(rounds: int) -> None:
    """Print all tables."""
    turns = labelled_turns()
    whole: list[Tried] = []
    print(f"Leaving sessions out ({FOLDS} folds by session, {rounds} shuffles)")
    for seed in range(rounds):
        folds = by_session(turns, seed)
        found = list(tried(turns, [folds[turn.session_id] for turn in turns]))
        print("  ", figures(found))
        whole += found
    print("all", figures(whole))
    for table in (by_class(whole), confusion(whole), calibration(whole), mistakes(whole)):
        print("\n" + "\n".join(table))
    print("\nLeaving a developer out")
    _leave_out(turns, lambda turn: turn.who)
    print("\nLeaving a repository out")
    _leave_out(turns, lambda turn: turn.repo)


def _leave_out(turns: Sequence[Labelled], group_of: Callable[[Labelled], str]) -> None:
    """Print how each group does with weights that did not know it."""
    groups = sorted({group_of(turn) for turn in turns})
    left_out = list(tried(turns, [groups.index(group_of(turn)) for turn in turns]))
    for group in groups:
        if some := [one for one in left_out if group_of(one.turn) == group]:
            print(f"{group:12}", figures(some))
    print(f"{'all':12}", figures(left_out))
    for table in (by_class(left_out), confusion(left_out)):
        print("\n" + "\n".join(table))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
