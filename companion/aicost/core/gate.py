"""Whether an agent may go on: one event of one session against its hard budgets. Pure.

Soft budgets never stop anything. Of several hard ones the strictest decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aicost.core.budget import OF_ONE, BudgetStatus, Unit
from aicost.core.reservation import ENOUGH_CALLS
from aicost.core.spending import CallSize
from aicost.core.usage import Agent

Pressure = Literal["free", "near", "grace", "over"]
Action = Literal["pass", "save", "refuse", "stop", "block"]

PROMPT = "UserPromptSubmit"
BEFORE_TOOL = "PreToolUse"
AFTER_TOOLS = frozenset({"PostToolBatch", "PostToolUse"})
BEFORE_COMPACTION = "PreCompact"
BEFORE_SWITCH = "PreModelSwitch"
GATED = (PROMPT, BEFORE_TOOL, *sorted(AFTER_TOOLS), BEFORE_COMPACTION, BEFORE_SWITCH)

_OF_CALLS: frozenset[Unit] = frozenset({"usd", "credits", "tokens", "requests"})
_NEAR_CALLS = 3  # so many of the dearest recent calls before a limit, each call is asked about
_NEAR: dict[Unit, int] = {  # what is left, in steps, where the calls' sizes say nothing
    "turns": 3,
    "repeats": 2,
    "minutes": 120_000_000,
    "percent": 2_000,
}
_NO_CALLS = CallSize()
_ORDER: tuple[Pressure, ...] = ("free", "near", "grace", "over")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRun:
    """A shell command of the event, as the hook names it: never the command itself."""

    id: str = ""  # the tool use
    command: str = ""  # its key: see core.loops
    label: str = ""
    failed: bool = False
    error: str = ""  # the key of what it said


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a hook asks. "" is not known, or does not apply."""

    agent: Agent
    event: str
    session_id: str
    path: str  # of the transcript
    cwd: str = ""
    turn_id: str = ""  # Claude Code: the prompt's id
    thread_id: str = ""  # "" is the main thread
    model: str = ""
    entrypoint: str = ""
    tool: str = ""
    tool_use_ids: tuple[str, ...] = ()
    saves: bool = False  # the tool call only saves work
    spawns: bool = False  # it starts a subagent
    commands: tuple[CommandRun, ...] = ()
    to_model: str = ""
    rewrite_usd: float | None = None  # what the switch costs by itself
    allow: str | None = None  # what follows `aicost allow`, if that is the prompt
    guard: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What to do, and because of which budgets: the strictest first."""

    action: Action = "pass"
    causes: tuple[BudgetStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A ruling in words, as the hook gets it."""

    action: Action = "pass"
    reason: str = ""  # to the user
    to_model: str = ""  # to the model: numbers, and nothing that anybody wrote
    notice: str = ""  # to the user, whatever is done
    is_allowed: bool = False  # the prompt was `aicost allow …`, and it was carried out


PASS = Ruling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """How all stands for a session at the moment it asks."""

    statuses: tuple[BudgetStatus, ...] = ()  # of all budgets that bear on it
    size: CallSize = _NO_CALLS  # of its own last calls
    expected: CallSize = _NO_CALLS  # of its next one, where few are known: see call_size
    grace_permille: int = 50  # of a limit, before it; 0 is no grace
    is_allowed: bool = False  # the user's own word lifts all budgets but a guarded run's, for now
    repeated: str = ""  # key of the command that fails again and again
    was_told: bool = False  # the model knows that it is to save its work


