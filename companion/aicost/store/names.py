"""Names to row ids. Each name stands once in the ledger; calls refer to it by number."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from aicost.core.usage import UsageEvent
from aicost.store.places import Attribution, names_of

_CACHED = 50_000  # ids remembered per kind; beyond, the cache starts anew


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNames:
    """The row ids that a call refers to."""

    session: int
    span: int
    model: int
    place: int
    variant: int


class Names:
    """Finds or makes the rows that calls refer to. Used inside the writer's transaction."""

    def __init__(self, db: sqlite3.Connection, attribution: Attribution) -> None:
        self._db, self._attribution = db, attribution
        self._ids: dict[tuple[str, ...], int] = {}
        self._of_calls: dict[tuple[str, ...], CallNames] = {}

    def forget(self) -> None:
        """Drop remembered ids (after a rollback their rows may not exist)."""
        self._ids.clear()
        self._of_calls.clear()

    def of_call(self, call: UsageEvent) -> CallNames:
        """Return the ids of all that a call refers to. The calls of a turn mostly share them."""
        key = (
            call.session_id, call.turn_id, call.subagent_id, call.model, call.cwd, call.branch,
            call.speed, call.service_tier, call.inference_geo,
        )  # fmt: skip
        known = self._of_calls.get(key)
        if known is None:
            if len(self._of_calls) >= _CACHED:
                self._of_calls.clear()
            session = self.session(call.session_id, call.agent)
            known = self._of_calls[key] = CallNames(
                session=session,
                span=self.span(session, call.turn_id, call.subagent_id),
                model=self.model(call.model),
                place=self.place(call.cwd, call.branch),
                variant=self.variant(call.speed, call.service_tier, call.inference_geo),
            )
        return known

    def home(self, path: str) -> int:
        """Return the id of an agent's home folder."""
        return self._id("home", ("path",), (path,))

    def model(self, name: str) -> int:
        """Return the id of a model as logged."""
        return self._id("model", ("name",), (name,))

    def price_book(self, name: str) -> int:
        """Return the id of a price book."""
        return self._id("price_book", ("name",), (name,))

    def session(self, session_id: str, agent: str) -> int:
        """Return the id of a session."""
        return self._id("session", ("session_id",), (session_id,), lambda: {"agent": agent})

    def place(self, cwd: str, branch: str) -> int:
        """Return the id of a folder and branch. The repository is looked up once, when new."""

        def repo() -> dict[str, str]:
            return dict(zip(("repo_key", "repo"), names_of(self._db, self._attribution, cwd)))

        return self._id("place", ("cwd", "branch"), (cwd, branch), repo)

    def variant(self, speed: str, service_tier: str, inference_geo: str) -> int:
        """Return the id of what makes a call's price special."""
        columns = ("speed", "service_tier", "inference_geo")
        return self._id("variant", columns, (speed, service_tier, inference_geo))

    def tool(self, name: str) -> int:
        """Return the id of a tool."""
        return self._id("tool", ("name",), (name,))

    def command_label(self, name: str) -> int:
        """Return the id of what a command is called."""
        return self._id("command_label", ("name",), (name,))

    def skill(self, name: str) -> int:
        """Return the id of a skill."""
        return self._id("skill", ("name",), (name,))

    def setting(self, values: tuple[str, ...]) -> int:
        """Return the id of how calls were made: the columns of `setting` in their order."""
        columns = ("version", "entrypoint", "effort", "permission_mode", "command", "ci_job")
        return self._id("setting", columns, values)

    def span(self, session: int, turn_id: str, subagent_id: str) -> int:
        """Return the id of a stretch of one thread. A prompt's own span is its turn."""
        known = self.known_span(session, turn_id, subagent_id)
        if known is not None:
            return known
        insert = "INSERT INTO span (session, turn_id, subagent_id, prompt_id) VALUES (?, ?, ?, '')"
        row = (self._db.execute(insert, (session, turn_id, subagent_id)).lastrowid,)
        if turn_id and not subagent_id:
            self._db.execute("UPDATE span SET turn = id WHERE id = ?", row)
        return self._remember(("span", str(session), turn_id, subagent_id), int(row[0] or 0))

    def known_span(self, session: int, turn_id: str, subagent_id: str) -> int | None:
        """Return the id of a stretch of one thread, None if no call or prompt named it."""
        key = ("span", str(session), turn_id, subagent_id)
        if (known := self._ids.get(key)) is not None:
            return known
        query = "SELECT id FROM span WHERE session = ? AND turn_id = ? AND subagent_id = ?"
        row = self._db.execute(query, (session, turn_id, subagent_id)).fetchone()
        return None if row is None else self._remember(key, int(row[0]))

    def _id(
        self,
        table: str,
        columns: tuple[str, ...],
        name: tuple[str, ...],
        more: Callable[[], dict[str, str]] = dict,
    ) -> int:
        """Return the id of the row that `columns` name; a new row gets `more` columns."""
        key = (table, *name)
        if (known := self._ids.get(key)) is not None:
            return known
        where = " AND ".join(f"{column} = ?" for column in columns)
        row = self._db.execute(f"SELECT id FROM {table} WHERE {where}", name).fetchone()
        if row is None:
            rest = more()
            marks = ", ".join("?" * (len(name) + len(rest)))
            insert = f"INSERT INTO {table} ({', '.join((*columns, *rest))}) VALUES ({marks})"
            row = (self._db.execute(insert, (*name, *rest.values())).lastrowid,)
        return self._remember(key, int(row[0]))

    def _remember(self, key: tuple[str, ...], value: int) -> int:
        if len(self._ids) >= _CACHED:
            self._ids.clear()
        self._ids[key] = value
        return value
