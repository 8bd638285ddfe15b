"""The facts that the second reading found in one block of lines, each once."""

from datetime import datetime
from typing import NamedTuple

from aicost.core.drafts import drafts_of
from aicost.core.facts import (
    ClientTotal,
    CommandRan,
    CompactionSeen,
    CopySeen,
    ErrorSeen,
    HiddenKind,
    HiddenSeen,
    Parsed,
    PullRequestSeen,
    SettingsSeen,
    SkillSeen,
    StepTaken,
    SubagentSeen,
    ToolCallSeen,
    WorkSeen,
)
from aicost.sources.claude.records import Place

_new_tool_call = drafts_of(ToolCallSeen)
_SETTINGS = ("version", "entrypoint", "effort", "permission_mode", "command")


class Refused(NamedTuple):
    """A request that failed; fields as in ErrorSeen."""

    is_retried: bool
    status: int = 0
    wait_ms: int = 0


class Findings:
    """Collects facts; one that is repeated in the block (a message has a line per block) is one."""

    def __init__(self) -> None:
        self._tool_calls: dict[str, ToolCallSeen] = {}
        self._commands: dict[str, CommandRan] = {}
        self._steps: dict[str, StepTaken] = {}
        self._compactions: dict[tuple[str, str], CompactionSeen] = {}
        self._errors: dict[tuple[str, str], ErrorSeen] = {}
        self._settings: dict[Place, tuple[str, ...]] = {}
        self._skills: dict[SkillSeen, None] = {}
        self._subagents: dict[tuple[str, str, str], SubagentSeen] = {}
        self._copies: dict[CopySeen, None] = {}
        self._totals: dict[tuple[str, str], ClientTotal] = {}
        self._hidden: dict[tuple[str, str], HiddenSeen] = {}
        self._pull_requests: dict[tuple[str, int], PullRequestSeen] = {}

    def parsed(self, thread: str, work: tuple[WorkSeen, ...] = ()) -> Parsed:
        """Return all facts with the parser's state."""
        return Parsed(
            tool_calls=tuple(self._tool_calls.values()),
            commands=tuple(self._commands.values()),
            steps=tuple(self._steps.values()),
            compactions=tuple(self._compactions.values()),
            work=work,
            errors=tuple(self._errors.values()),
            settings=tuple(map(_settings_seen, self._settings, self._settings.values())),
            skills=tuple(self._skills),
            subagents=tuple(self._subagents.values()),
            copies=tuple(self._copies),
            client_totals=tuple(self._totals.values()),
            hidden=tuple(self._hidden.values()),
            pull_requests=tuple(self._pull_requests.values()),
            thread=thread,
        )

    def tool_call(self, tool_use_id: str, event_key: str, name: str, at: datetime) -> None:
        """Note that a call asked for a tool."""
        key = f"claude:{tool_use_id}"
        if key not in self._tool_calls:
            seen = _new_tool_call()
            seen.key, seen.event_key, seen.name, seen.at = key, event_key, name, at
            seen.__class__ = ToolCallSeen
            self._tool_calls[key] = seen

    def command(self, ran: CommandRan) -> None:
        """Note that a command ended; of two records the ledger takes the earlier."""
        known = self._commands.get(ran.key)
        if known is None or ran.at < known.at:
            self._commands[ran.key] = ran

    def step(self, taken: StepTaken) -> None:
        """Note what a tool did; of two records the ledger takes the earlier."""
        known = self._steps.get(taken.key)
        if known is None or taken.at < known.at:
            self._steps[taken.key] = taken

    def compaction(self, key: str, place: Place, at: datetime) -> None:
        """Note that a summary took a conversation's place; a session's first record stays."""
        seen = CompactionSeen(
            key=key,
            session_id=place.session_id,
            turn_id=place.turn_id,
            subagent_id=place.subagent_id,
            at=at,
        )
        self._compactions.setdefault((key, place.session_id), seen)

    def error(self, uuid: str, place: Place, at: datetime, refused: Refused) -> None:
        """Note that a request failed; the first record of a session stays."""
        key = f"claude:{uuid}"
        seen = ErrorSeen(
            key=key,
            session_id=place.session_id,
            turn_id=place.turn_id,
            subagent_id=place.subagent_id,
            at=at,
            **refused._asdict(),
        )
        self._errors.setdefault((key, place.session_id), seen)

    def settings(  # noqa: PLR0913 - what there is to be set
        self,
        place: Place,
        version: str | None = None,
        entrypoint: str | None = None,
        effort: str | None = None,
        permission_mode: str | None = None,
        command: str | None = None,
    ) -> None:
        """Note how a stretch was run; the larger value stays."""
        wanted = (
            version or "", entrypoint or "", effort or "", permission_mode or "", command or "",
        )  # fmt: skip
        known = self._settings.get(place)
        if known != wanted:
            self._settings[place] = tuple(map(max, known, wanted)) if known else wanted

    def skill(self, event_key: str, skill: str) -> None:
        """Note that a skill was at work in a call."""
        self._skills[SkillSeen(event_key=event_key, skill=skill)] = None

    def subagent(self, seen: SubagentSeen) -> None:
        """Note which kind a subagent is of."""
        key = (seen.session_id, seen.subagent_id, seen.kind)
        known = self._subagents.get(key)
        if known is None or seen.at < known.at:
            self._subagents[key] = seen

    def copy(self, session_id: str, event_key: str) -> None:
        """Note that a session's log repeats another's call."""
        self._copies[CopySeen(session_id=session_id, event_key=event_key)] = None

    def total(self, total: ClientTotal) -> None:
        """Note what the client says a session used; the largest stays."""
        key = (total.session_id, total.model)
        known = self._totals.get(key)
        if known is None or total.size > known.size:
            self._totals[key] = total

    def pull_request(self, session_id: str, number: int, at: datetime) -> None:
        """Note that a log links a pull request; it says so again and again."""
        seen = PullRequestSeen(session_id=session_id, number=number, at=at)
        self._pull_requests.setdefault((session_id, number), seen)

    def hidden(
        self, key: str, session_id: str, at: datetime, kind: HiddenKind, context_tokens: int = 0
    ) -> None:
        """Note that something was billed whose tokens no line shows; a session's first stays."""
        seen = HiddenSeen(
            key=key, session_id=session_id, at=at, kind=kind, context_tokens=context_tokens
        )
        self._hidden.setdefault((key, session_id), seen)


def _settings_seen(place: Place, values: tuple[str, ...]) -> SettingsSeen:
    return SettingsSeen(**place._asdict(), **dict(zip(_SETTINGS, values)))
