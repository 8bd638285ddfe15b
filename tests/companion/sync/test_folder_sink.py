"""Days as files: written once, the highest revision counts, deleted by their key."""

import errno
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from team_documents import document

from aicost.core.errors import SyncRejected
from aicost.core.team.documents import canonical_bytes
from aicost.core.team.outbox import Behind, Later, Rejected, Sent
from aicost.sync.folder_sink import FolderSink
from aicost.sync.source import Source

DAY = date(2026, 11, 20)
MINE = Source(team="acme", key=b"k" * 32, device="d1")


def body(revision: int = 1, **changes: Any) -> bytes:
    return canonical_bytes(document(revision=revision, **changes))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def sink(tmp_path: Path) -> FolderSink:
    return FolderSink(tmp_path, MINE)


def test_nothing_is_promised(sink: FolderSink) -> None:
    assert sink.promise() is None  # type: ignore[func-returns-value]


def test_each_revision_is_a_file_of_its_own(sink: FolderSink, tmp_path: Path) -> None:
    assert sink.put(DAY, body()) == Sent(201)
    assert sink.put(DAY, body()) == Sent(200)
    assert sink.put(DAY, body(3)) == Sent(201)
    assert files(tmp_path) == ["r000001.json", "r000003.json"]
    place = Path(sink.address_of(DAY))
    assert (place / "r000003.json").read_bytes() == body(3) + b"\n"
    assert place.parent.parent == tmp_path / "acme" / "day=2026-11-20"


def test_an_older_or_other_revision_changes_nothing(sink: FolderSink, tmp_path: Path) -> None:
    sink.put(DAY, body(3))
    assert sink.put(DAY, body(2)) == Behind(3)
    assert sink.put(DAY, body(3, sessions=9)) == Behind(3)
    assert files(tmp_path) == ["r000003.json"]


def test_a_race_is_lost_to_who_was_first(
    sink: FolderSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def later(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", later)
    assert sink.put(DAY, body()) == Behind(1)
    assert (Path(sink.address_of(DAY)) / "r000001.json").read_bytes() == b"theirs"
    assert files(tmp_path) == ["r000001.json"]


def test_a_share_that_knows_no_links_is_written_all_the_same(
    sink: FolderSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", refuse)
    assert sink.put(DAY, body()) == Sent(201)
    assert files(tmp_path) == ["r000001.json"]


def test_a_folder_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "file/x", "gone"):
        assert FolderSink(tmp_path / name, MINE).put(DAY, body()) == Later()
    assert not (tmp_path / "gone").exists()


def test_a_folder_that_cannot_be_written_is_told(sink: FolderSink, tmp_path: Path) -> None:
    (tmp_path / "acme").touch()
    answer = sink.put(DAY, body())
    assert isinstance(answer, Rejected)
    assert "cannot be written" in answer.why


def test_all_devices_of_a_source_are_deleted_and_nobody_elses(tmp_path: Path) -> None:
    mine, laptop, theirs = (
        FolderSink(tmp_path, Source(team="acme", key=key, device=device))
        for key, device in ((b"k" * 32, "d1"), (b"k" * 32, "d2"), (b"x" * 32, "d1"))
    )
    for sink in (mine, laptop, theirs):
        assert sink.put(DAY, body()) == Sent(201)
        assert sink.put(date(2026, 9, 30), body()) == Sent(201)
        sink.close()
    mine.forget("2026Q4")
    mine.forget("2026Q4")
    assert len(files(tmp_path)) == 4
    assert not Path(laptop.address_of(DAY)).exists()
    assert Path(theirs.address_of(DAY)).exists()


def test_what_cannot_be_deleted_is_an_error(
    sink: FolderSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.put(DAY, body())

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "no", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SyncRejected, match="cannot be deleted"):
        sink.forget("2026Q4")
