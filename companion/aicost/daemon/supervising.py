"""The other end of a guarded run: starts the command, asks the daemon how it stands, ends it."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from uuid import uuid4

import psutil

from aicost.core.errors import AicostError
from aicost.core.guard import MARK, exit_code, guard_id_within
from aicost.daemon.lifecycle import start_in_background
from aicost.ipc import wire
from aicost.ipc.protocol import NotRunning
from aicost.platform.dirs import Dirs
from aicost.platform.families import age_of_s, name_of
from aicost.platform.running import ENDING, INTERRUPTING, Running, running
from aicost.sources.homes import home_folders

SCHEMA = 1
TICK_S = 0.5  # between two looks at what the daemon said last
NEWS_S = 0.25  # how long the daemon waits for news before it answers anyway: agents come and go
PAUSE_S = 0.05  # between two questions: agents write many lines at once
NEWBORN_S = 3.0  # a process younger than that may still turn out to be an agent
REVIVE_S = 10.0  # between two starts of a daemon that went away
ANSWER_S = 10.0
LAST_ANSWER_S = 20.0  # at the end it reads first what the run wrote
_AGENTS = frozenset({"claude", "codex"})  # names of processes
_INSTALL = "aicost hooks install"

Json = dict[str, Any]
Ask = Callable[[str, Mapping[str, object], float], Json]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a run may use, and what its guard is to do about it."""

    argv: Sequence[str]
    budgets: Sequence[Mapping[str, object]] = ()  # unit, limit in steps, is_hard
    fails_on_warning: bool = False
    fails_closed: bool = False  # without a daemon the command is not run


@dataclass(slots=True)
class Ended:
    """How a guarded run ended."""

    exit_code: int
    summary: Json


