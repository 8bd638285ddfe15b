"""The badges as prompts meet them: a real daemon, logs as they are written, shells on terminals."""

import asyncio
import json
import os
import stat
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claude_logs import append, call_line, eventually, log_of, register
from gates import Daemon, budgets_toml, gated, output_of
from lab.waiting import until
from on_terminals import on_terminal

from aicost.core.badge import FIELDS, repo_file
from aicost.daemon import badges as component
from aicost.daemon.lifecycle import start_in_background
from aicost.ipc import wire
from aicost.platform.dirs import load_dirs
from aicost.platform.shells import shell_of

BASH = ("bash", "--norc", "--noprofile", "-i")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a daemon look around more often than it does."""
    monkeypatch.setattr(component, "QUIET_S", 0.05)
    monkeypatch.setattr(component, "FULL_S", 0.1)


def checkout(top: Path, remote: str = "") -> Path:
    git = top / ".git"
    git.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if remote:
        (git / "config").write_text(f'[remote "origin"]\n\turl = https://github.com/{remote}\n')
    return top


def folder() -> Path:
    return load_dirs(os.environ).run_dir / "badge"


def badge(name: str) -> dict[str, str]:
    """Return the fields of a file, {} for none."""
    try:
        line = (folder() / name).read_text()
    except FileNotFoundError:
        return {}
    assert line.endswith("\n")
    return dict(zip(FIELDS, line[:-1].split("\t"), strict=True))


def repo(top: Path) -> str:
    return f"repo/{repo_file(str(top))}"


def files() -> set[str]:
    return {path.relative_to(folder()).as_posix() for path in folder().rglob("*") if path.is_file()}


async def shows(name: str, **fields: str) -> None:
    await eventually(
        lambda: (found := badge(name)) and {**found, **fields} == found, f"{name}: {fields}"
    )


def spend(
    daemon: Daemon, usd: float, session: str = "s-1", number: int = 1, **changes: Any
) -> None:
    """Write a call into the session's log."""
    changes = {"at": datetime.now(UTC), "tokens": output_of(usd)} | changes
    line = call_line(f"msg_{session}_{number}", session, **changes)
    append(log_of(daemon.logs, session), line)


# Today, and where


async def test_where_nothing_ran_today_there_is_no_badge() -> None:
    async with gated() as daemon:
        await eventually(lambda: "alive" in files(), "the daemon's word")
        spend(daemon, 3, at=datetime.now(UTC) - timedelta(days=2))
        spend(daemon, 1, number=2, session="s-2")
        await shows("today", cost="$1.00")
        pid, epoch_s = (folder() / "alive").read_text().split()
        assert int(pid) == os.getpid()
        assert abs(int(epoch_s) - time.time()) < 10
        assert files() == {"alive", "today"}


async def test_a_line_is_in_the_badge_within_half_a_second() -> None:
    took_s = list[float]()
    async with gated() as daemon:
        spend(daemon, 1)
        await shows("today", cost="$1.00")
        for number in range(2, 9):
            begin = time.monotonic()
            spend(daemon, 1, number=number)
            await shows("today", cost=f"${number}.00")
            took_s.append(time.monotonic() - begin)
    assert statistics.median(took_s) < 0.5


