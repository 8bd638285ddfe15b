"""What a session's money brought: edits that stayed, tests that turned green, commits, answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from aicost.core.waste.work import Call, Step, Work

# A commit or a test that passes again is a result; a file that stays changed is on the way to one;
# an answer may be all that was wanted, or a question back.
COMMIT_POINTS, GREEN_POINTS, FILE_POINTS, ANSWER_POINTS = 3, 3, 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The parts of a session's progress, each counted in its log."""

    edits: int = 0  # that succeeded
    kept_edits: int = 0  # that no later edit took back
    files: int = 0  # with such an edit
    turned_green: int = 0  # tests and builds that failed, and passed when they last ran
    commits: int = 0
    answers: int = 0  # turns that ended with an answer

    @property
    def score(self) -> int:
        """Points: 3 a commit, 3 a test or build turned green, 2 a file, 1 an answer."""
        return (
            COMMIT_POINTS * self.commits
            + GREEN_POINTS * self.turned_green
            + FILE_POINTS * self.files
            + ANSWER_POINTS * self.answers
        )


def progress_of(work: Work) -> Progress:
    """Return what a session brought."""
    edits = [step for step in work.steps if step.kind == "edit" and not step.failed]
    kept = _kept(edits)
    return Progress(
        edits=len(edits),
        kept_edits=len(kept),
        files=len({step.target for step in kept}),
        turned_green=_turned_green(work.steps),
        commits=sum(step.kind == "commit" and not step.failed for step in work.steps),
        answers=_answers(work.calls),
    )


def _kept(edits: Sequence[Step]) -> list[Step]:
    """Leave out each edit that a later one of the same file took back, and that one too."""
    kept = dict[int, Step]()
    places = defaultdict[tuple[int, int, int], list[int]](list)  # file, text before, text after
    for number, edit in enumerate(edits):
        back = places[edit.target, edit.content, edit.part]
        if edit.part and back:
            del kept[back.pop()]
        else:
            kept[number] = edit
            places[edit.target, edit.part, edit.content].append(number)
    return list(kept.values())


def _turned_green(steps: Sequence[Step]) -> int:
    failed, passes = set[int](), dict[int, bool]()
    for step in steps:
        if step.kind in ("test", "build"):
            passes[step.target] = not step.failed
            if step.failed:
                failed.add(step.target)
    return sum(passes[target] for target in failed)


def _answers(calls: Sequence[Call]) -> int:
    last: dict[str, Call] = {}
    for call in calls:
        if call.turn_id and not call.thread:
            last[call.turn_id] = call
    return sum(call.tools == 0 for call in last.values())
