"""A program that stands for gh: what it is asked, and what is made of its faults."""

import json
import logging
import os
import time
from pathlib import Path

import pytest

from aicost.core.pull_requests import PullRequest
from aicost.platform.gh import FRESH_S, Gh

REPO = "github.com/acme/shop"
ANSWER = json.dumps([{"number": 7, "mergedAt": "2026-11-22T12:00:00Z", "headRefName": "fix"}])
FOUND = [PullRequest(7, 1_795_348_800, "fix")]


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeGh:
    """A gh in a folder of its own, that notes how it was called."""

    def __init__(self, folder: Path, script: str) -> None:
        self.calls, self.clock = folder / "calls", Clock()
        program = folder / "bin" / "gh"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$PWD $*" >>"{self.calls}"\n{script}\n')
        program.chmod(0o755)
        env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder)}
        self.gh = Gh(env, timeout_s=0.5, clock=self.clock)

    def asked(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


def test_it_is_asked_for_the_merged_ones_of_a_repository(tmp_path: Path) -> None:
    fake = FakeGh(tmp_path, f"echo '{ANSWER}'")
    assert fake.gh.merged(REPO) == FOUND
    ((folder, said),) = [line.split(" ", 1) for line in fake.asked()]
    assert said == (
        "pr list --repo github.com/acme/shop --state merged --limit 200"
        " --json number,mergedAt,headRefName,closingIssuesReferences"
    )
    assert not Path(folder).exists()  # an empty folder: no repository's settings count


def test_it_is_asked_once_an_hour(tmp_path: Path) -> None:
    fake = FakeGh(tmp_path, f"echo '{ANSWER}'")
    for now in (0, FRESH_S - 1, FRESH_S):
        fake.clock.now = now
        assert fake.gh.merged(REPO) == FOUND
    assert len(fake.asked()) == 2


def test_an_older_one_is_asked_for_less(tmp_path: Path) -> None:
    script = f"""case $* in *closing*) echo 'Unknown JSON field: "x"' >&2; exit 1;; esac
    echo '{ANSWER}'"""
    assert FakeGh(tmp_path, script).gh.merged(REPO) == FOUND


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'not logged in' >&2; echo more >&2; exit 4", "not logged in"),
        ("exit 3", "it ended with 3"),
        ("echo hello", "its answer is no list of them"),
    ],
)
def test_a_fault_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, script: str, said: str
) -> None:
    fake = FakeGh(tmp_path, script)
    with caplog.at_level(logging.WARNING):
        assert fake.gh.merged(REPO) == fake.gh.merged(REPO) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"gh cannot list pull requests: {said}"
    ]


def test_one_that_hangs_is_ended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    started = time.monotonic()
    assert FakeGh(tmp_path, "sleep 60").gh.merged(REPO) == []
    assert time.monotonic() - started < 20
    assert "it ended with" in caplog.text


def test_without_it_nothing_is_known(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Gh({"PATH": f".::{tmp_path}"}).merged(REPO) == []
    assert "there is no program gh" in caplog.text


@pytest.mark.parametrize("repo_key", ["shop", "", "a/b", "git.example.com/a/b/c"])
def test_what_it_cannot_know_it_is_not_asked(tmp_path: Path, repo_key: str) -> None:
    fake = FakeGh(tmp_path, f"echo '{ANSWER}'")
    assert fake.gh.merged(repo_key) == []
    assert fake.asked() == []