class Watch:
    """Asks the daemon again and again, in a thread of its own, how a run stands."""

    def __init__(
        self, ask: Ask, asked: Json, revive: Callable[[], object], ring: Callable[[], None]
    ) -> None:
        self._ask, self._asked, self._revive, self._ring = ask, asked, revive, ring
        self._ended = threading.Event()
        self._revived_s = float("-inf")
        self.latest: Json | None = None
        self.trouble: AicostError | None = None  # why there is nothing newer
        self._thread = threading.Thread(target=self._go, name="guard's watch", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def last(self) -> Json | None:
        """Ask no more but this: how the run stands once all it wrote is read. None: no answer."""
        self._ended.set()
        self._thread.join(ANSWER_S)
        try:
            self.latest = self._ask("guard.end", self._whole(), LAST_ANSWER_S)
        except AicostError as error:
            self.trouble = error
            return None
        return self.latest

    def _whole(self) -> Json:
        sessions = self.latest["sessions"] if self.latest else []
        return {**self._asked, "sessions": sessions}

    def _go(self) -> None:
        while not self._ended.is_set():
            news = -1 if self.latest is None or self.trouble else self.latest["news"]
            asked = {**self._whole(), "wait_s": NEWS_S, "news": news}
            try:
                self.latest, self.trouble = self._ask("guard.status", asked, ANSWER_S), None
            except AicostError as error:
                self.trouble = self._revived(error)
            self._ring()
            self._ended.wait(PAUSE_S if self.trouble is None else TICK_S)

    def _revived(self, error: AicostError) -> AicostError | None:
        """Start the daemon if it went away; return what is the matter still."""
        now_s = time.monotonic()
        if not isinstance(error, NotRunning) or now_s - self._revived_s < REVIVE_S:
            return error
        self._revived_s = now_s
        try:
            self._revive()
        except AicostError as failure:
            return failure
        return None


@dataclass(slots=True)
class Supervision:
    """Looks after one run, in the main thread."""

    run: Running
    watch: Watch
    say: Say
    interrupted: str = ""  # why we ended it, "" if we did not
    warnings: list[str] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def until_end(self) -> int:
        """Wait for the end of the command and of all agents it started; return its exit code."""
        while (code := self.run.wait(TICK_S)) is None:
            self.look()
        self._await_agents()
        left = [name_of(process) for process in self.run.left()]
        if self.run.end(ENDING):
            self._warn("left", f"ended what the command left running: {', '.join(left)}")
        return code

    def look(self) -> None:
        """Act on what the daemon said last."""
        status = self.watch.latest
        if self.watch.trouble is not None:
            self._warn("daemon", f"nothing guards this run now: {self.watch.trouble.what}")
        if status is None:
            return
        for agent in {one["agent"] for one in status["agents"] if one["lacks_hooks"]}:
            self._warn(
                f"hooks {agent}",
                f"the hooks of {agent} are not at work, so it is stopped later: {_INSTALL} {agent}",
            )
        if status["interrupt"] and not self.interrupted and self.run.left():
            reason = status["reason"]
            self.say(f"{reason}; stopping the run")
            if self.run.end(INTERRUPTING):
                self.interrupted = reason

    def _await_agents(self) -> None:
        """Let agents go on that the command left behind, under guard; a signal ends them."""
        while left := self.run.left():
            if agents := self._agents_in(left):
                self._warn("agents", f"the command ended, waiting for {', '.join(agents)}")
            elif all(age_of_s(process) >= NEWBORN_S for process in left):
                return
            self.look()
            if self.run.pause(TICK_S):
                return

    def _agents_in(self, left: Iterable[psutil.Process]) -> list[str]:
        status = self.watch.latest or {"agents": []}
        known = {one["pid"]: one["agent"] for one in status["agents"]}
        names = [known.get(process.pid, name_of(process)) for process in left]
        return sorted(name for name in names if name in _AGENTS)

    def _warn(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self.warnings.append(text)
            self.say(text)


def guard(terms: Terms, dirs: Dirs, env: Mapping[str, str], say: Say) -> Ended:
    """Run a command under guard and return how it ended. `say` takes lines for the user.

    Raises CannotRun if there is no such command; DaemonDown or ConfigError where nothing could
    guard it and it is not to be run then.
    """
    guard_id = guard_id_within(env.get(MARK, ""), uuid4().hex[:12])
    began_s, since_us = time.monotonic(), time.time_ns() // 1000
    asked: Json = {
        "guard": guard_id,
        "pid": os.getpid(),
        "since_us": since_us,
        "budgets": [dict(one) for one in terms.budgets],
    }

    def ask(method: str, params: Mapping[str, object], timeout_s: float) -> Json:
        return wire.call(dirs.socket_path, method, params, timeout_s=timeout_s)

    def begin() -> None:
        start_in_background(dirs, env)
        ask("homes.add", {"homes": home_folders(env)}, ANSWER_S)
        ask("guard.start", asked, ANSWER_S)

    try:
        begin()
    except AicostError as error:
        if terms.fails_closed:
            raise
        say(error.render())
        say("nothing guards this run")
    with running(terms.argv, env, (MARK, guard_id)) as run:
        watch = Watch(ask, asked | {"child": run.pid}, begin, run.ring)
        watch.start()
        supervision = Supervision(run, watch, say)
        code = supervision.until_end()
        last = watch.last()
    return _ended(terms, code, supervision, last, (guard_id, time.monotonic() - began_s))


def _ended(
    terms: Terms, command: int, seen: Supervision, last: Json | None, named: tuple[str, float]
) -> Ended:
    """Sum up a run; `last` is what the daemon said at its end, None if it said nothing."""
    found = last or {}
    guard_id, duration_s = named
    reason = seen.interrupted or (found["reason"] if found.get("is_stopped") else "")
    code = exit_code(
        command,
        is_stopped=bool(reason),
        is_warned=found.get("is_warned", False),
        fails_on_warning=terms.fails_on_warning,
    )
    summary = {
        "schema": SCHEMA,
        "guard": guard_id,
        "command": PurePath(terms.argv[0]).name,  # never its arguments: a prompt is among them
        "exit_code": code,
        "command_exit_code": command,
        "stopped": bool(reason),
        "reason": reason,
        "budgets": found.get("budgets", []),
        "sessions": found.get("sessions", []),
        "requests": found.get("requests"),
        "tokens": found.get("tokens"),
        "cost_usd": found.get("cost_usd"),
        "unpriced_tokens": found.get("unpriced_tokens"),
        "hidden_at_least": found.get("hidden"),
        "complete": found.get("complete", False),
        "duration_s": round(duration_s, 3),
        "warnings": [*seen.warnings, *_warnings(last, seen.watch.trouble)],
    }
    return Ended(code, summary)


def _warnings(last: Json | None, trouble: AicostError | None) -> Iterable[str]:
    if last is None:
        yield f"nothing was counted: {trouble.what if trouble else 'the daemon said nothing'}"
        return
    if not last["sessions"]:
        yield "no agent was seen in this run: nothing was counted"
    if not last["complete"]:
        yield "not all that the run wrote could be read in time"
    if last["unpriced_tokens"]:
        yield f"{last['unpriced_tokens']} tokens are of models without a price, and cost $0 here"
    yield from (one["sentence"] for one in last["budgets"] if one["is_near"])
