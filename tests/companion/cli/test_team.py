"""`aicost team`: a server as a process of its own, on both engines."""

import gzip
import signal
from pathlib import Path

import httpx
import pytest
from commands import aicost
from team_documents import document
from team_servers import invites, process_ended, team_server

from aicost.core.team.documents import canonical_bytes
from aicost.core.team.pseudonyms import epoch_of, identity_of


def put_today(url: str, token: str, revision: int = 1) -> httpx.Response:
    from datetime import UTC, datetime

    day = datetime.now(UTC).date()
    who = identity_of(b"k" * 32, "acme", epoch_of(day))
    body = canonical_bytes(document(day=day.isoformat(), revision=revision))
    return httpx.put(
        f"{url}/v1/teams/acme/sources/{who.pseudonym}/days/{day}",
        content=gzip.compress(body),
        headers={
            "Authorization": f"Bearer {token}",
            "X-Aicost-Write": who.write_secret,
            "Content-Encoding": "gzip",
        },
    )


def test_a_server_starts_takes_a_day_and_ends(address: str, tmp_path: Path) -> None:
    (code,) = invites(address, 1)
    log = tmp_path / "log"
    with team_server(address, log, "--cohort", "pilot", "--head-count", "40") as server:
        about = httpx.get(f"{server.url}/v1/about").json()
        assert (about["head_count"], about["cohorts"]) == (40, ["pilot"])
        joined = httpx.post(f"{server.url}/v1/join", json={"code": code}).json()
        assert put_today(server.url, joined["token"]).status_code == 201
        assert put_today(server.url, joined["token"]).json()["status"] == "unchanged"
        server.process.send_signal(signal.SIGTERM)
        assert process_ended(server.process, 20)
    said = log.read_text()
    assert "PUT /v1/teams/{team}/sources/{pseudonym}/days/{day} 201" in said
    for secret in (code, joined["token"]):
        assert secret not in said
    assert said.count("127.0.0.1") == said.count(server.url)  # it says where it listens


def test_a_server_killed_in_the_middle_keeps_what_it_said_it_took(
    address: str, tmp_path: Path
) -> None:
    (code,) = invites(address, 1)
    with team_server(address, tmp_path / "first") as server:
        token = httpx.post(f"{server.url}/v1/join", json={"code": code}).json()["token"]
        for revision in range(1, 6):
            assert put_today(server.url, token, revision).status_code in (200, 201)
        server.process.kill()
        assert process_ended(server.process, 20)
    with team_server(address, tmp_path / "second") as server:
        assert put_today(server.url, token, 5).json()["status"] == "unchanged"
        assert put_today(server.url, token, 6).json()["status"] == "replaced"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--k", "4"), "k is at least 5"),
        (("--retention-months", "0"), "at least a month"),
        (("--db", "mysql://x/y"), "not known"),
    ],
)
def test_what_a_server_cannot_promise_is_refused(
    options: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    given = ("--db", str(tmp_path / "t.db")) if "--db" not in options else ()
    ended = aicost("team", "serve", "--team", "acme", "--check", *given, *options)
    assert ended.returncode == 3
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_check_serves_nothing(address: str) -> None:
    ended = aicost("team", "serve", "--team", "acme", "--check", "--db", address)
    assert (ended.returncode, ended.stderr) == (0, "acme: settings and database are right\n")


def test_a_database_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ended = aicost("team", "invite", "1", "--db", f"postgresql://x@/y?host={tmp_path}")
    assert ended.returncode == 5
    assert "the team's database cannot be used" in ended.stderr