async def test_only_the_user_reads_the_files_and_none_is_left_in_the_end() -> None:
    async with gated() as daemon:
        spend(daemon, 1)
        await shows("today", cost="$1.00")
        for path in (folder(), folder() / "shell", folder() / "repo"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert {stat.S_IMODE((folder() / name).stat().st_mode) for name in files()} == {0o600}
    assert files() == set()


async def test_all_checkouts_of_a_remote_show_what_was_used_in_any(tmp_path: Path) -> None:
    one = checkout(tmp_path / "one", "acme/shop.git")
    two = checkout(tmp_path / "two", "acme/shop.git")
    alone, unused = checkout(tmp_path / "a%b"), checkout(tmp_path / "unused", "acme/shop.git")
    link = tmp_path / "link"
    link.symlink_to(two)
    async with gated() as daemon:
        spend(daemon, 1, cwd=str(one / "src"))
        spend(daemon, 2, number=2, cwd=str(link))
        spend(daemon, 4, "s-2", cwd=str(alone))
        spend(daemon, 8, "s-3", cwd=str(tmp_path))
        await shows("today", cost="$15.00")
        assert badge(repo(one))["cost"] == badge(repo(two))["cost"] == "$3.00"
        assert badge(repo(alone))["cost"] == "$4.00"
        assert files() == {"alive", "today", repo(one), repo(two), repo(alone)}
        assert repo(unused) not in files()


async def test_two_repositories_of_one_name_without_a_remote_are_two(tmp_path: Path) -> None:
    one, two = checkout(tmp_path / "x" / "app"), checkout(tmp_path / "y" / "app")
    async with gated() as daemon:
        spend(daemon, 1, cwd=str(one))
        spend(daemon, 2, "s-2", cwd=str(two))
        await shows("today", cost="$3.00")
        assert (badge(repo(one))["cost"], badge(repo(two))["cost"]) == ("$1.00", "$2.00")


async def test_a_folder_that_somebody_removed_is_written_anew() -> None:
    async with gated() as daemon:
        spend(daemon, 1)
        await shows("today", cost="$1.00")
        for path in sorted(folder().rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder().rmdir()
        spend(daemon, 1, number=2)
        await shows("today", cost="$2.00")
        await eventually(lambda: "alive" in files(), "the daemon's word")


# How near a limit


async def test_the_level_is_that_of_the_strictest_budget_soft_or_hard(tmp_path: Path) -> None:
    top, other = checkout(tmp_path / "shop"), checkout(tmp_path / "other")
    config = budgets_toml(
        {"scope": "day", "amount": 10, "hard": False},
        {"scope": "day", "amount": 4, "repo": "shop"},
    )
    async with gated(config) as daemon:
        spend(daemon, 3.3, cwd=str(top))
        spend(daemon, 0.7, "s-2", cwd=str(other))
        await shows("today", cost="$4.00", level="warn", percent="82")
        await shows(repo(top), cost="$3.30", level="warn", percent="82")
        await shows(repo(other), cost="$0.70", level="ok", percent="40")
        spend(daemon, 0.7, number=2, cwd=str(top))
        await shows(repo(top), cost="$4.00", level="over", percent="100")


async def test_a_budget_of_sessions_bears_on_those_that_run(often: None) -> None:
    config = budgets_toml({"scope": "session", "amount": 2})
    async with gated(config) as daemon:
        (daemon.logs / "sessions").mkdir()
        entry = register(daemon.logs, "s-1", pid=os.getpid(), status="waiting")
        spend(daemon, 1.91)
        await shows("today", level="serious", percent="95", state="waiting 1")
        entry.unlink()
        await shows("today", level="ok", percent="", state="ended 1")


async def test_a_badge_says_what_runs_how_fast_and_how_full_it_is(often: None) -> None:
    async with gated() as daemon:
        (daemon.logs / "sessions").mkdir()
        for name in ("s-1", "s-2"):
            register(daemon.logs, name, pid=os.getpid())
        register(daemon.logs, "s-3", pid=os.getpid(), status="idle")
        spend(daemon, 1, "s-1", tokens={"input_tokens": 50_000})
        await shows("today", tokens="50.0k", state="busy 2", context="25", burn="$0.90/h")


# Shells


async def test_a_shell_shows_the_sessions_that_were_started_from_it(often: None) -> None:
    async with gated() as daemon:
        (daemon.logs / "sessions").mkdir()
        with on_terminal(*BASH) as one, on_terminal(*BASH) as two, on_terminal(*BASH) as idle:
            one.types("sleep 600")
            two.types("sleep 600")
            first = register(daemon.logs, "s-1", pid=one.child("sleep"))
            register(daemon.logs, "s-2", pid=two.child("sleep"), status="idle")
            spend(daemon, 1, "s-1")
            spend(daemon, 2, "s-2")
            spend(daemon, 4, "s-3")
            await shows(f"shell/{one.pid}", cost="$1.00", state="busy 1")
            await shows(f"shell/{two.pid}", cost="$2.00", state="idle 1")
            assert f"shell/{idle.pid}" not in files()
            first.unlink()
            await shows(f"shell/{one.pid}", cost="$1.00", state="ended 1")
            os.kill(two.pid, 9)
            await eventually(lambda: f"shell/{two.pid}" not in files(), "its end")
            assert f"shell/{one.pid}" in files()


async def test_shells_around_a_shell_show_what_it_started(often: None) -> None:
    async with gated() as daemon:
        (daemon.logs / "sessions").mkdir()
        with on_terminal(*BASH) as outer:
            outer.types("bash --norc --noprofile")
            inner = outer.child("bash")
            outer.types("sleep 600")
            register(daemon.logs, "s-1", pid=outer.child("sleep", below=inner))
            spend(daemon, 1)
            await shows(f"shell/{inner}", cost="$1.00")
            await shows(f"shell/{outer.pid}", cost="$1.00")


async def test_a_daemon_started_again_knows_the_shells_of_sessions_that_ended(often: None) -> None:
    with on_terminal(*BASH) as shell:
        async with gated() as daemon:
            (daemon.logs / "sessions").mkdir()
            shell.types("sleep 600")
            entry = register(daemon.logs, "s-1", pid=shell.child("sleep"))
            spend(daemon, 1)
            await shows(f"shell/{shell.pid}", cost="$1.00")
            entry.unlink()
            await shows(f"shell/{shell.pid}", state="ended 1")
        assert files() == set()
        kept = daemon.dirs.run_dir / "shells.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        async with gated():
            await shows(f"shell/{shell.pid}", cost="$1.00", state="ended 1")
        known = kept.read_text()
    document = json.loads(known)
    document["shells"][0]["start"] += "0"  # as if the number were another process's by now
    with on_terminal(*BASH) as shell:
        document["shells"][0]["pid"] = shell.pid
        kept.write_text(json.dumps(document))
        async with gated():
            await shows("today", cost="$1.00")
            assert f"shell/{shell.pid}" not in files()


async def test_a_session_that_is_carried_on_counts_from_then_on(often: None) -> None:
    async with gated() as daemon:
        (daemon.logs / "sessions").mkdir()
        spend(daemon, 5, at=datetime.now(UTC) - timedelta(minutes=5))
        with on_terminal(*BASH) as shell:
            shell.types("sleep 600")
            register(daemon.logs, "s-1", pid=shell.child("sleep"))
            await shows("today", cost="$5.00", state="busy 1")
            assert f"shell/{shell.pid}" not in files()  # nothing ran from there
            spend(daemon, 1, number=2)
            await shows("today", cost="$6.00")
            await shows(f"shell/{shell.pid}", cost="$1.00")


async def test_a_short_run_is_known_by_what_its_hook_says(often: None) -> None:
    async with gated() as daemon:
        with on_terminal(*BASH) as shell:
            shell.types("sleep 600")
            pid = shell.child("sleep")
            agent = daemon.agent("s-9", cwd=str(daemon.logs))
            await agent.asks("SessionStart", pid=pid)
            agent.calls_model(1)
            await shows(f"shell/{shell.pid}", cost="$1.00")


# A daemon that is gone


def test_the_word_of_a_killed_daemon_grows_old() -> None:
    dirs = load_dirs(os.environ)
    start_in_background(dirs, os.environ)
    pid = int(wire.call(dirs.socket_path, "status", {}, timeout_s=20)["pid"])
    alive = folder() / "alive"
    until(alive.exists, "the daemon's word")
    said = alive.read_text()
    assert said.split()[0] == str(pid)
    os.kill(pid, 9)
    until(lambda: shell_of(pid) is None, "its end")
    assert int(alive.read_text().split()[1]) <= time.time()
    assert alive.read_text().split()[0] == str(pid)  # whom `kill -0` asks for


async def test_the_daemon_s_word_is_renewed(often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from aicost.daemon import badge_files

    monkeypatch.setattr(badge_files, "ALIVE_EVERY_S", 0.0)
    async with gated():
        await eventually(lambda: "alive" in files(), "the daemon's word")
        inode = (folder() / "alive").stat().st_ino
        await asyncio.sleep(0)
        await eventually(lambda: (folder() / "alive").stat().st_ino != inode, "another one")
