"""Answer one question without a daemon: read what is new, ask the ledger, leave nothing behind.

What makes the answer is imported when logs were read: worker processes begin before it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from aicost.core.errors import ConfigError
from aicost.daemon.engine import Engine, progress
from aicost.daemon.indexer import Survey, survey
from aicost.daemon.lifecycle import AlreadyRunning, ledger_lock
from aicost.daemon.setup import Setup, asked_alone, load_setup, named_homes
from aicost.platform.dirs import Dirs
from aicost.store.connection import connect_readonly, store_errors
from aicost.store.cursors import read_all_cursors, read_homes
from aicost.store.recovery import LedgerDamaged, mark_damaged, telling_damage

if TYPE_CHECKING:
    from aicost.core.session import Running
    from aicost.core.view import Reading
    from aicost.daemon.answers import Question

LOCK_WAIT_S = 10.0  # another command may be reading
JUDGE_S = 5.0  # after it, no other round of asking git begins


def answer(
    dirs: Dirs,
    env: Mapping[str, str],
    method: str,
    params: Mapping[str, object],
    show: "Callable[[Reading], None]" = lambda _: None,
) -> str:
    """Return what the daemon would answer. Raises AicostError.

    `show` is told how far the reading of logs is. AlreadyRunning: somebody else reads them; who
    asks not to wait is answered all the same.
    """
    setup = load_setup(dirs, env)
    homes = named_homes(params.get("homes"))
    wait = bool(params.get("wait", True))
    try:
        with ledger_lock(dirs, wait_s=LOCK_WAIT_S if wait else 0.0):
            try:
                with telling_damage(dirs.ledger_file):
                    return _read_and_answer(setup, homes, method, params, show)
            except LedgerDamaged:  # it makes way when it is opened again
                mark_damaged(dirs.ledger_file)
                return _read_and_answer(setup, homes, method, params, show)
    except AlreadyRunning:
        if wait:
            raise
    with store_errors(), closing(connect_readonly(dirs.ledger_file)) as db:
        left = survey({*setup.homes, *homes, *read_homes(db)}, read_all_cursors(db))
        return _answer(setup, db, left, method, params)


def _read_and_answer(
    setup: Setup,
    homes: Iterable[str],
    method: str,
    params: Mapping[str, object],
    show: "Callable[[Reading], None]",
) -> str:
    with closing(setup.open_engine(homes, keeps_days=True)) as engine:
        left = engine.survey()
        if params.get("wait", True):
            _read_usage(engine, left, show)
            _read_evidence(engine, left, method, params)
            left = engine.left_of(left)
            if _shows_outcomes(method, params):
                _judge_some(setup.dirs, engine)
        return _answer(setup, engine.ledger.db, left, method, params)


def _read_usage(engine: Engine, found: Survey, show: "Callable[[Reading], None]") -> None:
    start = time.monotonic()
    for step in engine.read_all(found):
        show(progress(found, step, time.monotonic() - start))
        import aicost.daemon.answers  # noqa: F401 - while worker processes read
    engine.keep_homes()


def _read_evidence(
    engine: Engine, found: Survey, method: str, params: Mapping[str, object]
) -> None:
    """Read what calls were made for, if the answer needs it."""
    from aicost.daemon.answers import needs_evidence

    if needs_evidence(method, params):
        for _ in engine.read(found.without_evidence):
            pass
        engine.settle()


def _shows_outcomes(method: str, params: Mapping[str, object]) -> bool:
    """Say whether outcomes are what is asked for: elsewhere nobody waits for git."""
    is_report = method == "report" and params.get("by") == "outcome"
    return is_report or method in ("explain", "weekly")


def _judge_some(dirs: Dirs, engine: Engine) -> None:
    """Judge what came of the newest sessions that are due, for a few seconds at most."""
    import os  # (a report starts without them)

    from aicost.daemon.outcome_rounds import gh_of, judge_due
    from aicost.daemon.outcomes import Judge

    judge, start = Judge(os.environ, gh_of(dirs, os.environ)), time.monotonic()
    with store_errors():
        while judged := judge_due(engine.ledger.db, judge):
            engine.note_outcomes(judged)
            if time.monotonic() - start > JUDGE_S:
                break


def _answer(
    setup: Setup, db: sqlite3.Connection, left: Survey, method: str, params: Mapping[str, object]
) -> str:
    from aicost.daemon import answers

    homes = setup.asked_homes(params.get("homes"))
    asked = asked_alone(params) | {"homes": homes}
    left = left.within(homes)
    question = setup.question(db, setup.asked_zone(params.get("tz"))).with_unread(left)
    with store_errors():
        match method:
            case "report":
                return answers.report(question, asked)
            case "turns":
                return answers.turns(question, asked)
            case "reconcile" | "explain" | "export":
                from aicost.daemon.on_demand import OF_LEDGER  # (a report starts without them)

                return OF_LEDGER[method](question, asked)
            case "weekly":
                from aicost.daemon.weekly import weekly

                return weekly(setup.dirs, question, asked)
            case "budgets":
                return _budgets(setup, question, asked)
            case "badge" | "overview" | "sessions":
                return _of_running(setup, question, left, method, asked)
    raise ConfigError(f"{method} cannot be answered without a daemon")


def _of_running(
    setup: Setup,
    question: "Question",
    left: Survey,
    method: str,
    asked: Mapping[str, object],
) -> str:
    """Answer what depends on who runs: of the caller's homes, but for badges, which show all."""
    from aicost.daemon.live import read_live  # (a report starts without them)

    homes = setup.asked_homes(asked.get("homes")) if method != "badge" else []
    live = read_live(homes or {*setup.homes, *read_homes(question.db)})
    if method == "sessions":
        from aicost.daemon.answers import sessions

        return sessions(question, live, asked)
    if method == "overview":
        return _overview(setup, question, left, live, asked)
    from aicost.daemon.badge_answers import answered_alone

    return answered_alone(setup, question, live, asked)


