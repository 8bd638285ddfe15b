"""What the daemon says of itself. How that is asked for is in test_service."""

import asyncio
import os
from pathlib import Path

from claude_logs import append, call_line, log_of

from aicost import __version__
from aicost.daemon.own_state import own_state
from aicost.daemon.reader import Reader
from aicost.daemon.setup import load_setup
from aicost.platform.dirs import load_dirs
from aicost.store.recovery import keep_aside


async def test_it_names_its_logs_its_ledger_and_what_is_in_the_way(home: Path) -> None:
    append(log_of(home / ".claude"), call_line())
    setup = load_setup(load_dirs(os.environ), os.environ)
    ledger = setup.dirs.ledger_file
    ledger.write_bytes(b"damaged")
    kept = keep_aside(ledger, setup.question(None, setup.zone).now)  # type: ignore[arg-type]
    reader = Reader(setup.open_engine(), lambda _: None)
    reader.reading = None
    try:
        found = await asyncio.to_thread(reader.engine.survey)
        state = own_state(setup, reader, found, ["config.toml: no budget"])
    finally:
        reader.engine.close()
    assert (state["version"], state["pid"]) == (__version__, os.getpid())
    assert (state["log_files"], state["pending_bytes"]) == (1, found.bytes)
    assert state["budget_troubles"] == ["config.toml: no budget"]
    assert state["ledger"] == str(ledger)
    assert state["damaged_ledgers"] == [str(kept)]