def pressure(status: BudgetStatus, footing: Footing) -> Pressure:
    """Say how near its limit a budget is for a session.

    From `near` on, each event of the session is asked about. In `grace` there is room to save the
    work and no more: for one call like the dearest recent one, or a part of the limit.
    """
    budget, left = status.budget, status.left
    if status.is_over:
        return "over"
    if budget.unit not in _OF_CALLS:
        return "near" if left <= _NEAR[budget.unit] else "free"
    last, permille = _per_call(budget.unit, footing.size), footing.grace_permille
    if permille > 0 and left <= max(last, budget.limit * permille // 1000):
        return "grace"
    is_unsure = budget.scope in OF_ONE and footing.size.known_calls < ENOUGH_CALLS
    is_near = left <= _NEAR_CALLS * max(last, _per_call(budget.unit, footing.expected))
    return "near" if is_unsure or is_near else "free"


def strictest(pressures: Iterable[Pressure]) -> Pressure:
    """Return the one nearest to a stop."""
    return max(pressures, key=_ORDER.index, default="free")


def rule(ask: Ask, footing: Footing) -> Ruling:
    """Decide on one event, by all budgets that bear on its session and how they stand now."""
    if ask.event not in GATED:
        return PASS
    hard = [
        one
        for one in footing.statuses
        if one.budget.is_hard
        and (not footing.is_allowed or one.budget.origin == "guard")
        and _bears(ask, one, footing.repeated)
    ]
    by_pressure = [(one, pressure(one, footing)) for one in hard]
    over = _strictest_first(one for one, found in by_pressure if found == "over")
    if over:
        return Ruling(action=_when_over(ask, over), causes=over)
    grace = _strictest_first(one for one, found in by_pressure if found == "grace")
    return _in_grace(ask, grace, was_told=footing.was_told) if grace else PASS


def verdict_of(footing: Footing) -> tuple[Literal["pass", "check", "stop"], Ruling]:
    """Say what a session's hooks are to do until they are told otherwise, and why they stop it.

    `check`: each event is asked about.
    """
    hard = [one for one in footing.statuses if one.budget.is_hard]
    stops = _strictest_first(one for one in hard if _is_over_in_turn(one))
    if footing.is_allowed:
        stops = tuple(one for one in stops if one.budget.origin == "guard")
    if stops:
        return "stop", Ruling(action="stop", causes=stops)
    found = strictest(pressure(one, footing) for one in hard)
    return ("pass" if found == "free" else "check"), PASS


def _is_over_in_turn(status: BudgetStatus) -> bool:
    """Say whether a limit ends the turn that goes on, whatever comes of the calls under way.

    The last turn of so many may run to its end. What a repeated command stops is for its event.
    """
    if status.budget.unit == "repeats":
        return False
    over = status.spent - status.budget.limit
    return over > 0 if status.budget.unit == "turns" else over >= 0


def _bears(ask: Ask, status: BudgetStatus, repeated: str) -> bool:
    """Say whether a budget has a say in this event."""
    budget = status.budget
    if ask.event == BEFORE_SWITCH:
        return bool(budget.filter.model) and not _is_counted(budget.unit)
    if budget.unit == "repeats":
        return _bears_on_repeats(ask, repeated)
    if ask.event == PROMPT:
        return budget.scope != "turn"  # a prompt begins a new one
    return budget.unit != "turns" or status.left < 0


def _bears_on_repeats(ask: Ask, repeated: str) -> bool:
    """Say whether a failing command may end here. A new prompt is the user stepping in."""
    if ask.event in AFTER_TOOLS:
        return True
    runs = {run.command for run in ask.commands}
    return ask.event == BEFORE_TOOL and repeated != "" and repeated in runs


def _is_counted(unit: Unit) -> bool:
    return unit in ("repeats", "turns")


def _when_over(ask: Ask, over: Sequence[BudgetStatus]) -> Action:
    if ask.event == PROMPT:
        return "block"
    if ask.event in (BEFORE_COMPACTION, BEFORE_SWITCH):
        return "refuse"
    only_repeats = all(one.budget.unit == "repeats" for one in over)
    if ask.event == BEFORE_TOOL and only_repeats and ask.agent == "codex":
        return "refuse"  # other commands are free
    return "stop"


def _in_grace(ask: Ask, grace: tuple[BudgetStatus, ...], *, was_told: bool) -> Ruling:
    if ask.event in AFTER_TOOLS and not was_told:
        return Ruling(action="save", causes=grace)
    if ask.event == BEFORE_TOOL and (ask.spawns or not ask.saves):
        return Ruling(action="refuse", causes=grace)
    return Ruling(causes=grace)


def _per_call(unit: Unit, size: CallSize) -> int:
    """Return what one more call takes, in steps of the unit; 0 where it takes nothing certain."""
    match unit:
        case "usd":
            return size.nusd
        case "credits":
            return size.ncredits
        case "tokens":
            return size.tokens
        case "requests":
            return 1
    return 0


def _strictest_first(statuses: Iterable[BudgetStatus]) -> tuple[BudgetStatus, ...]:
    return tuple(sorted(statuses, key=lambda one: one.left / one.budget.limit))
