"""`aicost team` as a member types it, against a server that runs as its owner starts it."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import aicost, command_line, own_environment
from log_builders import START, assistant_line, user_line
from team_servers import Running, invites, team_server

from aicost.core.errors import ExitCode
from aicost.core.team.checking import parse_document

MODEL = "claude-opus-4-5-20251101"


@pytest.fixture
def db(tmp_path: Path) -> str:
    return str(tmp_path / "server.db")


@pytest.fixture
def server(db: str, tmp_path: Path) -> Iterator[Running]:
    with team_server(db, tmp_path / "server.log", "--cohort", "pilot") as found:
        yield found


def write_days(home: Path, *days_ago: float, name: str = "s-1") -> None:
    """Write a session with a call so many days ago."""
    path = home / ".claude" / "projects" / "-src-shop" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, days in enumerate(days_ago):
        at = datetime.now(UTC) - timedelta(days=days)
        minutes = (at - START).total_seconds() / 60
        turn = f"t-{name}-{number}"
        lines += [
            user_line(turn, session=name, minutes=minutes),
            assistant_line(
                number, session=name, model=MODEL, id=f"msg_{name}_{number}", minutes=minutes + 1
            ),
        ]
    path.write_bytes(b"".join(lines))


def team(*argv: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return aicost("team", *argv, env=env)


def join(server: Running, db: str, *more: str, env: dict[str, str] | None = None) -> None:
    (code,) = invites(db, 1)
    done = team("join", server.url, "--code", code, "--yes", *more, env=env)
    assert done.returncode == ExitCode.OK, done.stderr


def days_of(text: str) -> list[str]:
    return [parse_document(line.encode()).day for line in text.splitlines()]


def ask(db: str, query: str) -> list[tuple[Any, ...]]:
    from aicost.team.database import Database

    database = Database.at(db)
    try:
        with database.transaction(reading=True) as change:
            return [tuple(row) for row in change.rows(query)]
    finally:
        database.close()


def test_a_member_looks_joins_sends_and_looks_back(home: Path, server: Running, db: str) -> None:
    write_days(home, 3.2, 2.2, 0)
    before = team("preview")
    assert len(days_of(before.stdout)) == 2
    assert "2 of the 14 days" in before.stderr
    assert "if you joined" in before.stderr

    (code,) = invites(db, 1)
    joined = team("join", server.url, "--code", code, "--cohort", "pilot", "--yes")
    assert joined.returncode == ExitCode.OK, joined.stderr
    for said in ("groups of at least 5", "13 months", "a pseudonym", "2 days since"):
        assert said in joined.stderr
    shown = json.loads(joined.stdout)
    assert (shown["cohort"], shown["revision"], shown["final"]) == ("pilot", 1, False)
    assert code not in joined.stderr + joined.stdout

    preview = team("preview")
    sent = team("sync")
    assert (sent.returncode, sent.stderr) == (ExitCode.OK, "sent 2 of 2 days\n")
    assert team("sync").stderr == "nothing is left to send\n"
    assert team("preview").stdout == ""
    assert ask(db, "SELECT COUNT(*), SUM(requests) FROM day_row") == [(2, 2)]

    log = [json.loads(line) for line in team("log", "--json").stdout.splitlines()]
    assert [one["body"]["day"] for one in log] == days_of(preview.stdout)
    plain = team("log", "--bodies").stdout
    assert all(line in plain for line in preview.stdout.splitlines())
    assert log[0]["sha256"] in plain


def test_a_no_joins_nothing(home: Path, server: Running, db: str) -> None:
    write_days(home, 2)
    (code,) = invites(db, 1)
    done = team("join", server.url, "--code", code)
    assert done.returncode == ExitCode.CONFIG
    assert "nothing was joined" in done.stderr
    assert not (home / ".aicost" / "data" / "team.json").exists()
    assert team("join", server.url, "--code", code, "--yes").returncode == ExitCode.OK


@pytest.mark.parametrize("action", [("sync",), ("resync",), ("leave", "--yes"), ("export-key",)])
def test_without_a_team_there_is_nothing_to_do(action: tuple[str, ...]) -> None:
    done = team(*action)
    assert done.returncode == ExitCode.CONFIG
    assert "no team was joined" in done.stderr


def test_a_code_is_good_once(home: Path, server: Running, db: str, tmp_path: Path) -> None:
    (code,) = invites(db, 1)
    assert team("join", server.url, "--code", code, "--yes").returncode == ExitCode.OK
    other = {"AICOST_HOME": str(tmp_path / "other")}
    done = team("join", server.url, "--code", code, "--yes", env=other)
    assert done.returncode == ExitCode.SYNC
    assert "not known, or was used" in done.stderr
    again = team("join", server.url, "--code", code, "--yes")
    assert "sends to the team acme" in again.stderr


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("http://team.example",), "TLS"),
        (("http://127.0.0.1:9",), "does not answer"),
        (("/no/such/folder", "--team", "acme"), "no folder"),
    ],
)
def test_what_cannot_be_joined_is_said(argv: tuple[str, ...], word: str) -> None:
    done = team("join", *argv, "--yes")
    assert done.returncode in (ExitCode.SYNC, ExitCode.CONFIG)
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_device_is_the_same_person(
    home: Path, server: Running, db: str, tmp_path: Path
) -> None:
    write_days(home, 2.2)
    join(server, db)
    team("sync")
    key = team("export-key").stdout
    laptop = {"AICOST_HOME": str(tmp_path / "laptop")}
    done = subprocess.run(
        command_line("team", "import-key", "--yes"),
        input=key, text=True, capture_output=True, env=own_environment() | laptop, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == ExitCode.OK, done.stderr
    assert "as the same person" in done.stderr
    write_days(home, 2.2, name="s-2")
    assert "sent 1 of 1 days" in team("sync", env=laptop).stderr
    assert ask(db, "SELECT COUNT(*) FROM source") == [(1,)]
    assert ask(db, "SELECT COUNT(DISTINCT device) FROM source_day") == [(2,)]


def test_days_can_be_sent_again(home: Path, server: Running, db: str) -> None:
    write_days(home, 20.2, 2.2)
    join(server, db)
    assert "sent 1 of 1" in team("sync").stderr
    done = team("resync")
    assert "sent 2 of 2" in done.stderr, done.stderr
    assert ask(db, "SELECT revision, final FROM source_day ORDER BY day") == [(1, 1), (2, 0)]


def test_all_can_be_deleted_and_who_left_sends_nothing(
    home: Path, server: Running, db: str
) -> None:
    write_days(home, 2.2)
    join(server, db)
    team("sync")
    done = team("forget", "--yes")
    assert "deleted" in done.stderr
    assert ask(db, "SELECT * FROM source_day") == []
    assert team("sync").stderr == "nothing is left to send\n"
    team("resync")
    assert len(ask(db, "SELECT * FROM source_day")) == 1
    left = team("leave", "--delete", "--yes")
    assert "all is deleted" in left.stderr, left.stderr
    assert ask(db, "SELECT * FROM source_day") == []
    assert "no team was joined" in team("sync").stderr
    data = home / ".aicost" / "data"
    assert not any((data / name).exists() for name in ("team.json", "team.secret"))
    assert ask(db, "SELECT revoked FROM token") == [(1,)]


def test_who_left_can_have_all_deleted_later(home: Path, server: Running, db: str) -> None:
    write_days(home, 2.2)
    join(server, db)
    team("sync")
    left = team("leave", "--yes")
    assert "what was sent stays" in left.stderr
    assert "no team was joined" in team("sync").stderr
    assert len(ask(db, "SELECT * FROM source_day")) == 1
    assert team("forget", "--yes").returncode == ExitCode.OK
    assert ask(db, "SELECT * FROM source_day") == []


def test_a_ledger_made_anew_has_nothing_new_to_say(home: Path, server: Running, db: str) -> None:
    write_days(home, 3.2, 2.2)
    join(server, db)
    assert "sent 2 of 2" in team("sync").stderr
    for path in (home / ".aicost" / "data").glob("ledger.db*"):
        path.unlink()
    assert team("sync").stderr == "nothing is left to send\n"
    write_days(home, 2.5, name="late")
    assert "sent 1 of 1" in team("sync").stderr
    assert ask(db, "SELECT SUM(requests) FROM day_row") == [(3,)]


def test_a_server_that_is_gone_keeps_nobody(home: Path, db: str, tmp_path: Path) -> None:
    write_days(home, 2.2)
    with team_server(db, tmp_path / "log") as server:
        join(server, db)
        key = home / ".aicost" / "data" / "team.secret"
        secret = json.loads(key.read_text())["token"]
    done = team("sync")
    assert done.returncode == ExitCode.SYNC
    assert "1 days wait" in done.stderr
    assert "not running" not in done.stderr
    left = team("leave", "--yes")
    assert (left.returncode, "could not be given back" in left.stderr) == (ExitCode.OK, True)
    assert secret not in done.stderr + left.stderr


def test_a_token_that_was_taken_away_is_told_in_the_status(
    home: Path, server: Running, db: str
) -> None:
    write_days(home, 2.2)
    join(server, db)
    secret = json.loads((home / ".aicost" / "data" / "team.secret").read_text())["token"]
    httpx.post(
        f"{server.url}/v1/leave", headers={"Authorization": f"Bearer {secret}"}
    ).raise_for_status()
    done = team("sync")
    assert done.returncode == ExitCode.SYNC
    assert "token is not known" in done.stderr
    status = aicost("status")
    assert "team        nothing is sent to the team: " in status.stdout
    told = json.loads(aicost("status", "--json").stdout)["team"]
    assert len(told) == 1


def test_a_folder_is_a_team_too(home: Path, tmp_path: Path) -> None:
    write_days(home, 2.2)
    folder = tmp_path / "share"
    folder.mkdir()
    assert "how is the team called" in team("join", str(folder), "--yes").stderr
    done = team("join", str(folder), "--team", "acme", "--yes")
    assert "whoever can read the folder" in done.stderr
    assert "sent 1 of 1" in team("sync").stderr
    assert len(list(folder.rglob("r000001.json"))) == 1
    assert team("leave", "--delete", "--yes").returncode == ExitCode.OK
    assert list(folder.rglob("*.json")) == []


def test_an_agent_cannot_say_what_leaves(home: Path) -> None:
    done = team("join", "https://team.example", "--yes", env={"CLAUDECODE": "1"})
    assert done.returncode == ExitCode.CONFIG
    assert "an agent cannot say" in done.stderr
