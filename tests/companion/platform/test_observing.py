"""Word of changes: each file once in a while, none too late, none never."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab.waiting import until
from watchdog.events import FileModifiedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from aicost.core.rests import Rest
from aicost.platform import observing
from aicost.platform.observing import observer, told_once

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify")
LATE_S = 30.0
SLOW = Rest(times=1e9, most_s=0.3)  # rests as long as it may after any word


class Heard(FileSystemEventHandler):
    """What was told, and how often."""

    def __init__(self) -> None:
        self.times = Counter[str]()
        self.sizes: dict[str, int] = {}

    def on_any_event(self, event: FileSystemEvent) -> None:
        path = Path(str(event.src_path))
        self.times[path.name] += 1
        if path.exists():
            self.sizes[path.name] = path.stat().st_size


@contextmanager
def watching(folder: Path, rest: Rest) -> Iterator[Heard]:
    """Watch a folder; afterwards no thread and no descriptor is left."""
    threads, descriptors = threading.active_count(), psutil.Process().num_fds()
    heard, watch = Heard(), observer(rest)
    watch.start()
    watch.schedule(heard, str(folder), recursive=True, event_filter=[FileModifiedEvent])
    try:
        yield heard
    finally:
        watch.stop()
        watch.join()
        assert threading.active_count() <= threads
        assert psutil.Process().num_fds() <= descriptors


def write(path: Path, times: int) -> None:
    for _ in range(times):
        with path.open("ab") as file:
            file.write(b"a line\n")


@on_linux
def test_what_is_written_again_and_again_is_told_now_and_then(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jsonl" for number in range(3)]
    with watching(tmp_path, SLOW) as heard:
        for _ in range(100):
            for path in paths:
                write(path, 1)
        sizes = {path.name: 700 for path in paths}
        until(lambda: heard.sizes == sizes, "word of the last line of each")
    assert max(heard.times.values()) < 100


@on_linux
def test_the_last_line_is_told_after_a_rest(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    with watching(tmp_path, SLOW) as heard:
        for number in range(1, 4):
            write(path, 1)
            until(lambda: heard.sizes.get("one.jsonl") == 7 * number, "word of it")  # noqa: B023


@on_linux
def test_a_rest_ends_with_the_watch(tmp_path: Path) -> None:
    begin, path = time.monotonic(), tmp_path / "one.jsonl"
    path.touch()  # else word of the new file might be all that comes before the rest
    with watching(tmp_path, Rest(times=1e9, most_s=1000)) as heard:
        write(path, 1)
        until(lambda: bool(heard.times), "word of it")
    assert time.monotonic() - begin < LATE_S


@on_linux
def test_a_folder_that_is_made_during_a_rest_is_watched(tmp_path: Path) -> None:
    with watching(tmp_path, SLOW) as heard:
        write(tmp_path / "one.jsonl", 1)
        until(lambda: bool(heard.times), "word of it")
        (tmp_path / "new" / "deep").mkdir(parents=True)
        write(tmp_path / "two.jsonl", 1)
        until(lambda: "two.jsonl" in heard.times, "word of another")
        path = tmp_path / "new" / "deep" / "three.jsonl"
        write(path, 1)
        until(lambda: "three.jsonl" in heard.times, "word of one below")


def test_another_watchdog_tells_of_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchdog.observers.inotify", None)
    assert type(observer()).__name__ == type(Observer()).__name__


def test_on_other_systems_watchdog_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert type(observer()).__name__ == type(Observer()).__name__


@pytest.mark.parametrize(
    ("changes", "rest_s"), [(0, 0.0), (1, 0.005), (10, 0.05), (40, 0.2), (2000, 0.2)]
)
def test_the_more_was_told_at_once_the_longer_it_rests(changes: int, rest_s: float) -> None:
    assert observing.REST.after(changes * observing.WORD_S) == pytest.approx(rest_s)


# What is told once: lower case letters may be left out, others change what they mean.


@pytest.mark.parametrize(
    ("told", "once"),
    [
        ("", ""),
        ("abab", "ab"),
        ("aaaa", "a"),
        ("aXa", "aXa"),
        ("abXbab", "abXba"),
        ("XXaaX", "XXaX"),
    ],
)
def test_a_repeated_change_is_told_once(told: str, once: str) -> None:
    assert "".join(told_once(told, str.islower)) == once


@given(st.text(st.sampled_from("abcXY"), max_size=60))
def test_between_two_other_events_each_change_is_told_exactly_once(told: str) -> None:
    once = "".join(told_once(told, str.islower))

    def groups(events: str) -> list[str]:
        return events.replace("Y", " Y ").replace("X", " X ").split(" ")

    for before, after in zip(groups(told), groups(once), strict=True):
        assert list(after) == list(dict.fromkeys(before))
