"""The guard's own end: what it asks a daemon, what it does without one, how it sums up a run."""

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from lab.waiting import until

from aicost.core.errors import AicostError, DaemonDown
from aicost.core.guard import STOPPED, WARNED
from aicost.daemon import supervising
from aicost.daemon.supervising import Json, Supervision, Terms, Watch
from aicost.ipc.protocol import not_running
from aicost.platform.dirs import load_dirs
from aicost.platform.running import running

MARK = ("AICOST_TEST_RUN", "abcdef012345")
QUIET: Json = {
    "news": 1,
    "is_over": False,
    "interrupt": False,
    "reason": "the run's $1.00 used up",
    "is_stopped": False,
    "is_warned": False,
    "budgets": [],
    "agents": [],
    "sessions": [],
    "requests": 0,
    "tokens": 0,
    "cost_usd": 0.0,
    "unpriced_tokens": 0,
    "hidden": {"cost_usd": 0.0, "tokens": 0},
}
CLAUDE = {"agent": "claude", "pid": 1, "lacks_hooks": True}


class Daemon:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, *answers: Json | AicostError) -> None:
        self.answers = list(answers)
        self.asked = list[tuple[str, Json]]()

    def __call__(self, method: str, params: Mapping[str, object], timeout_s: float) -> Json:
        self.asked.append((method, dict(params)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, AicostError):
            raise answer
        return answer


def watching(daemon: Daemon, revive: Callable[[], object] = lambda: None) -> Watch:
    return Watch(daemon, {"guard": "g"}, revive, lambda: None)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TICK_S", "PAUSE_S"):
        monkeypatch.setattr(supervising, name, 0.001)


# Asking


def test_a_watch_tells_the_daemon_what_it_knows() -> None:
    daemon = Daemon(QUIET | {"sessions": ["s-1"], "news": 7})
    watch = watching(daemon)
    watch.start()
    until(lambda: len(daemon.asked) > 2, "questions")
    assert watch.last() == QUIET | {"sessions": ["s-1"], "news": 7}
    first, second, *_, last = daemon.asked
    wait_s = supervising.NEWS_S
    assert first == (
        "guard.status",
        {"guard": "g", "sessions": [], "wait_s": wait_s, "news": -1},
    )
    assert second == (
        "guard.status",
        {"guard": "g", "sessions": ["s-1"], "wait_s": wait_s, "news": 7},
    )
    assert last == ("guard.end", {"guard": "g", "sessions": ["s-1"]})


def test_a_daemon_that_went_away_is_started_again() -> None:
    revived = list[bool]()
    watch = watching(Daemon(QUIET, not_running(), QUIET), lambda: revived.append(True))
    watch.start()
    until(lambda: revived, "the start")
    until(lambda: watch.trouble is None, "the end of the trouble")
    watch.last()
    assert revived == [True]


def test_one_that_cannot_be_started_is_not_started_all_the_time() -> None:
    tries = list[bool]()

    def fail() -> None:
        tries.append(True)
        raise DaemonDown("the daemon does not start")

    daemon = Daemon(not_running())
    watch = watching(daemon, fail)
    watch.start()
    until(lambda: len(daemon.asked) > 5, "questions")
    assert watch.last() is None
    assert tries == [True]
    assert watch.trouble is not None


@pytest.mark.parametrize("trouble", [DaemonDown("it does not answer"), AicostError("a bug")])
def test_one_that_is_there_and_in_trouble_is_left_alone(trouble: AicostError) -> None:
    def fail() -> None:
        pytest.fail("it was started")

    daemon = Daemon(trouble, QUIET)
    watch = watching(daemon, fail)
    watch.start()
    until(lambda: watch.latest, "an answer")
    assert watch.last() == QUIET


def test_nobody_asks_any_more_after_the_end() -> None:
    daemon = Daemon(QUIET)
    watch = watching(daemon)
    watch.start()
    watch.last()
    assert daemon.asked[-1][0] == "guard.end"
    assert not [one for one in threading.enumerate() if one.name == "guard's watch"]


# Looking after a run


def supervised(
    status: Json | None, argv: list[str], trouble: AicostError | None = None
) -> tuple[Supervision, list[str], int]:
    """Let a run go to its end while the daemon says one thing all the time."""
    said = list[str]()
    watch = watching(Daemon(QUIET))
    watch.latest, watch.trouble = status, trouble
    with running(argv, os.environ, MARK) as run:
        seen = Supervision(run, watch, said.append)
        code = seen.until_end()
    return seen, said, code


def test_an_interrupt_ends_the_run_and_says_why() -> None:
    seen, said, code = supervised(QUIET | {"interrupt": True}, ["sleep", "600"])
    assert (seen.interrupted, code) == ("the run's $1.00 used up", 128 + 2)
    assert said == ["the run's $1.00 used up; stopping the run"]


def test_one_that_ended_by_itself_was_not_interrupted() -> None:
    said = list[str]()
    watch = watching(Daemon(QUIET))
    watch.latest = QUIET | {"interrupt": True}
    with running(["true"], os.environ, MARK) as run:
        assert run.wait(20) == 0
        seen = Supervision(run, watch, said.append)
        seen.look()
    assert seen.interrupted == ""
    assert said == []


def test_missing_hooks_are_said_once_for_each_agent() -> None:
    agents = [CLAUDE, CLAUDE | {"pid": 2}, CLAUDE | {"agent": "codex", "lacks_hooks": False}]
    seen, said, _ = supervised(QUIET | {"agents": agents}, ["sleep", "0.1"])
    (text,) = said
    assert text.startswith("the hooks of claude are not at work")
    assert text.endswith("aicost hooks install claude")
    assert seen.warnings == said


def test_a_daemon_in_trouble_is_said_once() -> None:
    _, said, _ = supervised(None, ["sleep", "0.1"], DaemonDown("no daemon is running"))
    assert said == ["nothing guards this run now: no daemon is running"]


def test_what_is_left_and_old_enough_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "NEWBORN_S", 0.0)
    seen, said, code = supervised(QUIET, ["sh", "-c", "sleep 600 & exit 3"])
    assert code == 3
    assert seen.warnings == said == ["ended what the command left running: sleep"]


