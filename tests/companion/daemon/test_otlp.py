"""The component: silent without a receiver, never waited for, and a word where it cannot tell."""

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from claude_logs import TOO_LATE_S, append, call_line, eventually, log_of, prompt_line
from commands import aicost
from log_builders import calls_read, event, flat_book
from otlp_receivers import Heard, receiving

from aicost.core.errors import ConfigError
from aicost.core.live_counters import Receiver
from aicost.daemon import otlp
from aicost.daemon.otlp import LiveCounters, Rests, check_packages
from aicost.platform.dirs import load_dirs
from aicost.store.ledger import Ledger

OUTPUT = "gen_ai.client.inference.usage.output_tokens"
START = datetime(2026, 11, 22, 10, tzinfo=UTC)
AT_ONCE = Rests(rest_s=0.005, answer_s=0.5, last_s=0.05)
MODEL = "claude-opus-4-5"


@pytest.fixture
def heard() -> Iterator[Heard]:
    with receiving() as found:
        yield found


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A ledger with a call of before the daemon began."""
    file, book = load_dirs(os.environ).ledger_file, flat_book("4", MODEL)
    with Ledger(file, book=book, zone=ZoneInfo("UTC")) as found:
        record(found, 1, minutes=-1)
        yield found


def record(ledger: Ledger, number: int, minutes: float = 1) -> None:
    at = START + timedelta(minutes=minutes)
    ledger.record([calls_read(event(number, at=at, model=MODEL))])


def counters(receiver: Receiver | None, rests: Rests = AT_ONCE) -> LiveCounters:
    return LiveCounters(load_dirs(os.environ).ledger_file, receiver, rests, now=lambda: START)


@asynccontextmanager
async def running(ours: LiveCounters) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(ours.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=TOO_LATE_S)
    assert task.cancelled() or task.exception() is None


def outputs(heard: Heard) -> list[float]:
    """Return the output tokens that the receiver was told, one by one."""
    return [
        sum(heard.values(OUTPUT, at).values()) for at in range(len(heard.told))
    ]  # (a list that grows meanwhile)


def last(heard: Heard, value: float) -> Callable[[], bool]:
    return lambda: bool(heard.told) and outputs(heard)[-1] == value


async def test_without_a_receiver_it_is_done_at_once(ledger: Ledger) -> None:
    await asyncio.wait_for(counters(None).run(), TOO_LATE_S)


async def test_what_was_used_since_the_start_is_told_as_it_grows(
    ledger: Ledger, heard: Heard
) -> None:
    async with running(counters(Receiver(heard.url))):
        record(ledger, 2)
        await eventually(last(heard, 10), "the first call")
        record(ledger, 3)
        await eventually(last(heard, 20), "the second")
    assert outputs(heard) == sorted(outputs(heard))
    assert set(heard.resource()) == {"service.name", "service.instance.id"}


async def test_deltas_add_up_to_what_was_used(ledger: Ledger, heard: Heard) -> None:
    async with running(counters(Receiver(heard.url, "delta"))):
        for number in (2, 3, 4):
            record(ledger, number)
            await eventually(lambda n=number: sum(outputs(heard)) == 10 * (n - 1), "a call")  # type: ignore[misc]


async def test_each_run_is_a_sender_of_its_own(ledger: Ledger, heard: Heard) -> None:
    """Two daemons that tell one receiver of the same model must not be one counter."""
    record(ledger, 2)
    names = set()
    for _ in range(2):
        told = len(heard.told)
        async with running(counters(Receiver(heard.url))):
            await eventually(lambda t=told: len(heard.told) > t, "a round")  # type: ignore[misc]
        names.add(heard.resource()["service.instance.id"])
    assert len(names) == 2


async def test_the_last_minute_is_told_at_the_end(ledger: Ledger, heard: Heard) -> None:
    rests = Rests(rest_s=3600, last_s=TOO_LATE_S)
    async with running(counters(Receiver(heard.url), rests)):
        await asyncio.sleep(0)
        record(ledger, 2)
    assert outputs(heard) == [10]


async def test_a_receiver_that_is_down_is_said_once_and_told_all_later(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    ours = counters(Receiver(url))
    caplog.set_level(logging.INFO)
    async with running(ours):
        record(ledger, 2)
        await eventually(lambda: ours.trouble, "the trouble")
        assert ours.trouble == f"{url} does not take counters"
        record(ledger, 3)
        with receiving(port) as heard:
            await eventually(lambda: not ours.trouble, "the end of the trouble")
            await eventually(last(heard, 20), "all of it")
        said = [one.getMessage() for one in caplog.records]
        assert said[:2] == [
            f"live counters: {url} does not take counters",
            f"live counters: {url} takes them again",
        ]


async def test_a_receiver_that_hangs_holds_up_neither_the_daemon_nor_its_end(
    ledger: Ledger, heard: Heard
) -> None:
    heard.held = threading.Event()
    ours = counters(Receiver(heard.url), Rests(rest_s=0.005, answer_s=60, last_s=0.05))
    try:
        async with running(ours):
            record(ledger, 2)
            await eventually(heard.asked.is_set, "the question")
            longest_s = 0.0
            for _ in range(50):
                before_s = time.monotonic()
                await asyncio.sleep(0)
                longest_s = max(longest_s, time.monotonic() - before_s)
            assert longest_s < 1
            ended_s = time.monotonic()
        assert time.monotonic() - ended_s < 5  # of the 60 that the receiver would be waited for
    finally:
        heard.held.set()


async def test_a_ledger_that_cannot_be_read_is_a_trouble_not_the_end(heard: Heard) -> None:
    ours = counters(Receiver(heard.url))
    async with running(ours) as task:
        await eventually(lambda: ours.trouble, "the trouble")
        assert not task.done()
    assert heard.wire == []


async def test_without_the_packages_it_says_which_command_installs_them(
    ledger: Ledger, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "find_spec", lambda _name: None)
    ours = counters(Receiver(heard.url))
    await asyncio.wait_for(ours.run(), TOO_LATE_S)
    assert ours.trouble == (
        "the packages for live counters are not installed; try: pipx install --force 'aicost[otlp]'"
    )
    assert heard.wire == []


def test_the_packages_are_looked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    check_packages()

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(otlp, "find_spec", missing)
    with pytest.raises(ConfigError, match="are not installed") as caught:
        check_packages()
    assert caught.value.hint == "pipx install --force 'aicost[otlp]'"


async def test_packages_in_parts_are_a_trouble(
    ledger: Ledger, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aicost.sync.otlp", None)
    ours = counters(Receiver(heard.url))
    async with running(ours) as task:
        await eventually(lambda: ours.trouble, "the trouble")
        assert ours.trouble.startswith("OpenTelemetry cannot be used (")
        assert not task.done()


def test_a_real_daemon_tells_counts_and_no_word_of_the_log(home: Path, heard: Heard) -> None:
    """Told at its end, with a call of a public model and one of a model with a name of its own."""
    canary = "canary7d2"
    assert aicost("config", "set", "otlp.endpoint", heard.url).returncode == 0
    assert aicost("daemon", "start").returncode == 0
    try:
        log = log_of(home / ".claude", session=f"s-{canary}", project=f"-src-{canary}")
        now = datetime.now(UTC)
        words: dict[str, Any] = {
            "cwd": f"/src/{canary}",
            "gitBranch": canary,
            "session": f"s-{canary}",
            "at": now,
        }
        append(
            log,
            prompt_line(f"t-{canary}", session=f"s-{canary}", at=now, text=canary),
            call_line(f"msg_1{canary}", model=MODEL, **words),
            call_line(f"msg_2{canary}", model=f"acme-{canary}", **words),
        )
        report = aicost("report")
        assert report.returncode == 0, report.stderr
    finally:
        ended = aicost("daemon", "stop")
    assert ended.returncode == 0, ended.stderr
    assert {
        dict(labels)["gen_ai.request.model"]: value
        for labels, value in heard.values(OUTPUT).items()
    } == {MODEL: 9, "other": 9}
    assert heard.wire
    for secret in (canary, str(home)):
        assert not any(secret.encode() in part for part in heard.wire)
