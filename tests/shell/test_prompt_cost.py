"""A prompt with a badge starts nothing and opens little, as the kernel sees it."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab.waiting import until
from prompts import LINE, PROMPT, SHELLS, SHOWN, Setting, setting

BADGED = f"{SHOWN} {PROMPT}"
PROMPTS = 10


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, home: Path) -> Setting:
    name: str = request.param
    found = setting(name, home)
    found.badges.today(LINE)
    return found


class Calls:
    """What a process and those that it starts ask of the kernel."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def named(self, *names: str) -> list[str]:
        """Return the calls with these names."""
        wanted = re.compile(rf"^\d+ +({'|'.join(names)})\(")
        return [row for row in self._log.read_text().splitlines() if wanted.match(row)]

    def started(self) -> list[str]:
        """Return the calls that started a process; threads are none."""
        rows = self.named("clone3?", "v?fork", "execve(at)?", "posix_spawn")
        return [row for row in rows if "CLONE_THREAD" not in row]


@contextmanager
def traced(pid: int, log: Path) -> Iterator[Calls]:
    """Watch a process meanwhile. Skips the test where that cannot be done."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace")
    command = [strace, "-f", "-e", "trace=%process,%file", "-p", str(pid), "-o", str(log)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace cannot watch: {said.strip()}")
        yield Calls(log)
        tracer.send_signal(signal.SIGINT)


def test_a_prompt_starts_no_process_and_reads_two_files(shell: Setting, tmp_path: Path) -> None:
    with shell.open() as prompt:
        prompt.after()
        with traced(prompt.pid, tmp_path / "log") as calls:
            for number in range(PROMPTS):
                shell.badges.today(f"ok\t${number}.00\t\n")
                assert prompt.after() == f"⬡ ${number}.00 {PROMPT}"
    assert calls.started() == []
    opened = [row for row in calls.named("open(at)?") if "O_DIRECTORY" not in row]
    ours = [row for row in opened if "/run/badge/" in row]
    assert len(ours) == 2 * PROMPTS, ours
    assert set(re.findall(r"/run/badge/(\w+)", "".join(ours))) == {"alive", "today"}


def test_the_watch_itself_sees_processes(shell: Setting, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    with shell.open() as prompt, traced(prompt.pid, tmp_path / "log") as calls:
        prompt.after("uname")
        until(lambda: "/uname" in "".join(calls.named("execve")), "the call that starts uname")
        assert len(calls.started()) >= 2


def test_a_repository_of_any_size_costs_the_same(shell: Setting, tmp_path: Path) -> None:
    """Its folders are never listed: files asked for are one a level of the path, in our folder."""
    repo = tmp_path / "repo" / "a" / "b"
    repo.mkdir(parents=True)
    for number in range(1000):
        (repo / f"{number}.txt").touch()
    with shell.open(cwd=repo) as prompt:
        prompt.after()
        with traced(prompt.pid, tmp_path / "log") as calls:
            prompt.after()
            prompt.after()
    assert calls.named("getdents(64)?") == []
    levels = len(repo.parts)
    asked = [
        row for row in calls.named(r"(new)?(f?l?stat\w*|access|faccessat2?)") if "/badge/" in row
    ]
    assert 0 < len(asked) <= 2 * 4 * (levels + 3)
    assert calls.started() == []


def test_no_program_is_needed_at_a_prompt(shell: Setting) -> None:
    nowhere = str(shell.home / "nowhere")
    command = f"set -gx PATH {nowhere}" if shell.shell == "fish" else f"PATH={nowhere}"
    with shell.open() as prompt:
        assert prompt.after(command) == BADGED
        shell.badges.today("ok\t$4.00\t\n")
        assert prompt.after("cd /") == f"⬡ $4.00 {PROMPT}"
        assert len(prompt.lines()) == 3


def test_a_prompt_that_waits_starts_nothing_either(home: Path, tmp_path: Path) -> None:
    zsh = setting("zsh", home)
    zsh.badges.today(LINE)
    with zsh.open() as prompt, traced(prompt.pid, tmp_path / "log") as calls:
        for cost in ("$4.00", "$5.00"):
            zsh.badges.today(f"ok\t{cost}\t\n")
            prompt.wait_for(f"⬡ {cost} {PROMPT}")
        assert calls.started() == []
