"""What a gate says when it stops: what, how much, until when, and the way out. Pure, plain text.

What the model reads is made of numbers and our own words. Names from a budget's filter, a reason
that somebody typed and all that a repository brings reach the user alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aicost.core.allowance import RIGHT_FORM, Allowance
from aicost.core.budget import BudgetFilter, BudgetStatus
from aicost.core.gate import BEFORE_COMPACTION, BEFORE_SWITCH, BEFORE_TOOL, Ask, Decision, Ruling
from aicost.core.money import NANO, dollars
from aicost.core.nudge_words import QUOTA, amount, budget_sentence, moment
from aicost.core.text import clean
from aicost.core.usage import Agent

WAY_OUT = f"To go on now, send the prompt `{RIGHT_FORM}`, or run it in a shell."
_LIST = "All budgets: aicost budget list."
_SAVES = "finishing an edit; git status, diff, add, commit, stash or push, each by itself"
_REPORT = "Tell the user what is done and what is left, and end the turn."
_COMPACTING = " A compaction reads the whole context once more."
_IN_CONVERSATION = (BEFORE_COMPACTION, BEFORE_SWITCH)  # the model reads those answers, too
_RESUME: dict[Agent, str] = {"claude": "claude --resume", "codex": "codex resume"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Where the work stands when it is stopped, as far as that is known."""

    failing: str = ""  # a command that fails, in a word or two
    failures: int = 0
    edits: int = 0  # of files, in this turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When and to whom something is said."""

    now: datetime  # UTC
    zone: ZoneInfo
    is_flat: bool = False  # the session is on a plan with a fixed price
    handoff: Handoff = Handoff()


def decided(ask: Ask, ruling: Ruling, telling: Telling) -> Decision:
    """Put a ruling into words."""
    if ruling.action == "pass" or not ruling.causes:
        return Decision(action=ruling.action)
    if ask.event == BEFORE_TOOL and ruling.action != "stop":
        return _refused_tool(ruling, telling)
    if ruling.action == "save":
        return Decision(
            action="save",
            to_model=f"aicost: {_to_model(ruling, telling)}. Save the work now: {_SAVES}. {_REPORT}"
            " Other tools are refused from here on.",
            notice=f"aicost: {_to_user(ruling, telling)}. The agent is told to save its work.",
        )
    what, ends = f"aicost: {_to_user(ruling, telling)}.", ""
    if ask.event in _IN_CONVERSATION:
        what = f"aicost: {_to_model(ruling, telling)}."
        what += _COMPACTING if ask.event == BEFORE_COMPACTION else _switching(ask)
    elif ruling.action == "stop":
        ends = _handoff(ask.agent, ask.session_id, telling.handoff)
    reason = " ".join(filter(None, (what, _way_out(ruling), ends)))
    return Decision(action=ruling.action, reason=reason, to_model=_stopped(ask, ruling, telling))


def warning(ruling: Ruling, telling: Telling) -> str:
    """Return what the user hears who sends a prompt though there is only room to save the work."""
    return f"aicost: {_to_user(ruling, telling)}. Let through is only: {_SAVES}. {WAY_OUT}"


def _refused_tool(ruling: Ruling, telling: Telling) -> Decision:
    """Say it to the model, too: it reads why its tool was not run, and goes on."""
    if ruling.causes[0].budget.unit == "repeats":
        reason = (
            f"aicost: {_to_model(ruling, telling)}. Running it again is refused; look at what it"
            " said, take another way, or tell the user what is needed."
        )
    else:
        reason = (
            f"aicost: {_to_model(ruling, telling)}. Let through is only: {_SAVES}. Save the work."
            f" {_REPORT}"
        )
    return Decision(action=ruling.action, reason=reason, to_model=reason)


def _stopped(ask: Ask, ruling: Ruling, telling: Telling) -> str:
    """Say what the model is to do. That of Claude Code reads it only once it may go on."""
    what = f"aicost: {_to_model(ruling, telling)}."
    if ask.agent == "claude":
        return f"{what} The turn was ended here."
    return f"{what} No more tools are run. {_REPORT}"


def _to_user(ruling: Ruling, telling: Telling) -> str:
    status = ruling.causes[0]
    more = len(ruling.causes) - 1
    others = f"; so {'is' if more == 1 else 'are'} {more} more" if more else ""
    flat = QUOTA if telling.is_flat and status.budget.unit == "usd" else ""
    return budget_sentence(status, telling.now, telling.zone) + _under_way(status) + others + flat


def _to_model(ruling: Ruling, telling: Telling) -> str:
    status = ruling.causes[0]
    bare = replace(status, budget=replace(status.budget, filter=BudgetFilter()), command="")
    return budget_sentence(bare, telling.now, telling.zone) + _under_way(bare)


def _under_way(status: BudgetStatus) -> str:
    if not status.reserved or status.spent >= status.budget.limit:
        return ""
    return f"; {amount(status.budget, status.reserved)} is kept free for calls under way"


def _way_out(ruling: Ruling) -> str:
    budget = ruling.causes[0].budget
    if budget.unit == "repeats":
        return "A new prompt goes on: name the error or the file, or ask for another way."
    if budget.origin == "guard":
        return "It is the limit of this run, set by `aicost guard`."
    return f"{WAY_OUT} {_LIST}"


def _switching(ask: Ask) -> str:
    if ask.rewrite_usd is None or not 0 < ask.rewrite_usd < 10**6:
        return " The switch would also write the cache anew."
    price = dollars(round(ask.rewrite_usd * NANO))
    return f" The switch itself would cost {price}: the cache is written anew."


def _handoff(agent: Agent, session_id: str, handoff: Handoff) -> str:
    parts = []
    if handoff.failing:
        times = "once" if handoff.failures == 1 else f"{handoff.failures} times"
        parts.append(f"`{clean(handoff.failing)}` failed {times} last")
    if handoff.edits:
        parts.append(f"{handoff.edits} edit{'s' if handoff.edits > 1 else ''} in this turn")
    stands = f"Where it stands: {', '.join(parts)}. " if parts else ""
    return f"{stands}To resume: {_RESUME[agent]} {clean(session_id)}"


def allowed_sentence(
    allowance: Allowance, now: datetime, zone: ZoneInfo, *, from_within: bool = True
) -> str:
    """Return the confirmation of an allowance; `from_within` the session that it is for."""
    who = "all sessions together"
    if allowance.session_id:
        who = "this session" if from_within else f"session {clean(allowance.session_id)}"
    until = moment(allowance.until, now, zone)
    why = f' Noted: "{clean(allowance.reason)}".' if allowance.reason else ""
    return (
        f"aicost: {who} may spend {dollars(allowance.amount_nusd)} more until {until}, whatever"
        f" the budgets say.{why}"
    )
