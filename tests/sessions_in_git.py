"""Sessions that worked in a real repository, in a ledger that knows what their tools did."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from log_builders import BOOK, calls_read, event
from repositories import Repository

from aicost.core.commands import hash_of, to_number
from aicost.core.facts import (
    CommandRan,
    Parsed,
    PromptSeen,
    PullRequestSeen,
    StepTaken,
    ToolCallSeen,
)
from aicost.platform.git import repo_key_of
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution


def moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


class Told:
    """One session, call by call. Its clock is its repository's."""

    def __init__(self, repo: Repository, session_id: str = "s-1", cwd: Path | None = None) -> None:
        self.repo, self.session_id, self.cwd = repo, session_id, str(cwd or repo.top)
        self._calls: list[Any] = []
        self._steps: list[StepTaken] = []
        self._runs: list[CommandRan] = []
        self._tools: list[ToolCallSeen] = []
        self._prompts: list[PromptSeen] = []
        self._links: list[PullRequestSeen] = []
        self._turn = ""

    def prompt(self, turn_id: str) -> "Told":
        """Begin a turn."""
        self._turn = turn_id
        at = moment(self.repo.now_s)
        self._prompts.append(PromptSeen(session_id=self.session_id, turn_id=turn_id, at=at))
        return self

    def answer(self) -> "Told":
        """Make a call that asks for no tool."""
        self._call()
        return self

    def edit(self, path: str | Path) -> "Told":
        """Edit a file of the folder, by its whole path."""
        target = to_number(hash_of(str(Path(self.cwd) / path)))
        self._tool("Edit", kind="edit", target=target)
        return self

    def commits(self, *, failed: bool = False) -> "Told":
        """Run a command that commits."""
        self._tool("Bash", kind="commit", failed=failed)
        return self

    def test(self, *, failed: bool, command: int = 7) -> "Told":
        """Run tests."""
        key, at = self._tool("Bash", kind="test", target=command, failed=failed)
        self._runs.append(
            CommandRan(
                key=key,
                event_key=self._calls[-1].event_key,
                at=at,
                command=command,
                label="pytest",
                error=1 if failed else None,
            )
        )
        return self

    def links(self, number: int) -> "Told":
        """Let the client note a pull request in its log."""
        at = moment(self.repo.now_s)
        self._links.append(PullRequestSeen(session_id=self.session_id, number=number, at=at))
        return self

    def _call(self) -> Any:
        number = len(self._calls) + 1
        self.repo.later(10)
        call = event(
            number,
            event_key=f"claude:{self.session_id}:{number}",
            session_id=self.session_id,
            turn_id=self._turn,
            at=moment(self.repo.now_s),
            cwd=self.cwd,
            branch=_branch(self.repo),
        )
        self._calls.append(call)
        return call

    def _tool(self, name: str, **step: Any) -> tuple[str, datetime]:
        call = self._call()
        key, at = f"{call.event_key}:tool", moment(self.repo.now_s)
        self._tools.append(ToolCallSeen(key=key, event_key=call.event_key, name=name, at=at))
        self._steps.append(StepTaken(key=key, event_key=call.event_key, at=at, **step))
        return key, at

    def facts(self) -> tuple[Parsed, Parsed]:
        """Return what reading its log finds: usage, then evidence."""
        usage = Parsed(calls=tuple(self._calls), prompts=tuple(self._prompts))
        evidence = Parsed(
            tool_calls=tuple(self._tools),
            steps=tuple(self._steps),
            commands=tuple(self._runs),
            pull_requests=tuple(self._links),
        )
        return usage, evidence


def ledger_of(sessions: Iterable[Told], path: Path | str = ":memory:") -> Ledger:
    """Return a ledger that has read the logs of sessions."""
    rules = Attribution(key_of=repo_key_of)
    ledger = Ledger(path, book=BOOK, zone=ZoneInfo("UTC"), attribution=rules)
    tell(ledger, sessions)
    return ledger


def tell(ledger: Ledger, sessions: Iterable[Told]) -> None:
    """Record sessions, also those that are known and went on."""
    for told in sessions:
        usage, evidence = told.facts()
        read = calls_read(path=f"{told.session_id}.jsonl")
        ledger.record([replace(read, parsed=(usage,))])
        ledger.record([replace(read, parsed=(evidence,), stage="evidence")])
    ledger.settle()


def _branch(repo: Repository) -> str:
    return repo.git("rev-parse", "--abbrev-ref", "HEAD")
