"""Subagents that cost much and returned little."""

from collections.abc import Iterator

from aicost.core.commands import hash_of, to_number
from aicost.core.waste.hits import Hit
from aicost.core.waste.work import Step, Work, sum_of

LEAST_NUSD = 500_000_000  # a look around for less is what subagents are for
MOST_BYTES = 400  # of an answer: two or three sentences


def subagents(work: Work) -> Iterator[Hit]:
    """Yield each subagent that returned next to nothing, and changed nothing by itself."""
    answers = {step.target: step for step in work.steps if step.kind == "agent" and step.target}
    acted = {step.thread for step in work.steps if _acts(step)}
    for subagent in work.subagents:
        answer = answers.get(to_number(hash_of(subagent.thread)))
        calls = work.threads.get(subagent.thread, ())
        if answer is None or answer.size_bytes is None or not calls or subagent.thread in acted:
            continue
        cost = sum_of(call.cost_nusd for call in calls)
        if answer.size_bytes <= MOST_BYTES and cost is not None and cost >= LEAST_NUSD:
            yield Hit(
                kind="subagent",
                turn_id=subagent.turn_id,
                thread=subagent.thread,
                label=subagent.kind or answer.label,
                count=len(calls),
                size=answer.size_bytes,
                since_us=calls[0].at_us,
                until_us=answer.at_us,
                cost_nusd=cost,
            )


def _acts(step: Step) -> bool:
    """Say whether a step may have changed something."""
    return step.kind in ("edit", "commit", "run", "other") and not step.failed
