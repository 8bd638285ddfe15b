"""`aicost daemon`, for real: start, look, stop; each twice does no harm."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import aicost, write_log

from aicost import __version__
from aicost.cli.daemon import _as_text, _span


@pytest.fixture
def _stopped() -> Iterator[None]:
    """End the test's own daemon, however the test ended."""
    yield
    aicost("daemon", "stop")


@pytest.mark.usefixtures("_stopped")
def test_it_starts_answers_and_stops(home: Path) -> None:
    write_log(home)
    assert aicost("daemon", "start").stderr == "daemon started\n"
    assert aicost("daemon", "start").stderr == "the daemon is already running\n"
    status = json.loads(aicost("daemon", "status", "--json").stdout)
    assert status["version"] == __version__
    assert json.loads(aicost("report", "--json").stdout)["total"]["requests"] == 2
    text = aicost("daemon", "status").stdout
    assert f"pid            {status['pid']}" in text
    assert aicost("daemon", "restart").stderr == "daemon stopped\ndaemon started\n"
    again = json.loads(aicost("daemon", "status", "--json").stdout)
    assert again["pid"] != status["pid"]
    assert aicost("daemon", "stop").stderr == "daemon stopped\n"
    assert aicost("daemon", "stop").stderr == "no daemon is running\n"
    assert not (home / ".aicost" / "run" / "daemon.sock").exists()


def test_the_status_of_no_daemon_is_an_error_with_a_way_on() -> None:
    ended = aicost("daemon", "status")
    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr == "aicost: no daemon is running\n   try: aicost daemon start\n"


@pytest.mark.usefixtures("_stopped")
def test_a_second_daemon_ends_with_words() -> None:
    assert aicost("daemon", "start").returncode == 0
    ended = aicost("daemon", "run")
    assert ended.returncode == 4
    assert "in use by daemon" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m 59s"),
        (3600, "1h"),
        (90_061, "1d 1h"),
    ],
)
def test_spans_are_two_units_at_most(seconds: float, text: str) -> None:
    assert _span(seconds) == text


def found(**changes: Any) -> dict[str, Any]:
    """Return what a daemon tells of itself."""
    fields: dict[str, Any] = {
        "version": "1",
        "pid": 1,
        "uptime_s": 10.0,
        "homes": [],
        "unwatched": {},
        "trouble": "",
        "unreadable": [],
        "log_files": 1_000,
        "log_bytes": 2_500_000,
        "pending_bytes": 0,
        "lag_s": 0.012,
        "rss_bytes": 40_000_000,
        "cpu_s": 0.5,
        "skipped_lines": 3,
        "timezone": "UTC",
        "price_book": "b",
        "ledger": "/data/ledger.db",
        "damaged_ledgers": [],
        "subscribers": 0,
    }
    return fields | changes


def test_folders_that_cannot_be_watched_are_named() -> None:
    text = _as_text(found(unwatched={"/srv/nfs": "no inotify"}), 1_000_000_000.0)
    assert "polling 1      /srv/nfs (no inotify)" in text
    assert "1,000 files, 2.5 MB" in text
    assert "0.5 s, 5.0% of a core" in text
    assert "watching       nothing" in text
    assert "12 ms from hearing of a log line to the ledger" in text
    assert "trouble" not in text
    assert "unreadable" not in text


def test_damaged_ledgers_are_named() -> None:
    kept = ["/data/ledger.db.corrupt-1", "/data/ledger.db.corrupt-2"]
    text = _as_text(found(damaged_ledgers=kept), 1_000_000_000.0)
    assert "damaged ledger 1  kept as /data/ledger.db.corrupt-1; made anew from the logs" in text
    assert "damaged ledger 2  kept as /data/ledger.db.corrupt-2;" in text
    assert "damaged" not in _as_text(found(), 1_000_000_000.0)


def test_what_keeps_the_daemon_from_reading_is_told() -> None:
    files = [f"/home/ada/.claude/projects/{number}\x1b[2J.jsonl" for number in range(1_000)]
    text = _as_text(found(trouble="the disk is full", unreadable=files), 1_000_000_000.0)
    assert "trouble           the disk is full; trying again, nothing is lost" in text
    assert "unreadable files  1,000" in text
    assert "unreadable 5      /home/ada/.claude/projects/4.jsonl" in text
    assert "unreadable 6" not in text
    assert "\x1b" not in text


def test_folders_that_cannot_be_read_are_called_so() -> None:
    both = found(unreadable=["/logs/a.jsonl", "/logs/p"], unreadable_folders=["/logs/p"])
    text = _as_text(both, 1_000_000_000.0)
    assert "unreadable files    1\n" in text
    assert "unreadable folders  1\n" in text
    assert "unreadable 1        /logs/a.jsonl\n" in text
    assert "unreadable 2        folder /logs/p" in text
    alone = _as_text(found(unreadable=["/p"], unreadable_folders=["/p"]), 1_000_000_000.0)
    assert "unreadable files" not in alone


@pytest.mark.parametrize("width", [40, 60, 80])
def test_long_lines_go_on_below_their_beginning(width: int) -> None:
    homes = [f"/home/ada/work{number}/.claude" for number in range(9)]
    wide = _as_text(found(homes=homes), 1_000_000_000.0)
    assert f"watching       {', '.join(homes)}\n" in wide
    lines = _as_text(found(homes=homes), 1_000_000_000.0, width).splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == " ".join(wide.split())
    at = next(n for n, line in enumerate(lines) if line.startswith("watching"))
    assert lines[at + 1].startswith(f"{'':15}/home/ada/work")


@pytest.mark.parametrize("command", [("daemon", "start"), ("top", "--once")], ids=" ".join)
@pytest.mark.parametrize("file", ["config.toml", "prices.toml"])
def test_what_the_user_can_mend_is_said_as_any_command_says_it(
    home: Path, file: str, command: tuple[str, str]
) -> None:
    (home / ".aicost").mkdir()
    (home / ".aicost" / file).write_text("nothing = [")
    ended = aicost(*command)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == aicost("report").stderr
