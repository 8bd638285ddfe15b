"""A clock that is set, forth or back: no line is lost, and no screen breaks."""

import asyncio
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOW
from claude_logs import TOO_LATE_S, append, call_line, eventually, log_of
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import BOOK, content, opened, read_everything
from watchdog.observers.api import BaseObserver

from aicost.core.days import LocalDays
from aicost.core.session import Running
from aicost.daemon.answers import Coverage, Question, view
from aicost.daemon.service import Service
from aicost.daemon.setup import load_setup
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs
from aicost_tui.once import render_once

RUN = count()
MOMENTS_NS = st.integers(0, 4_000_000_000 * 10**9)  # of a file's last change: 1970 to 2096


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clock")


@settings(max_examples=25)
@given(st.lists(st.tuples(MOMENTS_NS, st.booleans()), min_size=1, max_size=6))
def test_what_is_appended_is_read_whenever_the_file_says_it_changed(
    folder: Path, changes: list[tuple[int, bool]]
) -> None:
    """Also where the clock was set between two starts."""
    place = folder / str(next(RUN))
    log = log_of(place / "home")
    for number, (at_ns, is_new_start) in enumerate(changes):
        append(log, call_line(f"msg_{number}"))
        os.utime(log, ns=(at_ns, at_ns))
        with opened(place / "ledger", [place / "home"]) as engine:
            for _ in range(2 if is_new_start else 1):
                read_everything(engine)
            assert len(content(engine.ledger.db)["calls"]) == number + 1
            assert engine.survey().is_complete


@given(st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_view_of_any_moment_can_be_built_and_drawn(folder: Path, now: datetime) -> None:
    """Calls that lie ahead were made before the clock was set back."""
    zone = ZoneInfo("UTC")
    with opened(folder / "views", [folder / "logs"]) as engine:
        if not engine.survey().files:
            for hours in (-2, 0, 2):
                append(
                    log_of(folder / "logs"), call_line(f"{hours}", at=NOW + timedelta(hours=hours))
                )
        read_everything(engine)
        question = Question(engine.ledger.db, BOOK, zone, now)
        found = view(question, Running(), LocalDays(zone), Coverage((), 1, None))
    (session,) = found.sessions
    assert session.requests == 3
    assert found.burn.tokens_per_minute >= 0
    assert (found.today.requests > 0) == (found.day == NOW.date().isoformat())
    (line,) = (line for line in render_once(found, 140, False).splitlines() if "shop" in line)
    assert re.fullmatch(r"now|\d{1,3}[smhd]", line.split()[-1])


# A whole daemon


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the clock back and forth at every look at it, by up to two days."""
    real, real_ns, jumps = time.time, time.time_ns, count()

    def offset_s() -> int:
        return (0, -3600, 86_400, -172_800)[next(jumps) % 4]

    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() + offset_s())
        patch.setattr(time, "time_ns", lambda: real_ns() + offset_s() * 10**9)
        yield


@pytest.mark.parametrize("is_watched", [True, False])
async def test_a_daemon_follows_while_the_clock_jumps(
    dirs: Dirs, home: Path, jumping: None, monkeypatch: pytest.MonkeyPatch, is_watched: bool
) -> None:
    if not is_watched:
        monkeypatch.setattr(BaseObserver, "schedule", no_space)
    log = append(log_of(home / ".claude"), call_line("msg_0"))
    service, ready = Service(load_setup(dirs, os.environ)), asyncio.Event()
    running = asyncio.create_task(service.run(ready.set))
    try:
        await asyncio.wait_for(ready.wait(), TOO_LATE_S)
        for number in range(1, 3):
            append(log, call_line(f"msg_{number}"))
            await eventually(partial(has_read, service, number + 1), "the call")
        status = await asyncio.to_thread(
            wire.call, dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S
        )
        assert 0 <= status["lag_s"] < TOO_LATE_S
        assert status["uptime_s"] >= 0
        assert bool(status["unwatched"]) is not is_watched
    finally:
        service.stop()
        await asyncio.wait_for(running, TOO_LATE_S)


def no_space(*_: object, **__: object) -> None:
    raise OSError(28, "inotify watch limit reached")


def has_read(service: Service, calls: int) -> bool:
    return bool(service._db.execute("SELECT count(*) FROM call").fetchone() == (calls,))
