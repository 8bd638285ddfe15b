"""Commands that fail again and again, with and without edits in between."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aicost.core.waste.hits import Hit
from aicost.core.waste.work import Step, Work

# Twice the same error is how a fix is tried out; the third time nothing was learnt from two.
LEAST_FAILURES = 3
# A test is edited and run again as often as it moves on; an error that was there before says that
# it does not, and three such rounds on one file that this file is not where the fault is.
LEAST_ROUNDS = 3


@dataclass(slots=True)
class _Run:
    """A command's failures since it last passed."""

    failures: list[Step] = field(default_factory=list)
    same: list[Step] = field(default_factory=list)  # the last of them, with one error
    errors: set[int | None] = field(default_factory=set)
    edited: dict[int, str] = field(default_factory=dict)  # since the last failure
    rounds: Counter[int] = field(default_factory=Counter)  # by file: edited, and no better
    names: dict[int, str] = field(default_factory=dict)

    def fail(self, step: Step) -> None:
        """Take a failure."""
        if step.error in self.errors:
            self.rounds.update(self.edited.keys())
            self.names.update(self.edited)
        self.errors.add(step.error)
        self.failures.append(step)
        if self.same and self.same[-1].error != step.error:
            self.same = []
        self.same.append(step)
        self.edited = {}


def failing(work: Work) -> Iterator[Hit]:
    """Yield each command that failed again and again in a thread of a turn."""
    for (turn_id, thread), steps in work.stretches.items():
        for run in _runs(steps):
            found = _hit(work, turn_id, thread, run)
            if found is not None:
                yield found


def _runs(steps: Sequence[Step]) -> Iterator[_Run]:
    """Yield runs of failures without a success; of one run those with one error apart.

    A run with edits that made nothing better is whole.
    """
    open_runs: dict[int, _Run] = {}
    for step in steps:
        if step.kind == "edit" and not step.failed:
            for run in open_runs.values():
                run.edited[step.target] = step.label
        elif step.error is not None:
            run = open_runs.setdefault(step.target, _Run())
            if _is_over(run, step):
                yield run
                run = open_runs[step.target] = _Run()
            run.fail(step)
        elif _passed(step) and step.target in open_runs:
            yield open_runs.pop(step.target)
    yield from open_runs.values()


def _is_over(run: _Run, step: Step) -> bool:
    """Say whether a new error ends a run: the command got on."""
    is_repeat = len(run.same) >= LEAST_FAILURES and not run.rounds
    return is_repeat and step.error not in run.errors


def _passed(step: Step) -> bool:
    """Say whether a command passed; one that was refused or interrupted says nothing."""
    return not step.failed and step.kind in ("test", "build", "run", "commit", "search", "look")


def _hit(work: Work, turn_id: str, thread: str, run: _Run) -> Hit | None:
    file, rounds = max(run.rounds.items(), key=lambda one: one[1], default=(0, 0))
    is_edited = rounds >= LEAST_ROUNDS
    failures = run.failures if is_edited else run.same
    if not is_edited and len(failures) < LEAST_FAILURES:
        return None
    first, last = failures[0], failures[-1]
    return Hit(
        kind="edit-test" if is_edited else "repeat",
        turn_id=turn_id,
        thread=thread,
        label=last.label,
        cause=run.names[file] if is_edited else "",
        count=rounds if is_edited else len(failures),
        since_us=first.at_us,
        until_us=last.at_us,
        cost_nusd=work.cost_between(turn_id, thread, first.at_us, last.at_us),
    )
