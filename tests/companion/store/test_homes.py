"""A query can be limited to some homes: a session seen in any of them is in."""

import pytest
from log_builders import HOME, calls_read, event, recorded

from aicost.store.homes import home_ids, session_rows

OTHER = "/home/ada/other"


@pytest.mark.parametrize(
    ("homes", "sessions"),
    [
        pytest.param([HOME], {"s-1", "s-2"}, id="one home"),
        pytest.param([OTHER], {"s-2"}, id="a session in two homes is in each"),
        pytest.param([OTHER, HOME], {"s-1", "s-2"}, id="and once in both"),
        pytest.param(["/elsewhere"], set(), id="an unknown home"),
        pytest.param(["') OR ('1' = '1"], set(), id="a path is a value, never SQL"),
    ],
)
def test_sessions_of_homes(homes: list[str], sessions: set[str]) -> None:
    second = event(2, session_id="s-2")
    reads = (
        calls_read(event()),
        calls_read(second, path="s-2.jsonl"),
        calls_read(second, path="copy.jsonl", home=OTHER),
    )
    with recorded(*reads) as ledger:
        query = f"SELECT session_id FROM session WHERE id IN {session_rows(homes)}"
        found = [name for (name,) in ledger.db.execute(query, homes)]
        assert sorted(found) == sorted(sessions)
        count = f"SELECT count(*) FROM home WHERE id IN {home_ids(homes)}"
        known = sum(home in (HOME, OTHER) for home in homes)
        assert ledger.db.execute(count, homes).fetchone() == (known,)
