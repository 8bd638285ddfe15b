"""What the daemon says of itself. How that is asked for is in test_service."""

import asyncio
import os
from contextlib import closing
from datetime import date
from pathlib import Path

from claude_logs import append, call_line, log_of
from msgspec.structs import replace

from aicost import __version__
from aicost.core.team.outbox import Place
from aicost.daemon.own_state import own_state, team_standing
from aicost.daemon.reader import Reader
from aicost.daemon.setup import load_setup
from aicost.platform.dirs import load_dirs
from aicost.platform.membership import Membership, save_membership
from aicost.store.outbox import Outbox
from aicost.store.recovery import keep_aside

DAY = date(2026, 11, 20)


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


def test_what_the_team_has_not_is_told_while_one_is_its_member() -> None:
    dirs = load_dirs(os.environ)
    assert team_standing(dirs) == ()
    membership = Membership(sink="/mnt", team="acme", k=0, retention_months=0, since=DAY, first=DAY)
    save_membership(dirs.team_file, membership)
    assert team_standing(dirs) == ()
    place = Place(day="2026-11-20", revision=1, content_hash="a", state="parked", why="rows: no")
    with closing(Outbox.open(dirs.outbox_file, membership.name)) as outbox:
        outbox.write(place, final=False)
    assert team_standing(dirs) == ("2026-11-20 was not taken by the team's server: rows: no",)
    dirs.team_file.write_bytes(b"{")
    assert team_standing(dirs) == ("the team's membership cannot be used",)
    save_membership(dirs.team_file, replace(membership, left=True))
    assert team_standing(dirs) == ()
