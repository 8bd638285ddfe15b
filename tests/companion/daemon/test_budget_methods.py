"""Budgets on a screen, and set from it: as `aicost budget` does, and shown before it is done."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from log_builders import BOOK, at, calls_read, event, recorded

from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession, Running
from aicost.daemon.answers import Question
from aicost.daemon.budget_methods import Access, BudgetMethods
from aicost.daemon.budgeting import Budgets
from aicost.daemon.setup import load_setup
from aicost.platform.budget_edit import set_budget
from aicost.platform.dirs import load_dirs
from aicost.store.ledger import Ledger
from aicost.store.places import NO_ATTRIBUTION

T = TypeVar("T")
LIVE = LiveSession(
    session_id="s-1", pid=1, state="busy", cwd="/src/shop", started_at=at(0), version="1",
    entrypoint="cli",
)  # fmt: skip


class Desk:
    """The methods on one ledger and one file of settings."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        dirs = load_dirs({"AICOST_HOME": str(folder)})
        self.file, self._ledger, self.changes = dirs.config_file, ledger, 0
        self._methods = BudgetMethods(
            Access(
                budgets=Budgets.of(dirs, NO_ATTRIBUTION, tuple),
                setup=load_setup(dirs, {"HOME": str(folder), "TZ": "UTC"}),
                would_stops=lambda _since: {"day": 3},
                guards=dict,
                prepared=self.prepared,
                moment=self.moment,
                query=self.query,
                running=self.running,
                changed=self.changed,
            )
        ).methods

    def changed(self) -> None:
        self.changes += 1

    def moment(self) -> Question:
        return Question(db=self._ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=at(60))

    async def prepared(self, _method: str, params: Any, _notify: Any) -> Any:
        return self.moment(), params

    async def query(self, question: Callable[[], T]) -> T:
        return question()

    async def running(self) -> Running:
        return Running(sessions={"s-1": LIVE})

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        async def notify(_: Mapping[str, object]) -> None:
            raise AssertionError

        said = msgspec.json.encode(await self._methods[method](params, notify))  # as on the wire
        return cast("dict[str, Any]", msgspec.json.decode(said))


async def test_a_page_has_every_budget_with_who_bears_on_it(tmp_path: Path) -> None:
    with recorded(calls_read(event(1), event(2))) as ledger:
        desk = Desk(ledger, tmp_path)
        set_budget(desk.file, {"scope": "day", "amount": "5 requests"})
        set_budget(desk.file, {"scope": "session", "amount": 9, "agent": "codex"})
        page = await desk.ask("budget.page")
    day, other = page["entries"]
    assert [one["spent"] for one in day["standing"]] == [2]
    assert (day["bearers"], day["is_untrusted"]) == (["s-1"], False)
    assert (other["standing"], other["bearers"]) == ([], [])  # nobody is under it
    assert (page["config_file"], page["troubles"]) == (str(desk.file), [])


async def test_what_would_change_is_said_before_it_does(tmp_path: Path) -> None:
    with recorded(calls_read(event())) as ledger:
        desk = Desk(ledger, tmp_path)
        row = {"scope": "day", "amount": 25}
        said = await desk.ask("budget.set", row=row, dry=True)
        assert said["lines"] == ["+[[budgets]]", '+scope = "day"', "+amount = 25"]
        assert (said["is_made"], desk.file.exists(), desk.changes) == (False, False, 0)
        done = await desk.ask("budget.set", row=row)
        assert (done["lines"], done["is_made"], desk.changes) == (said["lines"], True, 1)
        assert done["text"] == "day: $25.00 a day; it tells, and stops nothing"
        assert desk.file.read_text() == '[[budgets]]\nscope = "day"\namount = 25\n'
        assert (await desk.ask("budgets.reload"))["budgets"] == 1


async def test_one_budget_gets_another_limit_and_another_effect(tmp_path: Path) -> None:
    with recorded(calls_read(event())) as ledger:
        desk = Desk(ledger, tmp_path)
        set_budget(desk.file, {"scope": "day", "amount": 25})
        row = {"scope": "day", "amount": "300k tokens", "hard": True}
        said = await desk.ask("budget.set", row=row, replaces="day")
        assert said["lines"] == [
            ' scope = "day"', "-amount = 25", '+amount = "300k tokens"', "+hard = true",
        ]  # fmt: skip
        (entry,) = (await desk.ask("budget.page"))["entries"]
        assert entry["budget"]["budget_id"] == "day-tokens-hard"


async def test_a_budget_is_taken_away(tmp_path: Path) -> None:
    with recorded(calls_read(event())) as ledger:
        desk = Desk(ledger, tmp_path)
        set_budget(desk.file, {"scope": "day", "amount": 25})
        said = await desk.ask("budget.remove", id="day", dry=True)
        assert said["lines"] == ["-[[budgets]]", '-scope = "day"', "-amount = 25"]
        assert "budgets" in desk.file.read_text()
        await desk.ask("budget.remove", id="day")
        assert (await desk.ask("budget.page"))["entries"] == []


@pytest.mark.parametrize(
    ("row", "replaces", "words"),
    [
        ({"scope": "day", "amount": "many"}, "", "no usable amount"),
        ({"scope": "year", "amount": 5}, "", "scope"),
        ({"scope": "day", "amount": 5, "much": 1}, "", "key that none has"),
        ({"scope": "week", "amount": 5}, "day", "stays what it is of"),
        ({"scope": "day", "amount": 5, "repo": "shop"}, "day", "stays what it is of"),
        ({"scope": "day", "amount": 5}, "month", "there is no budget month"),
        ({"scope": "day", "amount": 5, "hard": True}, "day", "there twice"),
    ],
)
async def test_what_cannot_be_set_is_not(
    tmp_path: Path, row: dict[str, object], replaces: str, words: str
) -> None:
    with recorded(calls_read(event())) as ledger:
        desk = Desk(ledger, tmp_path)
        set_budget(desk.file, {"scope": "day", "amount": 25})
        set_budget(desk.file, {"scope": "day", "amount": 40, "hard": False})
        desk.file.write_text(
            desk.file.read_text() + '\n[[budgets]]\nscope = "day"\namount = 50\nhard = true\n'
        )
        before = desk.file.read_bytes()
        with pytest.raises(ConfigError, match=words):
            await desk.ask("budget.set", row=row, replaces=replaces)
        assert (desk.file.read_bytes(), desk.changes) == (before, 0)
