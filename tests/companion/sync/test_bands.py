"""The team's band: the newest that is published, believed only where it can be one."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import team_weeks
from fault_server import faulty_server
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import SyncRejected
from aicost.core.weekly import TeamBand
from aicost.sync.backend import Backend
from aicost.sync.bands import fetch_band
from aicost.sync.source import Source

MONDAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BAND = TeamBand(week="2026-W46", sources=12, low_usd=21, middle_usd=38, high_usd=60)


class Server:
    """Says one thing, and remembers what it was asked."""

    def __init__(self, *rows: object, said: Any = None) -> None:
        self.said = {"rows": list(rows)} if said is None else said
        self.asked = list[tuple[date, date]]()

    def report(self, first: date, last: date) -> Mapping[str, Any]:
        self.asked.append((first, last))
        return self.said


def row(week: str = "2026-W46", **changes: Any) -> dict[str, Any]:
    return {"key": week, "sources": 12, "bands_usd": [21, 38, 60], "cost_usd": 400} | changes


def test_the_newest_band_of_the_weeks_is_taken() -> None:
    server = Server(row("2026-W44"), row(), row("2026-W47", bands_usd=None), row("2026-W45"))
    assert fetch_band(server, MONDAY) == BAND
    assert server.asked == [(date(2026, 10, 19), date(2026, 11, 22))]


@pytest.mark.parametrize(
    "one",
    [
        row(sources=9),
        row(bands_usd=None),
        row(bands_usd=[38, 21, 60]),
        row(bands_usd=[-1, 21, 60]),
        row(bands_usd=[1, 21, 10**10]),
        row("2026-W48"),
        row("2026-W42"),
        row("<b>"),
    ],
    ids=["too few", "none", "no order", "negative", "no amount", "later", "long ago", "no week"],
)
def test_what_cannot_be_a_band_is_none(one: dict[str, Any]) -> None:
    assert fetch_band(Server(one), MONDAY) is None


@pytest.mark.parametrize(
    "said", [{}, {"rows": None}, {"rows": [1]}, {"rows": [row(bands_usd=["1", "2", "3"])]}]
)
def test_a_server_of_another_kind_tells_nothing(said: Any) -> None:
    assert fetch_band(Server(said=said), MONDAY) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
)


@given(st.dictionaries(st.sampled_from(["rows", "weeks"]), _JSON | st.just([row()])))
def test_any_answer_is_a_band_or_none(said: dict[str, Any]) -> None:
    assert fetch_band(Server(said=said), MONDAY) in (None, BAND)


def test_a_real_server_tells_a_member_and_nobody_else(tmp_path: Path) -> None:
    with faulty_server(tmp_path) as server:
        server.now = NOW
        team_weeks.team(server.database, weeks=3)
        client = httpx.Client(trust_env=False)
        with Backend(server.url, client=client, now=lambda: NOW) as asking:
            token = asking.join(server.invite(), None).token
            mine = Source(team="acme", key=b"k" * 32, device="d1", token=token)
            found = fetch_band(Backend(server.url, mine, client=client, now=lambda: NOW), MONDAY)
            assert found is not None
            assert (found.week, found.sources) == ("2026-W47", 12)
            assert 0 < found.low_usd <= found.middle_usd <= found.high_usd
            with pytest.raises(SyncRejected):
                fetch_band(asking, MONDAY)
