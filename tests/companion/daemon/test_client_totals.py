"""What a client keeps beside its logs is read when it changed, and compared with them."""

import json
from pathlib import Path

import pytest
from claude_logs import append, call_line, log_of
from ledgers import opened, read_everything

from aicost.core.facts import FileRead
from aicost.daemon.client_totals import read_client_totals
from aicost.daemon.engine import Engine

USAGE = {"inputTokens": 100, "outputTokens": 10, "costUSD": 1.5}


def write(path: Path, session_id: str, **usage: object) -> None:
    project = {"lastSessionId": session_id, "lastModelUsage": {"claude-x": USAGE | usage}}
    path.write_text(json.dumps({"projects": {"/src/shop": project}}))


def costs(reads: list[FileRead]) -> list[int]:
    return [t.cost_nusd for read in reads for p in read.parsed for t in p.client_totals]


@pytest.mark.parametrize("place", ["home/.claude.json", "home/.claude/.claude.json"])
def test_a_file_is_read_when_it_changed(tmp_path: Path, place: str) -> None:
    home = tmp_path / "home" / ".claude"
    home.mkdir(parents=True)
    write(tmp_path / place, "s-1")
    (first,) = read_client_totals([str(home)], {})
    assert costs([first]) == [1_500_000_000]
    known = {first.path: first.cursor}
    assert read_client_totals([str(home)], known) == []
    write(tmp_path / place, "s-1", costUSD=20.25)
    assert costs(read_client_totals([str(home)], known)) == [20_250_000_000]


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    home = tmp_path / ".claude"
    home.mkdir()
    assert read_client_totals([str(home)], {}) == []
    (home / ".claude.json").mkdir()
    assert read_client_totals([str(home)], {}) == []
    tmp_path.joinpath(".claude.json").write_bytes(b'{"projects": {')
    assert costs(read_client_totals([str(home)], {})) == []


def total(engine: Engine) -> list[tuple[str, int]]:
    query = (
        "SELECT x.session_id, t.cost_nusd FROM client_total t JOIN session x ON x.id = t.session"
    )
    return engine.ledger.db.execute(query).fetchall()


def test_the_ledger_keeps_the_total_and_where_it_was_read(tmp_path: Path) -> None:
    home = tmp_path / ".claude"
    append(log_of(home), call_line("msg_1"))
    write(tmp_path / ".claude.json", "s-1")
    with opened(tmp_path / "ledger", [home]) as engine:
        read_everything(engine)
        engine.settle()
        assert total(engine) == [("s-1", 1_500_000_000)]
        engine.settle()
    with opened(tmp_path / "ledger", [home]) as engine:
        assert read_client_totals([str(home)], engine.cursors["evidence"]) == []