# Summing up


def ended(
    command: int = 0,
    last: Json | None = QUIET | {"complete": True, "sessions": ["s-1"]},
    *,
    interrupted: str = "",
    fails_on_warning: bool = False,
    trouble: AicostError | None = None,
) -> supervising.Ended:
    watch = watching(Daemon(QUIET))
    watch.trouble = trouble
    run: Any = None
    seen = Supervision(run, watch, lambda _: None, interrupted=interrupted)
    terms = Terms(argv=["/usr/bin/agent", "a secret"], fails_on_warning=fails_on_warning)
    return supervising._ended(terms, command, seen, last, ("g", 1.23456))


def test_a_summary_has_all_that_is_known() -> None:
    budget = {"unit": "usd", "sentence": "$0.80 of $1.00", "is_near": True}
    last = QUIET | {
        "complete": True,
        "sessions": ["s-1"],
        "requests": 4,
        "tokens": 100,
        "cost_usd": 0.8,
        "budgets": [budget, budget | {"sentence": "little", "is_near": False}],
    }
    assert ended(3, last).summary == {
        "schema": 1,
        "guard": "g",
        "command": "agent",
        "exit_code": 3,
        "command_exit_code": 3,
        "stopped": False,
        "reason": "",
        "budgets": last["budgets"],
        "sessions": ["s-1"],
        "requests": 4,
        "tokens": 100,
        "cost_usd": 0.8,
        "unpriced_tokens": 0,
        "hidden_at_least": {"cost_usd": 0.0, "tokens": 0},
        "complete": True,
        "duration_s": 1.235,
        "warnings": ["$0.80 of $1.00"],
    }


def test_what_nobody_counted_is_unknown_not_nothing() -> None:
    found = ended(0, None, trouble=not_running()).summary
    for name in ("requests", "tokens", "cost_usd", "unpriced_tokens", "hidden_at_least"):
        assert found[name] is None
    assert found["complete"] is False
    assert found["warnings"] == ["nothing was counted: no daemon is running"]


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"sessions": []}, "no agent was seen in this run: nothing was counted"),
        ({"complete": False}, "not all that the run wrote could be read in time"),
        ({"unpriced_tokens": 5}, "5 tokens are of models without a price, and cost $0 here"),
    ],
)
def test_what_makes_a_figure_doubtful_is_said(changes: Json, warning: str) -> None:
    plain = QUIET | {"complete": True, "sessions": ["s-1"]}
    assert ended(0, plain).summary["warnings"] == []
    assert ended(0, plain | changes).summary["warnings"] == [warning]


@pytest.mark.parametrize(
    ("interrupted", "is_stopped", "reason"),
    [
        ("", False, ""),
        ("by us", False, "by us"),
        ("", True, "the run's $1.00 used up"),
        ("by us", True, "by us"),
    ],
)
def test_a_stop_is_one_by_a_hook_or_by_a_signal(
    interrupted: str, is_stopped: bool, reason: str
) -> None:
    last = QUIET | {"complete": True, "sessions": ["s-1"], "is_stopped": is_stopped}
    found = ended(0, last, interrupted=interrupted)
    assert (found.summary["stopped"], found.summary["reason"]) == (bool(reason), reason)
    assert found.exit_code == found.summary["exit_code"] == (STOPPED if reason else 0)
    assert found.summary["command_exit_code"] == 0


def test_a_warning_fails_a_run_only_where_it_is_asked_for() -> None:
    last = QUIET | {"complete": True, "sessions": ["s-1"], "is_warned": True}
    assert ended(0, last).exit_code == 0
    assert ended(0, last, fails_on_warning=True).exit_code == WARNED
    assert ended(7, last, fails_on_warning=True).exit_code == 7


# The whole, with a daemon that is only told of


def test_a_guard_without_a_daemon_runs_the_command_or_does_not(
    monkeypatch: pytest.MonkeyPatch, home: Any
) -> None:
    def fail(*_: object) -> bool:
        raise DaemonDown("the daemon does not start", hint="aicost daemon run")

    monkeypatch.setattr(supervising, "start_in_background", fail)
    dirs, said = load_dirs(os.environ), list[str]()
    found = supervising.guard(Terms(argv=["sh", "-c", "exit 5"]), dirs, os.environ, said.append)
    assert found.exit_code == 5
    assert said[0].startswith("aicost: the daemon does not start")
    assert said[1] == "nothing guards this run"
    closed = Terms(argv=["touch", str(home / "it-ran")], fails_closed=True)
    with pytest.raises(DaemonDown):
        supervising.guard(closed, dirs, os.environ, said.append)
    assert not (home / "it-ran").exists()
