"""The recorded day: what it holds, and how it is played."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOW
from lab.demo_story import STORIES
from ledgers import opened, read_everything

from aicost.daemon.live import read_live
from aicost.demo.player import EARLIER_DAYS, Line, Player, earlier, load_recording
from aicost.store.dashboard import session_ids

TOO_LATE_S = 20.0


def line(at_s: float, session_id: str = "s-1", cwd: str = "/src/shop") -> Line:
    return Line(at_s, session_id, cwd, {"type": "assistant", "sessionId": session_id, "cwd": cwd})


def written(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the records of each log, by session id."""
    return {
        log.stem: [json.loads(raw) for raw in log.read_text().splitlines()]
        for log in sorted(home.glob("projects/*/*.jsonl"))
    }


def states(home: Path) -> dict[str, str]:
    return {name: found.state for name, found in read_live([str(home)]).sessions.items()}


class Clock(threading.Event):
    """An event that is never set, and notes how long one waited for it."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__()
        self.waited_s = list[float]()
        self._stop_after = stop_after

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waited_s.append(timeout)
        return len(self.waited_s) == self._stop_after


# The recording


def test_the_recording_is_a_day_with_more_to_come() -> None:
    lines = load_recording()
    times = [found.at_s for found in lines]
    assert times == sorted(times)
    assert times[0] < -3600 < 0 < times[-1]
    assert len({found.session_id for found in lines}) >= 4


def test_the_recording_holds_no_text_but_the_made_up_story() -> None:
    """And no field besides those that are counted."""
    known = {"type", "uuid", "isSidechain", "message", "sessionId", "cwd", "gitBranch", "version"}
    known |= {"agentId", "requestId", "parentUuid"}
    prompts = {prompt for story in STORIES.values() for prompt, _ in story.prompts}
    tools = set[str]()
    for found in load_recording():
        assert set(found.content) <= known
        message = found.content["message"]
        assert set(message) <= {"role", "content", "id", "model", "usage"}
        assert found.cwd.startswith("/home/dev/")
        content = message.get("content", [])
        if isinstance(content, str):
            assert content in prompts
            continue
        for block in content:
            tools.add(block.get("name", block["type"]))
            assert set(block) <= {
                "type", "id", "name", "input", "tool_use_id", "content", "is_error", "text"
            }  # fmt: skip
            path = block.get("input", {}).get("file_path", "/home/dev/")
            assert path.startswith("/home/dev/")
    assert tools == {"Bash", "Edit", "Grep", "Read", "text", "tool_result"}


def test_every_result_comes_between_its_call_and_the_next() -> None:
    asked = dict[str, float]()
    for found in load_recording():
        content = found.content["message"].get("content", [])
        for block in content if isinstance(content, list) else []:
            if block["type"] == "tool_use":
                asked[block["id"]] = found.at_s
            elif block["type"] == "tool_result":
                assert asked.pop(block["tool_use_id"]) <= found.at_s
    assert not asked


def test_earlier_days_are_the_same_each_time_and_before_today(tmp_path: Path) -> None:
    lines = load_recording()
    days = list(earlier(lines, NOW))
    assert days == list(earlier(lines, NOW))
    assert {found.content["message"]["id"] for found in days}.isdisjoint(
        found.content["message"].get("id") for found in lines
    )
    assert all(found.at_s < -12 * 3600 for found in days)
    assert len({found.session_id for found in days}) > 100
    Player(lines, tmp_path, NOW).write_earlier()
    logs = written(tmp_path)
    assert sum(map(len, logs.values())) == len(days)
    assert min(datetime.fromisoformat(log[0]["timestamp"]) for log in logs.values()) < (
        NOW - timedelta(days=EARLIER_DAYS - 14)
    )


def test_the_recording_is_read_without_a_broken_line(home: Path) -> None:
    logs = home / ".claude"
    lines = load_recording()
    Player(lines, logs, datetime.now(UTC)).write_past()
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
        known = session_ids(engine.ledger.db)
        (calls,) = engine.ledger.db.execute("SELECT count(*) FROM call").fetchone()
        (broken,) = engine.ledger.db.execute("SELECT sum(broken_lines) FROM log_file").fetchone()
        (unpriced,) = engine.ledger.db.execute(
            "SELECT count(*) FROM call WHERE cost_nusd IS NULL"
        ).fetchone()
    assert len(known) == len({found.session_id for found in lines if found.at_s <= 0})
    assert calls > 100
    assert (broken, unpriced) == (0, 0)


# Playing


def test_the_past_is_written_at_once_with_times_before_now(tmp_path: Path) -> None:
    lines = [line(-60), line(-1, "s-2", "/src/api"), line(0), line(0.001)]
    Player(lines, tmp_path, NOW).write_past()
    assert {name: len(records) for name, records in written(tmp_path).items()} == {
        "s-1": 2,
        "s-2": 1,
    }
    first, last = written(tmp_path)["s-1"]
    assert datetime.fromisoformat(first["timestamp"]) == NOW - timedelta(minutes=1)
    assert datetime.fromisoformat(last["timestamp"]) == NOW
    assert (tmp_path / "projects" / "-src-api" / "s-2.jsonl").exists()


def test_sessions_that_go_on_are_running(tmp_path: Path) -> None:
    lines = [line(-60, "over"), line(-60, "goes on"), line(5, "goes on"), line(9, "comes")]
    Player(lines, tmp_path, datetime.now(UTC)).write_past()
    assert states(tmp_path) == {"goes on": "busy", "comes": "busy"}
    assert {found.pid for found in read_live([str(tmp_path)]).sessions.values()} == {os.getpid()}


def test_the_rest_is_written_in_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = Player([line(-60), line(2), line(2.5, "s-2"), line(10)], tmp_path, datetime.now(UTC))
    clock = Clock()
    monkeypatch.setattr(player, "_done", clock)
    player.write_past()
    player.play()
    assert clock.waited_s == [2, 0.5, 7.5]
    assert {name: len(records) for name, records in written(tmp_path).items()} == {
        "s-1": 3,
        "s-2": 1,
    }
    assert states(tmp_path) == {"s-1": "waiting", "s-2": "waiting"}


def test_a_session_waits_after_its_last_line_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = Player([line(1), line(2)], tmp_path, datetime.now(UTC))
    monkeypatch.setattr(player, "_done", Clock(stop_after=2))
    player.write_past()
    player.play()
    assert len(written(tmp_path)["s-1"]) == 1
    assert states(tmp_path) == {"s-1": "busy"}


def test_stopping_ends_the_play_at_once(tmp_path: Path) -> None:
    player = Player([line(-1), line(10_000)], tmp_path, NOW)
    playing = threading.Thread(target=player.play)
    playing.start()
    player.stop()
    playing.join(TOO_LATE_S)
    assert not playing.is_alive()
    assert written(tmp_path) == {}
