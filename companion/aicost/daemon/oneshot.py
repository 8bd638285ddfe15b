"""Answer one question without a daemon: read what is new, ask the ledger, leave nothing behind."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from aicost.core.errors import ConfigError
from aicost.core.view import Reading
from aicost.daemon import answers
from aicost.daemon.engine import Engine, progress
from aicost.daemon.lifecycle import ledger_lock
from aicost.daemon.live import read_live
from aicost.daemon.setup import Setup, load_setup
from aicost.platform.dirs import Dirs

LOCK_WAIT_S = 10.0  # another command may be reading


def answer(
    dirs: Dirs,
    env: Mapping[str, str],
    method: str,
    params: Mapping[str, object],
    show: Callable[[Reading], None] = lambda _: None,
) -> str:
    """Return what the daemon would answer. Raises AicostError.

    `show` is told how far the reading of logs is.
    """
    dirs.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    setup = load_setup(dirs, env)
    homes = params.get("homes")
    with ledger_lock(dirs, wait_s=LOCK_WAIT_S):
        engine = setup.open_engine(map(str, homes) if isinstance(homes, list) else ())
        try:
            if params.get("wait", True):
                _read_all(engine, show)
            return _answer(setup, engine, method, params)
        finally:
            engine.close()


def _read_all(engine: Engine, show: Callable[[Reading], None]) -> None:
    found, start = engine.survey(), time.monotonic()
    for step in engine.read_all(found):
        show(progress(found, step, time.monotonic() - start))


def _answer(setup: Setup, engine: Engine, method: str, params: Mapping[str, object]) -> str:
    left = engine.survey()
    question = answers.Question(
        db=engine.ledger.db,
        book=setup.book,
        zone=setup.zone,
        now=datetime.now(UTC),
        complete=left.is_complete,
        pending_bytes=left.pending_bytes,
    )
    asked = {key: value for key, value in params.items() if key != "wait"}
    asked["homes"] = setup.asked_homes(params.get("homes"))
    try:
        if method == "report":
            return answers.report(question, asked)
        if method == "turns":
            return answers.turns(question, asked)
        return answers.sessions(question, read_live(sorted(engine.homes)), asked)
    except (msgspec.ValidationError, KeyError) as error:
        raise ConfigError(f"this cannot be asked: {error}") from error
