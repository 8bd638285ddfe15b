"""Files that are read again though they did not change, and searches that find nothing."""

from collections.abc import Iterator, Sequence

from aicost.core.waste.hits import Hit
from aicost.core.waste.work import Step, Work

# The same lines with the same content: a second look happens. Of the 2,500 reads in our real logs
# none was a third one in its turn.
LEAST_READS = 3
# One search for a name that is not there is a question, and four in a row happen in good turns.
LEAST_SEARCHES = 6
NOTHING_BYTES = 40  # a result as short as "No matches found" names no place


def rereading(work: Work) -> Iterator[Hit]:
    """Yield each stretch of a file that was read again and again in a thread of a turn, unchanged.

    What was read before a compaction is gone from the context: that begins anew.
    """
    for (turn_id, thread), steps in work.stretches.items():
        cuts = [one.at_us for one in work.compactions if one.thread == thread]
        for reads in _reads(steps, cuts):
            yield Hit(
                kind="reread",
                turn_id=turn_id,
                thread=thread,
                label=reads[0].label,
                count=len(reads),
                since_us=reads[0].at_us,
                until_us=reads[-1].at_us,
                cost_nusd=work.cost_of_steps(reads[1:]),
            )


def _reads(steps: Sequence[Step], cuts: Sequence[int]) -> Iterator[list[Step]]:
    runs: dict[tuple[int, int], list[Step]] = {}
    for step in steps:
        if step.kind == "edit":
            for place in [place for place in runs if place[0] == step.target]:
                yield from _enough(runs.pop(place), LEAST_READS)
        elif step.kind == "read" and not step.failed:
            place = (step.target, step.part)
            run = runs.get(place, [])
            if run and (run[-1].content != step.content or _is_cut(run[-1], step, cuts)):
                yield from _enough(runs.pop(place), LEAST_READS)
            runs.setdefault(place, []).append(step)
    for run in runs.values():
        yield from _enough(run, LEAST_READS)


def _is_cut(before: Step, after: Step, cuts: Sequence[int]) -> bool:
    return any(before.at_us <= cut <= after.at_us for cut in cuts)


def searching(work: Work) -> Iterator[Hit]:
    """Yield each run of searches in a thread of a turn that found nothing, one after another.

    Whatever else is done in between, a search that finds something too, ends a run.
    """
    for (turn_id, thread), steps in work.stretches.items():
        for searches in _searches(steps):
            yield Hit(
                kind="search",
                turn_id=turn_id,
                thread=thread,
                count=len(searches),
                since_us=searches[0].at_us,
                until_us=searches[-1].at_us,
                cost_nusd=work.cost_of_steps(searches),
            )


def _searches(steps: Sequence[Step]) -> Iterator[list[Step]]:
    run: list[Step] = []
    for step in steps:
        if _found_nothing(step):
            run.append(step)
        else:
            yield from _enough(run, LEAST_SEARCHES)
            run = []
    yield from _enough(run, LEAST_SEARCHES)


def _found_nothing(step: Step) -> bool:
    is_short = step.size_bytes is not None and step.size_bytes <= NOTHING_BYTES
    return step.kind == "search" and (is_short or step.failed)


def _enough(run: list[Step], least: int) -> Iterator[list[Step]]:
    if len(run) >= least:
        yield run
