"""The banners: what is lost or in the way, and what helps."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from builders import NOW, view

from aicost.core.errors import (
    AicostError,
    ConfigError,
    DaemonDown,
    ProtocolMismatch,
    StoreError,
)
from aicost.ipc.protocol import mismatch
from aicost_tui.losses import lost_lines, trouble_lines
from aicost_tui.spans import Line, plain


def text_of(lines: Iterable[Line]) -> str:
    return "\n".join(map(plain, lines))


def test_a_lost_daemon_is_told_with_the_command_and_the_age_of_the_numbers() -> None:
    error = DaemonDown("cannot reach the daemon", why="no socket at /run/aicost.sock")
    text = text_of(lost_lines(error, view(), NOW + timedelta(seconds=40)))
    assert "The daemon does not answer; these numbers are 42s old" in text
    assert "run  aicost daemon start" in text
    assert "no socket at /run/aicost.sock" in text
    assert "old" not in text_of(lost_lines(error, None, NOW))


def test_another_version_is_told_with_the_restart() -> None:
    text = text_of(lost_lines(ProtocolMismatch("it speaks 2, we speak 1"), None, NOW))
    assert "another version" in text
    assert "aicost daemon restart" in text
    assert "it speaks 2, we speak 1" in text


def test_a_daemon_without_its_ledger_says_so_with_the_hint_that_it_gave() -> None:
    error = StoreError("the ledger is locked", why="by 4711", hint="aicost daemon status")
    text = text_of(lost_lines(error, view(), NOW + timedelta(seconds=40)))
    assert "the ledger is locked; these numbers are 42s old" in text
    assert "run  aicost daemon status   trying again" in text
    assert "by 4711" in text
    advice = text_of(lost_lines(ConfigError("no", hint="set AICOST_HOME"), None, NOW))
    assert "try  set AICOST_HOME" in advice
    assert text_of(lost_lines(AicostError("a bug"), None, NOW)) == "✕ a bug\n  trying again …"


def test_both_versions_are_named() -> None:
    text = text_of(lost_lines(mismatch("0.0.9", 2), None, NOW))
    assert "daemon is aicost 0.0.9, this command is aicost " in text
    assert "they speak protocol 2 and 1" in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DaemonDown("no daemon is running"), "d starts it; or  run  aicost daemon start"),
        (mismatch("0.0.9", 2), "d restarts it; or  run  aicost daemon restart"),
    ],
)
def test_a_key_that_helps_is_named_first(error: AicostError, expected: str) -> None:
    assert expected in text_of(lost_lines(error, None, NOW, key="d"))
    assert "d starts" not in text_of(lost_lines(error, None, NOW))


def test_what_no_start_helps_names_no_key() -> None:
    error = StoreError("the ledger is locked", hint="aicost daemon status")
    assert "starts it" not in text_of(lost_lines(error, None, NOW, key="d"))


def test_a_daemon_that_cannot_record_says_why_and_that_nothing_is_lost() -> None:
    text = text_of(trouble_lines(view(trouble="the disk is full\x1b[2J")))
    assert "may be missing here" in text
    assert "  the disk is full\n" in text
    assert "nothing is lost" in text
    assert "aicost daemon status" in text
    assert trouble_lines(view()) == trouble_lines(None) == ()
