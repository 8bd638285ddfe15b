"""What a hook answers to its agent, from what was decided. Pure; cheap to import.

Only shapes that the real clients were seen to obey. Never "allow" (it would skip the user's own
permission prompt) or "ask" (Codex then runs the tool), and never a block of Stop (the agent would
go on and spend more). A decision is a mapping with `action` (pass, save, refuse, stop, block),
`reason`, `to_model` and `notice`; what is missing or no text counts as "". The model reads why a
tool is refused and, later, why its turn was ended: that is `to_model` if there is one.
"""

import json
from collections.abc import Mapping

BLOCKED = 2  # the exit code that refuses where an agent takes no JSON; its stderr is the reason
NO_REASON = "aicost: over a hard budget."  # Codex lets pass what is refused without a reason
DAEMON_NEEDED = (  # gate.sh says the same
    "aicost: its daemon does not answer, and without it nothing may be spent here "
    "(fail = 'closed'). Start it: aicost daemon start. To go on without it: set fail = 'open' "
    "under [gate] in aicost's config, then run aicost hooks install."
)
CLOSED: Mapping[str, object] = {"action": "stop", "reason": DAEMON_NEEDED}

_ENDS = frozenset({"stop", "block"})
_REFUSES = frozenset({"refuse", "stop", "block"})
_AFTER_TOOLS = frozenset({"PostToolBatch", "PostToolUse"})
_HEARS_CLAUDE = frozenset({"UserPromptSubmit", "PreToolUse"}) | _AFTER_TOOLS
_SHOWS_CLAUDE = frozenset({"SessionStart"}) | _HEARS_CLAUDE
_SHOWS_CODEX = frozenset({"SessionStart", "UserPromptSubmit", "PreToolUse", "PreCompact"})


class Answer:
    """What a hook's process says: stdout (JSON, or "" for nothing), stderr, exit code 0 or 2."""

    __slots__ = ("exit_code", "stderr", "stdout")

    def __init__(self, stdout: str = "", stderr: str = "", exit_code: int = 0) -> None:
        self.stdout, self.stderr, self.exit_code = stdout, stderr, exit_code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Answer{self._fields!r}"

    @property
    def _fields(self) -> tuple[str, str, int]:
        return self.stdout, self.stderr, self.exit_code


def claude_answer(event: str, decision: Mapping[str, object]) -> Answer:
    """Return what a hook of Claude Code says at an event. Where an event cannot refuse: nothing."""
    action, reason = decision.get("action"), _text(decision, "reason") or NO_REASON
    refuses, ends = action in _REFUSES, action in _ENDS
    if event == "PreCompact" and refuses:
        return Answer(stderr=reason, exit_code=BLOCKED)
    said: dict[str, object] = {}
    if event in ("UserPromptSubmit", "PreModelSwitch") and refuses:
        said = {"decision": "block", "reason": reason}
    elif event == "PreToolUse" and refuses:
        said = _denied(_text(decision, "to_model") or reason)
        if ends:  # continue:false alone would stop the turn only after the tool ran
            said |= _ended(decision, reason)
    elif event in _AFTER_TOOLS and ends:
        said = _ended(decision, reason)
    elif event in _HEARS_CLAUDE and action == "save":
        said = _told(event, decision)
    return _spoken(said, decision, is_shown=event in _SHOWS_CLAUDE)


def codex_answer(event: str, decision: Mapping[str, object]) -> Answer:
    """Return what a hook of Codex says at an event. A refused compaction ends Codex' turn."""
    action, reason = decision.get("action"), _text(decision, "reason") or NO_REASON
    refuses = action in _REFUSES
    if event == "PreToolUse" and refuses:  # the turn goes on: nothing in Codex ends it here
        return Answer(stderr=_text(decision, "to_model") or reason, exit_code=BLOCKED)
    said: dict[str, object] = {}
    if event == "UserPromptSubmit" and refuses:
        said = {"decision": "block", "reason": reason}
    elif event == "PreCompact" and refuses:
        said = {"continue": False, "stopReason": reason}
    elif event == "UserPromptSubmit" and action == "save":
        said = _told(event, decision)
    return _spoken(said, decision, is_shown=event in _SHOWS_CODEX)


def verdict_line(event: str, answer: Answer) -> str:
    """Return a prepared answer as the one line of a verdict file that gate.sh prints, "" for none.

    `EVENT 0 JSON` goes to stdout with exit code 0, `EVENT 2 TEXT` to stderr with exit code 2.
    """
    text = answer.stdout  # (JSON, so one line of ASCII)
    if answer.exit_code:
        said = answer.stderr.replace("\0", " ").encode("utf-8", "replace").decode()
        text = " ".join(said.split())
    return f"{event} {answer.exit_code} {text}" if text else ""


def _denied(reason: str) -> dict[str, object]:
    refusal = {"permissionDecision": "deny", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse"} | refusal}


def _ended(decision: Mapping[str, object], reason: str) -> dict[str, object]:
    """End Claude Code's turn. The model reads the stop reason with the session's next prompt."""
    to_model = _text(decision, "to_model")
    if not to_model:
        return {"continue": False, "stopReason": reason}
    return {"continue": False, "stopReason": to_model, "systemMessage": reason}


def _told(event: str, decision: Mapping[str, object]) -> dict[str, object]:
    text = _text(decision, "to_model")
    if not text:
        return {}
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}


def _spoken(said: dict[str, object], decision: Mapping[str, object], *, is_shown: bool) -> Answer:
    notice = _text(decision, "notice")
    if notice and is_shown:
        shown = said.get("systemMessage")
        said = said | {"systemMessage": f"{shown} {notice}" if shown else notice}
    return Answer(json.dumps(said)) if said else Answer()


def _text(decision: Mapping[str, object], field: str) -> str:
    value = decision.get(field)
    return value.strip(" \t\r\n\0") if isinstance(value, str) else ""
