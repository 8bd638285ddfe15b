"""Linux allows each user so many inotify watches: is there one left?"""

import contextlib
import ctypes
import errno
import os
import sys

_IN_DELETE_SELF = 0x400
_EVENTS_BYTES = 4096


class WatchProbe:
    """Tries whether one more folder could be watched.

    Libraries that watch a folder with all below it pass over what they could not watch.
    """

    def __init__(self) -> None:
        self._libc = self._fd = None
        if sys.platform.startswith("linux"):
            self._libc = ctypes.CDLL(None, use_errno=True)
            fd = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
            self._fd = fd if fd >= 0 else None  # (a limit of its own, on those who watch)

    def has_watch_left(self) -> bool:
        """Take a watch and give it back. True where there is no such limit, or nobody says."""
        if self._libc is None or self._fd is None:
            return True
        watch = self._libc.inotify_add_watch(self._fd, b"/", _IN_DELETE_SELF)
        if watch < 0:
            return ctypes.get_errno() != errno.ENOSPC
        self._libc.inotify_rm_watch(self._fd, watch)
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, _EVENTS_BYTES)  # word of the watch's end
        return True

    def close(self) -> None:
        """Let go of the kernel's queue (which takes it some milliseconds)."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