def _overview(
    setup: Setup,
    question: "Question",
    left: Survey,
    live: "Running",
    asked: Mapping[str, object],
) -> str:
    from aicost.daemon.advising import advice_on, setting_of  # (a report starts without them)
    from aicost.daemon.budgeting import Budgets
    from aicost.daemon.overview import overview
    from aicost.daemon.own_state import team_standing
    from aicost.daemon.world import World
    from aicost.report.status import ReaderState

    budgets = Budgets(setup.dirs.config_file, setup.dirs.trust_file, repo_of=question.repo_of)
    budgets.note_folders({one.cwd for one in live.sessions.values()})
    world = World(now=question.now, zone=setup.zone, running=live)
    setting = setting_of(budgets, setup.attribution, world)
    state = ReaderState(
        log_files=left.files,
        unreadable=left.unreadable_names,
        budget_troubles=budgets.troubles,
        team=team_standing(setup.dirs),
    )
    return overview(question, live, state, asked, lambda rows: advice_on(question, setting, rows))


def _budgets(setup: Setup, question: "Question", asked: Mapping[str, object]) -> str:
    from collections import Counter  # (a report starts without them)

    from aicost.daemon.budget_answers import listed, sources_for
    from aicost.daemon.budgeting import Budgets
    from aicost.daemon.live import read_live
    from aicost.store.journal import read_events

    dirs = setup.dirs
    running = read_live({*setup.homes, *read_homes(question.db)})

    def would_stops(since: datetime) -> Mapping[str, int]:
        events = read_events(dirs.journal_file, since)
        return Counter(event.budget_id for event in events if event.kind == "would-stop")

    budgets = Budgets(dirs.config_file, dirs.trust_file, repo_of=question.repo_of)
    budgets.note_folders({one.cwd for one in running.sessions.values()})
    sources = sources_for(asked, budgets, setup, would_stops)
    return listed(question, running, sources, asked)
