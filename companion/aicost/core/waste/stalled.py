"""Turns that go on and on with no edit, nothing that passes, and no answer."""

from collections.abc import Iterator
from itertools import pairwise

from aicost.core.waste.hits import Hit
from aicost.core.waste.work import Call, Step, Work, sum_of

# A thorough review reads for half an hour, and ends with an answer. Beyond, and for two dollars,
# a look at what it does is cheaper than waiting.
LEAST_CALLS, LEAST_ACTIVE_US, LEAST_NUSD = 40, 1_200_000_000, 2_000_000_000
_MOST_PAUSE_US = 300_000_000  # a longer one is no work: somebody was asked, or away
_MICRO = 1_000_000
# Tools that only look, or note what is to be done. Of all others nobody knows what they did.
_IDLE_TOOLS = frozenset(
    (
        "", "TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "TaskOutput",
        "WebFetch", "WebSearch", "Skill", "BashOutput", "ToolSearch", "update_plan", "view_image",
    )
)  # fmt: skip


def stalled(work: Work) -> Iterator[Hit]:
    """Yield each turn that did nothing but read, search and fail, for long and for much."""
    moved = {step.turn_id for step in work.steps if _moves(step)}
    turns = dict[str, list[Call]]()
    for call in work.calls:
        turns.setdefault(call.turn_id, []).append(call)
    for turn_id, calls in turns.items():
        if not turn_id or turn_id in moved or len(calls) < LEAST_CALLS:
            continue
        cost = sum_of(call.cost_nusd for call in calls)
        active_us = _active_us(calls)
        is_dear = cost is not None and cost >= LEAST_NUSD
        if is_dear and active_us >= LEAST_ACTIVE_US and not _is_answered(calls):
            yield Hit(
                kind="stalled",
                turn_id=turn_id,
                count=len(calls),
                size=active_us // _MICRO,
                since_us=calls[0].at_us,
                until_us=calls[-1].at_us,
                cost_nusd=cost,
            )


def _moves(step: Step) -> bool:
    """Say whether a step may have led on: an edit, something that ran, a question to the user."""
    if step.failed:
        return False
    if step.kind == "other":
        return step.label not in _IDLE_TOOLS
    return step.kind in ("edit", "commit", "run", "test", "build")


def _is_answered(calls: list[Call]) -> bool:
    """Say whether the main thread's last call asked for nothing more."""
    main = [call for call in calls if not call.thread]
    return bool(main) and main[-1].tools == 0


def _active_us(calls: list[Call]) -> int:
    at = [call.at_us for call in calls]
    return sum(min(later - earlier, _MOST_PAUSE_US) for earlier, later in pairwise(at))
