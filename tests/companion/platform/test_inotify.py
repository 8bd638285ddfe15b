"""The last inotify watch is missed before a log is."""

import ctypes
import errno
import os
import sys

import psutil
import pytest

from aicost.platform.inotify import WatchProbe


class Libc:
    """A C library whose kernel answers as it is told."""

    def __init__(self, fd: int, watch: int, error: int) -> None:
        self._fd, self._watch, self._error = fd, watch, error
        self.watches = 0

    def inotify_init1(self, _flags: int) -> int:
        return self._fd

    def inotify_add_watch(self, _fd: int, _path: bytes, _mask: int) -> int:
        ctypes.set_errno(self._error)
        self.watches += self._watch >= 0
        return self._watch

    def inotify_rm_watch(self, _fd: int, watch: int) -> int:
        assert watch == self._watch
        self.watches -= 1
        return 0


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


@pytest.mark.parametrize(
    ("watch", "error", "expected"),
    [
        pytest.param(1, 0, True, id="it could be added"),
        pytest.param(-1, errno.ENOSPC, False, id="the limit of watches"),
        pytest.param(-1, errno.EACCES, True, id="another reason"),
    ],
)
def test_the_kernel_says_whether_a_watch_is_left(
    linux: pytest.MonkeyPatch, watch: int, error: int, expected: bool
) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    libc = Libc(read, watch, error)
    linux.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    probe = WatchProbe()
    for _ in range(3):
        assert probe.has_watch_left() is expected
    assert libc.watches == 0
    for _ in range(2):
        probe.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read)
    os.close(write)


def test_who_may_not_watch_at_all_hears_nothing_of_watches(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(ctypes, "CDLL", lambda *_, **__: Libc(-1, -1, errno.EMFILE))
    probe = WatchProbe()
    assert probe.has_watch_left()
    probe.close()


def test_elsewhere_there_is_no_such_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: pytest.fail("asked the kernel"))
    probe = WatchProbe()
    assert probe.has_watch_left()
    probe.close()


def test_asking_often_leaves_nothing_behind() -> None:
    """The kernel tells of each watch's end, and would keep 16,384 such words."""
    before = psutil.Process().num_fds()
    probe = WatchProbe()
    for _ in range(20_000):
        assert probe.has_watch_left()
    if probe._fd is not None:
        with pytest.raises(BlockingIOError):
            os.read(probe._fd, 1)
    probe.close()
    assert psutil.Process().num_fds() == before
