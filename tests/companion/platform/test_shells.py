"""The shells above a process, asked of real shells on real terminals."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from lab.terminal import Terminal
from lab.waiting import until
from on_terminals import on_terminal

from aicost.core.shell_links import Shell
from aicost.platform.shells import (
    _marked_shell,
    boot_mark,
    is_interactive,
    is_server,
    is_there,
    origin_of,
    shell_of,
    window_of,
)

NOBODY = 2**22 + 1  # above any process's number
BASH = ("bash", "--norc", "--noprofile", "-i")


def need(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")


def pids(shells: Sequence[Shell]) -> list[int]:
    return [shell.pid for shell in shells]


def shells_above(pid: int) -> list[int]:
    origin = origin_of(pid)
    assert origin is not None
    return pids(origin.shells)


@pytest.mark.parametrize(
    "argv",
    [
        BASH,
        ("bash", "--norc", "--noprofile"),
        ("zsh", "-f"),
        ("fish", "--no-config", "-C", "true"),
        ("dash",),
        ("sh", "-i"),
    ],
    ids=" ".join,
)
def test_an_agent_is_of_the_shell_that_started_it(argv: tuple[str, ...]) -> None:
    need(argv[0])
    name = Path(os.path.realpath(shutil.which(argv[0]) or "")).name
    program = str(Path(shutil.which(argv[0]) or "").with_name(name))
    with on_terminal(program, *argv[1:], env={"HOME": "/tmp"}) as shell:
        shell.types("sleep 600")
        agent = shell.child("sleep")
        before_us = time.time_ns() // 1000
        origin = origin_of(agent)
        assert origin is not None
        assert pids(origin.shells) == [shell.pid]
        assert before_us - 30_000_000 < origin.since_us < before_us


def test_nested_shells_all_count_the_innermost_first() -> None:
    with on_terminal(*BASH) as outer:
        outer.types("bash --norc --noprofile")
        inner = outer.child("bash")
        outer.types("sleep 600")
        agent = outer.child("sleep", below=inner)
        assert shells_above(agent) == [inner, outer.pid]
        assert shells_above(inner) == [outer.pid]


def test_a_pane_of_tmux_is_a_shell_of_its_own(tmp_path: Path) -> None:
    need("tmux")
    with Terminal(BASH, env={"PATH": os.environ["PATH"]}, cwd=tmp_path) as pane:
        pane.type_line("sleep 600")
        children = psutil.Process(pane.pid).children
        agent = until(lambda: [one for one in children() if one.name() == "sleep"], "the agent")[0]
        assert shells_above(agent.pid) == [pane.pid]


def test_a_script_is_no_shell_of_a_person(tmp_path: Path) -> None:
    script = tmp_path / "agents.sh"
    script.write_text("sleep 600; true\n")
    with on_terminal(*BASH) as shell:
        shell.types(f"bash {script}")
        agent = shell.child("sleep", below=shell.child("bash"))
        assert shells_above(agent) == [shell.pid]


def test_a_shell_without_a_terminal_is_no_shell_of_a_person() -> None:
    with subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, start_new_session=True) as run:
        assert run.stdin is not None
        run.stdin.write(b"sleep 600 & wait\n")
        run.stdin.flush()
        agent = until(lambda: psutil.Process(run.pid).children(), "the agent")[0]
        try:
            assert run.pid not in shells_above(agent.pid)
        finally:
            agent.kill()
            run.kill()


def test_a_background_agent_is_of_the_shell_that_its_mark_names() -> None:
    with on_terminal(*BASH) as shell:
        shell.types("export AICOST_SHELL=$$")
        shell.types("(setsid sleep 599 </dev/null >/dev/null 2>&1 &)")

        def lost() -> psutil.Process | None:
            found = (one for one in psutil.process_iter(["cmdline", "ppid"]))
            return next((o for o in found if o.info["cmdline"] == ["sleep", "599"]), None)

        agent = until(lost, "the agent")
        until(lambda: shell.pid not in {p.pid for p in agent.parents()}, "it to be let go")
        try:
            assert shells_above(agent.pid) == [shell.pid]
        finally:
            agent.kill()


@pytest.mark.parametrize(
    "mark",
    ["", "x", "-1", "²", str(NOBODY), "9" * 30, pytest.param(str(os.getpid()), id="our own")],
)
def test_a_mark_that_names_no_shell_says_nothing(mark: str) -> None:
    argv = ["sleep", "600"]
    env = {"PATH": os.environ["PATH"], "AICOST_SHELL": mark}
    with subprocess.Popen(argv, env=env, start_new_session=True) as run:
        try:
            origin = origin_of(run.pid)
            assert origin is not None
            assert NOBODY not in pids(origin.shells)
            assert os.getpid() not in pids(origin.shells)
        finally:
            run.kill()


def test_a_mark_of_a_shell_that_began_later_is_of_another_one() -> None:
    with on_terminal(*BASH) as shell:
        began = psutil.Process(shell.pid).create_time()
        env = {"PATH": os.environ["PATH"], "AICOST_SHELL": str(shell.pid)}
        program = "import sys; sys.stdin.read()"
        argv = [sys.executable, "-I", "-c", program]
        with subprocess.Popen(argv, env=env, stdin=subprocess.PIPE) as run:
            process = psutil.Process(run.pid)
            until(lambda: process.environ().get("AICOST_SHELL"), "it to begin")
            assert process.create_time() >= began
            assert pids(_marked_shell(process, process.create_time())) == [shell.pid]
            assert _marked_shell(process, began - 1) == []
            run.kill()


def test_a_killed_shell_is_not_there_and_its_number_may_be_another_s() -> None:
    with on_terminal(*BASH) as shell:
        known = shell_of(shell.pid)
        assert known is not None
        assert is_there(known)
        assert not is_there(Shell(shell.pid, f"{known.start}0"))
        os.kill(shell.pid, 9)
        until(lambda: not is_there(known), "its end")
    assert shell_of(shell.pid) is None


def test_a_process_that_is_gone_comes_from_nowhere() -> None:
    assert origin_of(NOBODY) is None
    assert origin_of(-1) is None
    assert not is_server(NOBODY)


def test_this_run_of_the_machine_has_a_name_on_linux() -> None:
    assert bool(boot_mark()) == (sys.platform == "linux")
    assert boot_mark() == boot_mark()


@pytest.mark.parametrize(
    ("line", "is_a_person_s"),
    [
        ("bash", True),
        ("-bash", True),
        ("bash -l", True),
        ("bash --norc --noprofile", True),
        ("bash --rcfile /x", True),
        ("bash -O globstar -o vi", True),
        ("bash --", True),
        ("bash -s", True),
        ("bash x.sh", False),
        ("bash -- x.sh", False),
        ("bash -e x.sh", False),
        ("bash -c ls", False),
        ("bash -ec ls", False),
        ("bash -ic ls", True),
        ("bash -i", True),
        ("bash +x -c ls", False),
        ("zsh", True),
        ("zsh -f", True),
        ("zsh -f x.zsh", False),
        ("zsh -o vi", True),
        ("fish -C ls", True),
        ("fish --init-command ls", True),
        ("fish --init-command=ls", True),
        ("fish -c ls", False),
        ("fish --command=ls", False),
        ("fish x.fish", False),
        ("nu", True),
        ("nu -e ls", True),
        ("nu --commands ls", False),
        ("nu x.nu", False),
        ("dash", True),
        ("dash -i", True),
        ("dash x.sh", False),
    ],
)
def test_a_shell_is_a_person_s_without_a_script_or_a_command(
    line: str, is_a_person_s: bool
) -> None:
    argv = line.split()
    assert is_interactive(argv[0].removeprefix("-"), argv) == is_a_person_s


# Windows of a client whose daemon holds the threads

THREAD = "0199-thread"
SHOW = "-c 'read -r line; true'"


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """Return a program of a name of its own that waits on its terminal."""
    client = tmp_path / f"tui-{os.getpid()}"
    shutil.copy(shutil.which("bash") or "", client)
    return client


def test_the_window_of_a_thread_is_the_newest_in_its_folder(tmp_path: Path, client: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    assert window_of(client.name, str(here), THREAD) is None
    with on_terminal(*BASH, cwd=here) as shell, on_terminal(*BASH, cwd=there) as other:
        shell.types(f"{client} {SHOW}")
        older = shell.child(client.name)
        other.types(f"{client} {SHOW}")
        elsewhere = other.child(client.name)
        assert window_of(client.name, str(here), THREAD) == older
        assert window_of(client.name, str(there), THREAD) == elsewhere
        with on_terminal(*BASH, cwd=here) as shell:
            shell.types(f"{client} {SHOW}")
            newer = shell.child(client.name)
            assert window_of(client.name, str(here), THREAD) == newer


def test_the_window_that_names_a_thread_shows_it_wherever_it_is(
    tmp_path: Path, client: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with on_terminal(*BASH, cwd=there) as other, on_terminal(*BASH, cwd=here) as shell:
        other.types(f"{client} {SHOW} resume {THREAD}")
        naming = other.child(client.name)
        shell.types(f"{client} {SHOW}")
        near = shell.child(client.name)
        assert window_of(client.name, str(here), THREAD) == naming
        assert window_of(client.name, str(here), "0199-other") == near


@pytest.mark.parametrize(
    ("words", "serves"),
    [("app-server --listen unix://", True), ("app-server", False), ("resume --listen", False)],
)
def test_a_daemon_is_told_by_its_words(client: Path, words: str, serves: bool) -> None:
    argv = [str(client), "-c", "read -r line; true", *words.split()]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as run:
        until(lambda: psutil.Process(run.pid).cmdline()[3:] == words.split(), "it to begin")
        assert is_server(run.pid) == serves
        run.kill()


def test_a_daemon_is_no_window(tmp_path: Path, client: Path) -> None:
    argv = [str(client), "-c", "read -r line; true"]
    with subprocess.Popen(argv, cwd=tmp_path, stdin=subprocess.PIPE, start_new_session=True) as run:
        until(lambda: psutil.Process(run.pid).name() == client.name, "it to begin")
        assert window_of(client.name, str(tmp_path), THREAD) is None
        run.kill()
