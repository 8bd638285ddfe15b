"""Methods that few daemons are asked for: what answers is made, and imported, at the first call."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from aicost.daemon.server import Method, Notify, Params

if TYPE_CHECKING:
    from aicost.core.session import Running
    from aicost.daemon.acting import Query as ActingQuery
    from aicost.daemon.answers import Question
    from aicost.daemon.reader import Reader
    from aicost.daemon.screens import Live, Prepared
    from aicost.daemon.screens import Query as ScreenQuery
    from aicost.daemon.tagging import Query as TagQuery
    from aicost.platform.dirs import Dirs
    from aicost.store.journal import Journal

    Answering = Callable[[str, Callable[[Question, Mapping[str, Any]], str]], Method]

TAGS = ("tag",)
ACTING = ("session.hand", "session.interrupt")
SCREENS = ("session.page", "session.glance", "history")
BUDGETS = ("budgets", "budgets.reload", "budget.page", "budget.set", "budget.remove")


def on_demand(
    names: Collection[str], opened: Callable[[], Mapping[str, Method]]
) -> dict[str, Method]:
    """Return methods by these names; `opened` gives them, at the first call of one."""
    methods: dict[str, Method] = {}

    def named(name: str) -> Method:
        async def called(params: Params, notify: Notify) -> object:
            if not methods:
                methods.update(opened())
            return await methods[name](params, notify)

        return called

    return {name: named(name) for name in names}


def explained(question: "Question", asked: Mapping[str, Any]) -> str:
    """Answer `explain`. Raises ConfigError, sqlite3.Error."""
    from aicost.daemon import explaining

    return explaining.explained(question, asked)


def reconciled(question: "Question", asked: Mapping[str, Any]) -> str:
    """Answer `reconcile`. Raises ConfigError, sqlite3.Error."""
    from aicost.daemon import reconciling

    return reconciling.reconcile(question, asked)


def exported(question: "Question", asked: Mapping[str, Any]) -> str:
    """Answer `export`. Raises ConfigError, sqlite3.Error."""
    from aicost.daemon import exporting

    return exporting.export(question, asked)


OF_LEDGER = {"explain": explained, "reconcile": reconciled, "export": exported}


def answers(answering: "Answering", dirs: "Dirs") -> dict[str, Method]:
    """Return what only needs the ledger, and is seldom asked."""

    def weekly(question: "Question", asked: Mapping[str, Any]) -> str:
        from aicost.daemon.weekly import weekly as answer

        return answer(dirs, question, asked)

    rare = {**OF_LEDGER, "weekly": weekly}
    return {name: answering(name, answer) for name, answer in rare.items()}


def tags(
    journal: "Journal", reader: "Reader", query: "TagQuery", moment: "Callable[[], Question]"
) -> dict[str, Method]:
    """Return what the user says that turns were for."""

    def opened() -> Mapping[str, Method]:
        from aicost.daemon import tagging

        return {"tag": tagging.method(journal, reader, query, moment)}

    return on_demand(TAGS, opened)


def acting(
    moment: "Callable[[], Question]",
    query: "ActingQuery",
    running: "Callable[[], Awaitable[Running]]",
) -> dict[str, Method]:
    """Return what acts on a session's process."""

    def opened() -> Mapping[str, Method]:
        from aicost.daemon.acting import Access, Acting

        return Acting(Access(moment, query, running)).methods

    return on_demand(ACTING, opened)


def screens(prepared: "Prepared", query: "ScreenQuery", running: "Live") -> dict[str, Method]:
    """Return what screens ask beside views."""

    def opened() -> Mapping[str, Method]:
        from aicost.daemon.screens import Access, ScreenAnswers

        return ScreenAnswers(Access(prepared, query, running)).methods

    return on_demand(SCREENS, opened)
