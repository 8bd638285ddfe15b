"""Kept reports: whole, private, and never believed when they are damaged."""

import json
import stat
from pathlib import Path

import pytest
from weekly_builders import busy_week, report

from aicost.daemon.weekly_files import SCHEMA, read_weekly, write_weekly


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "weekly" / "2026-W47.json"
    for week in (busy_week(), report()):
        assert write_weekly(file, week)
        assert read_weekly(file) == week
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_weekly(tmp_path / "2026-W47.json") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"schema": 1}', b'{"schema": "x", "report": {}}',
                b"[" * 100_000, b'{"schema":1,"report":{"week":"2026-W47"}}'],
    ids=["empty", "cut", "a list", "no text", "no report", "no number", "deep", "a part"],
)  # fmt: skip
def test_what_cannot_be_read_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "2026-W47.json"
    file.write_bytes(content)
    assert read_weekly(file) is None


def test_one_of_another_version_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "2026-W47.json"
    write_weekly(file, report())
    other = json.loads(file.read_bytes()) | {"schema": SCHEMA + 1}
    file.write_text(json.dumps(other))
    assert read_weekly(file) is None


def test_a_place_that_cannot_be_written_or_read_is_no_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "weekly").write_text("a file")
    file = tmp_path / "weekly" / "2026-W47.json"
    assert not write_weekly(file, report())
    assert read_weekly(file) is None
    assert "cannot be kept" in caplog.text
    assert str(tmp_path) not in caplog.text
