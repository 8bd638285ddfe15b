"""What a session is to act on, and the order in which its agent may be stopped."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from log_builders import BOOK, at, calls_read, event, recorded, user_line
from log_builders import file_read as lines_read

from aicost.core.at_hand import AgentProcess, SessionAtHand
from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession, Running
from aicost.daemon import acting
from aicost.daemon.acting import FORGET_S, LEAST_WAIT_S, Access, Acting
from aicost.daemon.answers import Question
from aicost.store.ledger import Ledger

LIVE = LiveSession(
    session_id="s-1", pid=4411, state="busy", cwd="/src/shop", started_at=at(0), version="1",
    entrypoint="cli",
)  # fmt: skip


class Desk:
    """The methods on one ledger, with a clock that a test sets and signals that go nowhere."""

    def __init__(self, ledger: Ledger | None, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger, self.now_s = ledger, 100.0
        self.running: dict[str, LiveSession] = {"s-1": LIVE}
        self.sent: list[tuple[int, str, signal.Signals]] = []
        self._methods = Acting(
            Access(self.moment, self.query, self.live, lambda: self.now_s)
        ).methods
        monkeypatch.setattr(acting, "process_of", self.process_of)
        monkeypatch.setattr(acting, "send_to_agent", self.send)

    def process_of(self, live: LiveSession) -> AgentProcess:
        return AgentProcess(pid=live.pid, mark="77", command=("claude",))

    def send(self, live: LiveSession, mark: str, number: signal.Signals) -> AgentProcess:
        self.sent.append((live.pid, mark, number))
        return self.process_of(live)

    def moment(self) -> Question:
        assert self.ledger is not None
        return Question(db=self.ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=at(60))

    async def query(self, question: Callable[[], SessionAtHand]) -> SessionAtHand:
        return question()

    async def live(self) -> Running:
        return Running(sessions=self.running)

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        async def notify(_: Mapping[str, object]) -> None:
            raise AssertionError

        said = msgspec.json.encode(await self._methods[method](params, notify))  # as on the wire
        return cast("dict[str, Any]", msgspec.json.decode(said))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(None, monkeypatch)


async def test_a_session_is_at_hand_with_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(lines_read(user_line("t-1")), calls_read(event(1, cwd="/src/shop"))) as ledger:
        found = await Desk(ledger, monkeypatch).ask("session.hand", session="s-1", agent="claude")
    assert found["process"]["pid"] == 4411
    assert found["turn"]["turn_id"] == "t-1"
    assert found["resume"].startswith("cd /src/shop && ")
    assert found["resume"].endswith("claude --resume s-1")


async def test_a_session_that_ended_has_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(calls_read(event(1))) as ledger:
        desk = Desk(ledger, monkeypatch)
        desk.running = {}
        found = await desk.ask("session.hand", session="s-1", agent="claude")
    assert found["process"] is None


async def test_one_that_has_made_no_call_is_resumed_in_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with recorded(calls_read(event(1))) as ledger:
        desk = Desk(ledger, monkeypatch)
        desk.running = {"s-9": LIVE}
        found = await desk.ask("session.hand", session="s-9", agent="claude")
    assert (found["turn"], found["transcript"]) == (None, "")
    assert found["resume"] == "cd /src/shop && claude --resume s-9"  # no log names a home


async def test_an_agent_is_interrupted_first_and_ended_only_later(desk: Desk) -> None:
    asked = {"session": "s-1", "mark": "77"}
    with pytest.raises(ConfigError, match="interrupted first"):
        await desk.ask("session.interrupt", step="end", **asked)
    said = await desk.ask("session.interrupt", step="interrupt", **asked)
    assert said == {"sent": "SIGINT", "pid": 4411}
    desk.now_s += LEAST_WAIT_S - 0.1
    with pytest.raises(ConfigError, match="interrupted first"):
        await desk.ask("session.interrupt", step="end", **asked)
    desk.now_s += 0.1
    with pytest.raises(ConfigError, match="interrupted first"):  # not this process
        await desk.ask("session.interrupt", step="end", session="s-1", mark="78")
    assert (await desk.ask("session.interrupt", step="end", **asked))["sent"] == "SIGTERM"
    assert desk.sent == [(4411, "77", signal.SIGINT), (4411, "77", signal.SIGTERM)]


async def test_each_agent_is_ended_after_its_own_interrupt(desk: Desk) -> None:
    desk.running["s-2"] = replace(LIVE, session_id="s-2", pid=4412)
    first, second = {"session": "s-1", "mark": "77"}, {"session": "s-2", "mark": "77"}
    await desk.ask("session.interrupt", step="interrupt", **first)
    desk.now_s += LEAST_WAIT_S
    with pytest.raises(ConfigError, match="interrupted first"):  # begun in the same moment
        await desk.ask("session.interrupt", step="end", **second)
    await desk.ask("session.interrupt", step="interrupt", **second)
    assert (await desk.ask("session.interrupt", step="end", **first))["sent"] == "SIGTERM"


async def test_an_interrupt_of_long_ago_does_not_count(desk: Desk) -> None:
    desk.running["s-2"] = replace(LIVE, session_id="s-2", pid=4412)
    await desk.ask("session.interrupt", step="interrupt", session="s-1", mark="77")
    desk.now_s += FORGET_S
    await desk.ask("session.interrupt", step="interrupt", session="s-2", mark="77")
    with pytest.raises(ConfigError, match="interrupted first"):
        await desk.ask("session.interrupt", step="end", session="s-1", mark="77")


async def test_a_session_that_no_process_has_open_cannot_be_interrupted(desk: Desk) -> None:
    desk.running = {}
    with pytest.raises(ConfigError, match="no process has this session open"):
        await desk.ask("session.interrupt", session="s-1", mark="77", step="interrupt")
    assert desk.sent == []


@pytest.mark.parametrize("params", [{}, {"session": "s-1", "mark": "7", "step": "kill"}])
async def test_what_cannot_be_asked_is_an_error(desk: Desk, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="cannot be asked"):
        await desk.ask("session.interrupt", **params)
