"""Receipts: all that left, in order, for the user alone."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from team_documents import document

from aicost.core.errors import StoreError
from aicost.core.team.documents import body_hash, canonical_bytes
from aicost.sync.receipts import Receipt, Receipts

AT = datetime(2026, 11, 26, 9, 30, 5, tzinfo=UTC)
BODY = canonical_bytes(document())
URL = "https://team.example/v1/x"


def test_what_was_noted_is_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "sent.jsonl"
    receipts = Receipts(file)
    assert list(receipts.read()) == []
    for url in (URL, f"{URL}2"):
        receipts.note(AT, url, BODY)
    first, second = receipts.read()
    assert first == Receipt(AT, URL, body_hash(BODY), BODY.decode())
    assert second.url == f"{URL}2"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text().splitlines()[0])) == {"time", "url", "sha256", "body"}


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "sent.jsonl"
    receipts = Receipts(file)
    receipts.note(AT, URL, BODY)
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40] + b"\n[]\n\xff\n" + whole)
    assert len(list(receipts.read())) == 2


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _fd, data: len(data) - 1)
    with pytest.raises(StoreError) as error:
        Receipts(tmp_path / "sent.jsonl").note(AT, URL, BODY)
    assert "No space" in error.value.why


def test_what_cannot_be_written_down_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is sent"):
        Receipts(tmp_path).note(AT, URL, BODY)
    with pytest.raises(StoreError):
        list(Receipts(tmp_path).read())
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StoreError):
        Receipts(tmp_path / "link").note(AT, URL, BODY)
