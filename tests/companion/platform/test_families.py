"""Who belongs to whom, asked of real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
from lab.waiting import until

from aicost.platform.families import are_alive, descendants, is_below, mark_of, marked, send

NAME = "AICOST_TEST_MARK"
OUTER, INNER = "aaaaaaaa", "aaaaaaaa.bbbbbbbb"
NOBODY = 2**22 + 1  # above any process's number


@contextmanager
def process(mark: str = "", script: str = "exec sleep 60") -> Iterator["subprocess.Popen[bytes]"]:
    env = {"PATH": os.environ["PATH"]} | ({NAME: mark} if mark else {})
    with subprocess.Popen(["sh", "-c", script], env=env, start_new_session=True) as run:
        try:
            yield run
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)


def test_a_mark_is_found_with_all_within_it() -> None:
    def pids(mark: str) -> set[int]:
        return {found.pid for found in marked(NAME, mark)}

    with process(OUTER) as outer, process(INNER) as inner, process("aaaaaaaabb"), process():
        assert pids(OUTER) == {outer.pid, inner.pid}
        assert pids(INNER) == {inner.pid}
        assert pids("cccccccc") == pids("") == set()
        assert mark_of(outer.pid, NAME) == OUTER


def test_a_process_without_a_mark_and_none_at_all_have_none() -> None:
    assert mark_of(os.getpid(), NAME) == ""
    assert mark_of(NOBODY, NAME) == mark_of(-1, NAME) == ""


def test_a_process_is_below_all_that_started_it() -> None:
    with process(script="sleep 60; true") as run:
        child = until(lambda: psutil.Process(run.pid).children(), "the child")[0]
        assert is_below(child.pid, run.pid)
        assert is_below(child.pid, os.getpid())
        assert is_below(child.pid, child.pid)
        assert not is_below(run.pid, child.pid)
        assert not is_below(NOBODY, run.pid)
        assert [one.pid for one in descendants(run.pid)] == [run.pid, child.pid]
    assert descendants(NOBODY) == []


def test_one_that_ended_is_not_alive_even_while_nobody_asked_how() -> None:
    with process() as run:
        found = psutil.Process(run.pid)
        assert are_alive([found])
        send([found], signal.SIGKILL)
        until(lambda: found.status() == psutil.STATUS_ZOMBIE, "its end")
        assert not are_alive([found])
        run.wait()
        assert not are_alive([found])
        send([found], signal.SIGKILL)  # to nobody


def test_this_process_is_not_of_its_own_run() -> None:
    code = f"""
import os
from aicost.platform.families import marked
print([one.pid for one in marked({NAME!r}, {OUTER!r})])
"""
    paths = os.pathsep.join(path for path in sys.path if path)
    env = {NAME: OUTER, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
