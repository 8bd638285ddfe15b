"""Logs full of marked words, sent to a team: none of them is anywhere but on this machine."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from codex_logs import NEW, asks, context, event_row, io, meta, record, row, started, uuid7
from commands import aicost
from fault_server import faulty_server
from log_builders import START, assistant, line, user_line
from team_servers import Running, invites, team_server

from aicost.core.errors import ExitCode

CANARY = "qanaryqx"
LISTED, SECRET = "claude-opus-4-5-20251101", f"{CANARY}-deployment"
REMOTE = f"https://{CANARY}-user:{CANARY}-token@github.com/{CANARY}-org/{CANARY}-repo.git"
PEOPLE = 6
GROUPS = (
    "week", "tool", "model", "category", "environment", "project", "cohort",
)  # fmt: skip


def minutes_ago(days: float) -> float:
    return (datetime.now(UTC) - timedelta(days=days) - START).total_seconds() / 60


def make_project(home: Path) -> Path:
    """Make a repository whose folder, branch and remote are marked."""
    project = home / f"{CANARY}-folder"
    for command in (
        ["init", "-q", "-b", f"{CANARY}-branch", str(project)],
        ["-C", str(project), "remote", "add", "origin", REMOTE],
    ):
        subprocess.run(["git", *command], check=True, capture_output=True)
    return project


def write_claude(home: Path, project: Path, days: float, number: int) -> None:
    """Write a session in which everything that has a name is marked."""
    minutes, session = minutes_ago(days), f"{CANARY}-session-{number}"
    place = {"cwd": str(project), "gitBranch": f"{CANARY}-branch", "version": f"2.1.330-{CANARY}"}
    lines = [user_line(f"t-{number}", session=session, minutes=minutes, text=CANARY, **place)]
    for call, model in enumerate((LISTED, SECRET, LISTED)):
        at = minutes + call + 1
        one = assistant(
            call, session=session, minutes=at, model=model, id=f"msg_{number}_{call}",
            entrypoint=f"{CANARY}-entry", slug=CANARY, **place,
        )  # fmt: skip
        tool_id = f"toolu_{number}_{call}"
        one["message"]["content"] = [
            {"type": "text", "text": f"the secret is {CANARY}"},
            {"type": "tool_use", "id": tool_id, "name": f"mcp__{CANARY}__send",
             "input": {"file_path": f"/{CANARY}/x.py", "command": f"curl {CANARY}"}},
            {"type": "tool_use", "id": f"{tool_id}b", "name": "Bash",
             "input": {"command": f"{CANARY} test /{CANARY}", "description": CANARY}},
        ]  # fmt: skip
        result = {
            "type": "tool_result", "tool_use_id": f"{tool_id}b", "is_error": True,
            "content": f"Exit code 1\n{CANARY}: not found",
        }  # fmt: skip
        lines += [
            line(one),
            user_line(f"r-{number}-{call}", session=session, minutes=at + 0.5, text=[result]),
        ]
    failed = assistant(9, session=session, minutes=minutes + 5, id=f"msg_{number}_9", **place)
    failed |= {"isApiErrorMessage": True, "error": CANARY}
    lines.append(line(failed))
    path = home / ".claude" / "projects" / f"-{CANARY}" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))


def write_codex(home: Path, project: Path, days: float, number: int) -> None:
    """Write a thread of a model that no list knows, marked as well."""
    at = minutes_ago(days)
    thread, turn = uuid7(at, number), uuid7(at + 1, number)
    remote = {"branch": f"{CANARY}-branch", "repository_url": REMOTE}
    lines = [
        meta(thread, minutes=at, version=NEW, cwd=str(project), git=remote, originator=CANARY),
        started(turn, at + 1),
        context(turn, at + 1, cwd=str(project), model=SECRET),
        event_row("user_message", {"message": CANARY, "kind": "plain"}, at + 1),
        asks("call_1", name=f"{CANARY}_tool"),
        row("response_item", {"type": "message", "role": "assistant", "content": CANARY}, at + 2),
        record(number, thread=thread, turn=turn, minutes=at + 3, counts=io(900, 90)),
        event_row("error", {"message": CANARY}, at + 4),
    ]
    path = home / ".codex" / "sessions" / "2026" / "01" / "02" / f"rollout-x-{thread}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))


@pytest.fixture
def marked(home: Path) -> Path:
    """A home with marked sessions in each of the last two weeks."""
    project = make_project(home)
    for number, days in enumerate((2.2, 4.2, 9.2, 10.2, 11.2)):
        write_claude(home, project, days, number)
        write_codex(home, project, days, number)
    return home


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with team_server(str(tmp_path / "srv.db"), tmp_path / "srv.log", "--cohort", "pilot") as found:
        yield found


def team(*argv: str, home: Path) -> str:
    done = aicost("team", *argv, env={"AICOST_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def clean_of_canaries(what: str, content: bytes) -> None:
    at = content.lower().find(CANARY.encode())
    assert at < 0, f"{what}: …{content[max(0, at - 80) : at + 80]!r}…"


def files_of(folder: Path, *names: str) -> Iterator[tuple[str, bytes]]:
    for name in names:
        found = [path for path in folder.glob(f"{name}*") if path.is_file()]
        assert found, name
        for path in found:
            yield path.name, path.read_bytes()


def test_the_canary_is_in_the_ledger(marked: Path) -> None:
    """Else no other test here could fail."""
    home = marked / "own"
    team("preview", home=home)
    kept = b"".join(content for _, content in files_of(home / "data", "ledger.db"))
    for mark in ("folder", "branch", "deployment", "session-1", "entry"):
        assert f"{CANARY}-{mark}".encode() in kept, mark
    assert f"{CANARY}-org/{CANARY}-repo".encode() in kept
    assert f"mcp__{CANARY}__send".encode() in kept


def test_nothing_that_has_a_name_is_on_the_wire_or_in_what_is_kept_of_it(
    marked: Path, tmp_path: Path
) -> None:
    home = marked / "own"
    with faulty_server(tmp_path, project_key="5e" * 32) as server:
        said = team(
            "join", server.url, "--code", server.invite(), "--hash-projects", "--yes", home=home
        )
        server.faults.extend(["drop", "refuse"])
        for action in ("sync", "resync"):  # cut off first, then refused
            done = aicost("team", action, env={"AICOST_HOME": str(home)})
            assert done.returncode == ExitCode.SYNC
            said += done.stdout + done.stderr
        said += team("resync", home=home) + team("preview", home=home)
        said += team("log", "--bodies", "--json", home=home)
        projects = {project for (project,) in server.rows("SELECT DISTINCT project FROM day_row")}
        rows = server.rows("SELECT SUM(requests), SUM(tool_calls), SUM(api_errors) FROM day_row")
        team("leave", "--delete", "--yes", home=home)
        wire = list(server.wire)
    assert len(wire) > 20
    assert len(projects) == 1
    assert projects.pop().startswith("k_")
    assert rows[0][0] >= 20
    assert all(rows[0])  # tools and errors were counted, though not named
    for part in wire:
        clean_of_canaries("wire", part)
    clean_of_canaries("what was said", said.encode())
    for name, content in files_of(home / "data", "team.db", "sent.jsonl"):
        clean_of_canaries(name, content)
    for name, content in files_of(tmp_path, "server.db"):
        clean_of_canaries(name, content)


def test_nothing_that_has_a_name_is_at_the_server_or_in_its_reports(
    marked: Path, server: Running, tmp_path: Path
) -> None:
    token = ""
    for number, code in enumerate(invites(str(tmp_path / "srv.db"), PEOPLE)):
        home = marked / f"person-{number}"
        team("join", server.url, "--code", code, "--cohort", "pilot", "--yes", home=home)
        team("sync", home=home)
        token = json.loads((home / "data" / "team.secret").read_text())["token"]
    today = datetime.now(UTC).date()
    span = {"from": f"{today - timedelta(days=28)}", "to": f"{today}"}
    shown = []
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as client:
        for group in GROUPS:
            answer = client.get("/v1/teams/acme/report", params={**span, "group": group})
            assert answer.status_code == 200, answer.text
            shown.append(answer)
        shown += [
            client.get(path, params=span)
            for path in ("/", "/metrics", "/healthz", "/openapi.json", "/v1/teams/acme/focus.csv")
        ]
    for answer in shown:
        clean_of_canaries(str(answer.url), answer.content)
    assert "claude-opus-4-5" in shown[GROUPS.index("model")].text  # there was something to say
    for name, content in files_of(tmp_path, "srv.db", "srv.log"):
        clean_of_canaries(name, content)
        assert token.encode() not in content, name
