"""Names to row ids. Each name stands once in the ledger; calls refer to it by number."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from aicost.core.usage import Agent, UsageEvent
from aicost.store.places import Attribution, names_of

_SPAN = "SELECT id FROM span WHERE session = ? AND turn_id = ? AND subagent_id = ?"
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
        self._last_span = 0  # the largest id of a span; 0: not known

    def forget(self) -> None:
        """Drop remembered ids (after a rollback their rows may not exist)."""
        self._ids.clear()
        self._of_calls.clear()
        self._last_span = 0

    def of_call(self, call: UsageEvent) -> CallNames:
        """Return the ids of all that a call refers to. The calls of a turn mostly share them."""
        key = (
            call.session_id, call.turn_id, call.subagent_id, call.model, call.cwd, call.branch,
            call.speed, call.service_tier, call.inference_geo,
        )  # fmt: skip
        return self._of_calls.get(key) or self.of_names(call.agent, *key)

    def of_names(  # noqa: PLR0913 - all that calls refer to
        self, agent: Agent, session_id: str, turn_id: str, subagent_id: str, model: str, cwd: str,
        branch: str, speed: str, service_tier: str, inference_geo: str,
    ) -> CallNames:  # fmt: skip
        """Return the ids of all that calls with these names refer to."""
        key = (
            session_id, turn_id, subagent_id, model, cwd, branch, speed, service_tier,
            inference_geo,
        )  # fmt: skip
        known = self._of_calls.get(key)
        if known is None:
            if len(self._of_calls) >= _CACHED:
                self._of_calls.clear()
            session = self.session(session_id, agent)
            known = self._of_calls[key] = CallNames(
                session=session,
                span=self.span(session, turn_id, subagent_id),
                model=self.model(model),
                place=self.place(cwd, branch),
                variant=self.variant(speed, service_tier, inference_geo),
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
        known = self._ids.get(("span", str(session), turn_id, subagent_id))
        return known or self.started_span(session, turn_id, subagent_id, None, "")[0]

    def started_span(
        self, session: int, turn_id: str, subagent_id: str, started_us: int | None, prompt_id: str
    ) -> tuple[int, bool]:
        """Return the id of a stretch of one thread, and whether it is new: with this start then.

        The ids are counted here, so that one statement makes a span that is its own turn.
        """
        key = ("span", str(session), turn_id, subagent_id)
        if (known := self._ids.get(key)) is not None:
            return known, False
        if not self._last_span:
            self._last_span = self._db.execute("SELECT coalesce(max(id), 0) FROM span").fetchone()[
                0
            ]
        new = self._last_span + 1
        turn = new if turn_id and not subagent_id else None
        made = self._db.execute(
            "INSERT INTO span (id, session, turn_id, subagent_id, started_us, prompt_id, turn)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, subagent_id, turn_id) DO NOTHING",
            (new, session, turn_id, subagent_id, started_us, prompt_id, turn),
        )
        if made.rowcount:
            self._last_span = new
            return self._remember(key, new), True
        row = self._db.execute(_SPAN, (session, turn_id, subagent_id)).fetchone()
        return self._remember(key, int(row[0])), False

    def known_span(self, session: int, turn_id: str, subagent_id: str) -> int | None:
        """Return the id of a stretch of one thread, None if no call or prompt named it."""
        key = ("span", str(session), turn_id, subagent_id)
        if (known := self._ids.get(key)) is not None:
            return known
        row = self._db.execute(_SPAN, (session, turn_id, subagent_id)).fetchone()
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
