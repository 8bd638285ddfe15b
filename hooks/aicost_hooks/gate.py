"""One event of an agent: ask the daemon what is to be done, and put it in the agent's words."""

import os
import time
from collections.abc import Mapping

from aicost.core.errors import AicostError, ConfigError
from aicost.core.hook_answers import CLOSED, Answer, claude_answer, codex_answer
from aicost.ipc.protocol import NotRunning
from aicost.platform.rundir import check_private, find_run_dir, socket_path_in
from aicost_hooks import asking, log

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any

    Decision = Mapping[str, object]

GATE_S = 1.0  # for the daemon to answer, from the start of the hook
PROMPT = "UserPromptSubmit"
_STARTS = "SessionStart"
_UNGATED = frozenset({_STARTS, "SessionEnd"})  # nothing can be refused there
_REFUSES = frozenset({"refuse", "stop", "block"})
_KEPT = "Your prompt was not sent. It is kept in {}"
_NOT_KEPT = "Your prompt was not sent, and could not be kept: copy it before you type another."


class Caller:
    """Who runs this hook: an environment, and what gate.sh says of itself.

    `words` are FAIL RUN_DIR HOOKS_DIR PARENT_PID, or none where an agent calls us itself.
    """

    __slots__ = ("env", "hooks_dir", "is_closed", "parent_pid", "program", "run_dir")

    def __init__(self, words: list[str], env: Mapping[str, str], program: str = "") -> None:
        fail, run_dir, hooks_dir, parent = [*words, "", "", "", ""][:4]
        self.env = env
        self.is_closed = fail == "closed"
        self.run_dir = run_dir or find_run_dir(env)
        self.hooks_dir = hooks_dir
        self.parent_pid = _pid(parent)
        self.program = program  # this one's path

    @property
    def prompts_dir(self) -> str:
        """Where prompts are kept if the daemon cannot be asked; "" if that is not known."""
        return f"{os.path.dirname(self.hooks_dir)}/prompts" if self.hooks_dir else ""  # noqa: PTH120


class Event:
    """One event: of which agent, its name, and what the agent says of it."""

    __slots__ = ("agent", "name", "said")

    def __init__(self, agent: str, name: str, said: "Mapping[str, Any]") -> None:
        self.agent, self.name, self.said = agent, name, said


def answer_event(event: Event, caller: Caller, *, until: float) -> Answer:
    """Return what to say to an agent by the monotonic moment `until`. Raises NotAnEvent.

    Without a daemon that answers: nothing, or a refusal where the user wants it closed.
    """
    question = _question(event, caller)
    decision = _decision(event, question, caller, until)
    refuses = decision.get("action") in _REFUSES
    if refuses and event.name == PROMPT and decision.get("is_allowed") is not True:
        decision = _with_kept_prompt(decision, event.said, caller)
    if refuses and _is_unseen(event, decision, caller):
        reason, pid = str(decision.get("reason", "")), caller.parent_pid
        tell(f"{event.agent} {event.name}", reason, caller.run_dir, client_pid(caller.env) or pid)
    return (claude_answer if event.agent == "claude" else codex_answer)(event.name, decision)


def tell(what: str, reason: str, run_dir: str, pid: int) -> None:
    """Say why a headless run ends, where its user may see it. Our log says only that it does."""
    from aicost_hooks.terminal import tell_user

    where = "its user was told" if tell_user(reason, pid) else "there is no terminal to say so"
    log.note(run_dir, f"{what}: a headless run is stopped, {where}")


def client_pid(env: Mapping[str, str]) -> int:
    """Return the process that Claude Code says it is, 0 if it does not."""
    return _pid(env.get("CLAUDE_PID", ""))


# What only some events need is loaded there: a hook starts at each of them.


def _question(event: Event, caller: Caller) -> dict[str, object]:
    if event.agent == "claude":
        from aicost_hooks import claude

        question = claude.question_of(event.name, event.said, caller.env)
    else:
        from aicost_hooks import codex

        pid = caller.parent_pid
        question = codex.question_of(event.name, event.said, caller.env, parent_pid=pid)
    if event.name == PROMPT:
        from aicost_hooks.prompts import allow_words

        allow = allow_words(event.said.get("prompt"))
        if allow is not None:
            question["allow"] = allow
    return question


def _decision(
    event: Event, question: Mapping[str, object], caller: Caller, until: float
) -> "Decision":
    socket_path = socket_path_in(caller.run_dir)
    try:
        check_private(os.path.dirname(socket_path))  # noqa: PTH120 - starts fast
        return asking.ask(socket_path, "gate", question, until)
    except AicostError as error:
        log.note(caller.run_dir, f"{event.name}: {log.words_of(error)}")
        if event.name == _STARTS and isinstance(error, NotRunning):
            _start(caller)
        return CLOSED if caller.is_closed and event.name not in _UNGATED else {}


def _start(caller: Caller) -> None:
    from aicost_hooks.starting import start_daemon

    try:
        start_daemon(caller.program, caller.run_dir, caller.env)
    except (AicostError, OSError) as error:
        log.note(caller.run_dir, log.words_of(error))


def _with_kept_prompt(
    decision: "Decision", said: "Mapping[str, Any]", caller: Caller
) -> "Decision":
    """Keep a prompt that the agent is about to forget, and say where."""
    from aicost_hooks.prompts import keep_prompt

    prompt, given = said.get("prompt"), decision.get("prompts_dir")
    folder = given if isinstance(given, str) and given else caller.prompts_dir
    if not isinstance(prompt, str) or not prompt.strip():
        return decision
    try:
        if not folder.startswith("/"):
            raise ConfigError("no folder to keep prompts in")
        session_id = str(said.get("session_id", ""))
        path = keep_prompt(folder, session_id, prompt, now_s=time.time())
        where = _KEPT.format(path)
    except (AicostError, OSError) as error:
        log.note(caller.run_dir, f"a prompt could not be kept: {log.words_of(error)}")
        where = _NOT_KEPT
    reason = decision.get("reason")
    return {**decision, "reason": f"{reason}\n{where}" if isinstance(reason, str) else where}


def _is_unseen(event: Event, decision: "Decision", caller: Caller) -> bool:
    """Say whether the client keeps to itself why it is refused: a run without a screen."""
    if event.agent == "claude":
        from aicost_hooks import claude

        ends = event.name != PROMPT and decision.get("action") != "refuse"
        return ends and claude.is_headless(caller.env)
    from aicost_hooks import codex

    return event.name != "PreToolUse" and codex.is_headless(event.said, caller.parent_pid)


def _pid(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
