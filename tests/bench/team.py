"""A team's server under load: documents taken in a second, and how long a report takes.

Both engines run for real; documents go over loopback to the server's own process.
"""

import gzip
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import httpx
import postgres
from bench.setting import Bench, Skipped
from bench.table import Figure, quantile
from team_documents import document, row
from team_servers import invites, team_server

from aicost.core.team.documents import DayRow, canonical_bytes
from aicost.core.team.pseudonyms import epoch_of, identity_of
from aicost.team.database import Database
from aicost.team.page import range_of
from aicost.team.reports import GROUPS
from aicost.team.schema import COUNTS, OUTCOMES, TOKENS, TOTALS, WORDS, migrate

REPORT_AT_MOST_S = 1.0
DAYS = 90
ASKED_WEEKS = 13
SENDERS, AT_ONCE = 20, 8
REPORTS = 56  # eight of each group
TOKEN = "of the bench"
_MODELS = (
    ("claude-code", "anthropic", "claude-opus-5-5"),
    ("claude-code", "anthropic", "claude-sonnet-4-6"),
    ("codex", "openai", "gpt-6-sol"), ("claude-code", "bedrock", "claude-opus-5-5"),
)  # fmt: skip
_CATEGORIES = ("feature", "bugfix", "refactor", "test-writing", "exploration", "review")
_PROJECTS = (None, *(f"project{number}" for number in range(12)))


def measure(bench: Bench) -> list[Figure]:
    """Measure both engines."""
    if postgres.binaries() is None:
        raise Skipped("PostgreSQL is not installed: apt-get install postgresql")
    figures = [_puts("SQLite", str(bench.scratch / "puts.db"), bench)]
    with postgres.cluster() as address:
        figures.append(_puts("PostgreSQL", address, bench))
    sizes = [bench.sizes.developers]
    sizes += [10 * sizes[0]] if bench.sizes.large_mib else []
    for developers in sizes:
        with postgres.cluster() as address:
            figures += _reports(address, developers, bench)
    return figures


def rows_of(chance: random.Random) -> tuple[DayRow, ...]:
    """Return what somebody may use on a day: three kinds of work."""
    found: dict[tuple[str, ...], DayRow] = {}
    for _ in range(3):
        tool, provider, model = chance.choice(_MODELS)
        made = row(
            tool=tool, provider=provider, model=model, category=chance.choice(_CATEGORIES),
            project=chance.choice(_PROJECTS),
            environment=chance.choices(("interactive", "headless"), (9, 1))[0],
            cost_list_microusd=int(chance.lognormvariate(1.2, 0.6) * 1_000_000),
        )  # fmt: skip
        found[made.key] = made
    return tuple(found.values())


def _puts(engine: str, address: str, bench: Bench) -> Figure:
    """Return how many documents a second a server takes from many at once."""
    with _server(address, bench) as url, httpx.Client(base_url=url) as client:
        codes = invites(address, SENDERS)
        tokens = [client.post("/v1/join", json={"code": code}).json()["token"] for code in codes]
        today = datetime.now(UTC).date()
        number = bench.sizes.documents

        def send(which: int) -> None:
            chance = random.Random(which)
            sender, day = which % SENDERS, today - timedelta(days=which // SENDERS % 50)
            who = identity_of(bytes([sender]) * 32, "acme", epoch_of(day))
            revision = 1 + which // (SENDERS * 50)
            made = document(*rows_of(chance), day=day.isoformat(), revision=revision)
            answer = client.put(
                f"/v1/teams/acme/sources/{who.pseudonym}/days/{made.day}",
                content=gzip.compress(canonical_bytes(made)),
                headers={
                    "Authorization": f"Bearer {tokens[sender]}",
                    "X-Aicost-Write": who.write_secret,
                    "Content-Encoding": "gzip",
                },
            )
            if answer.status_code not in (200, 201):
                raise RuntimeError(f"a document was answered {answer.status_code}: {answer.text}")

        with ThreadPoolExecutor(AT_ONCE) as pool:
            start_s = time.perf_counter()
            list(pool.map(send, range(number)))
            took_s = time.perf_counter() - start_s
    what = f"documents a second into {engine}, {AT_ONCE} at once, sender on this machine"
    return Figure(what=what, value=number / took_s, unit="")


def _reports(address: str, developers: int, bench: Bench) -> list[Figure]:
    """Return how long reports of a big team take, first and then."""
    database = Database.at(address)
    migrate(database)
    database.close()
    today = datetime.now(UTC).date()
    fill(address, developers, today)
    first, last = range_of(ASKED_WEEKS, today)
    asked = {"from": first.isoformat(), "to": last.isoformat()}
    reader = {"Authorization": f"Bearer {TOKEN}"}
    with (
        _server(address, bench) as url,
        httpx.Client(base_url=url, timeout=900, headers=reader) as client,
    ):
        first_s = _asked(client, "/v1/teams/acme/report", asked)
        found = [
            _asked(client, "/v1/teams/acme/report", {**asked, "group": GROUPS[at % len(GROUPS)]})
            for at in range(REPORTS)
        ]
        page = [_asked(client, "/", {"weeks": str(ASKED_WEEKS)}) for _ in range(20)]
    of = f"{developers:,} developers, {DAYS} days, PostgreSQL"
    return [
        Figure(what=f"13 weeks published at once (a server does it ahead), {of}", value=first_s),
        Figure(what=f"a report, p95, {of}", value=quantile(found, 0.95), at_most=REPORT_AT_MOST_S),
        Figure(what=f"the page, p95, {of}", value=quantile(page, 0.95), at_most=REPORT_AT_MOST_S),
    ]


def _asked(client: httpx.Client, path: str, params: dict[str, str]) -> float:
    start_s = time.perf_counter()
    answer = client.get(path, params=params)
    took_s = time.perf_counter() - start_s
    if answer.status_code != 200:
        raise RuntimeError(f"{path} was answered {answer.status_code}")
    return took_s


@contextmanager
def _server(address: str, bench: Bench) -> Iterator[str]:
    env = {"AICOST_TEAM_READER_TOKEN": TOKEN}
    with team_server(address, bench.scratch / "team.log", env=env) as found:
        yield found.url


def fill(address: str, developers: int, today: date) -> None:
    """Let a team work on weekdays, written in bulk as the server would have."""
    chance = random.Random(developers)
    sources, days, rows = list[list[object]](), list[list[object]](), list[list[object]]()
    numbers: dict[tuple[int, str], int] = {}
    for day in (today - timedelta(days=back) for back in range(DAYS, 0, -1)):
        epoch, name = epoch_of(day), day.isoformat()
        for person in range(developers) if day.weekday() < 5 else ():
            number = numbers.setdefault((person, epoch), len(numbers) + 1)
            if number > len(sources):
                sources.append([number, f"p{number:025}", epoch, "x", None])
            days.append(
                [number, name, "", 1, "x", 0, "bench", "x", 2, 3, 30, *([1] * len(OUTCOMES))]
            )
            rows += [[number, name, "", *_values(one)] for one in rows_of(chance)]
        if len(rows) > 200_000:
            _write(address, days, rows)
    _write(address, days, rows)
    _copy(address, "source", ("id", "pseudonym", "epoch", "write_hash", "cohort"), sources)


def _write(address: str, days: list[list[object]], rows: list[list[object]]) -> None:
    own = ("source", "day", "device")
    of_days = (*own, "revision", "body_hash", "final", "client", "price_book", *TOTALS, *OUTCOMES)
    of_rows = (
        *own, *WORDS, *(f"{name}_tokens" for name in TOKENS), *COUNTS, "cost_list_microusd",
    )  # fmt: skip
    _copy(address, "source_day", of_days, days)
    _copy(address, "day_row", of_rows, rows)
    days.clear()
    rows.clear()


def _values(one: DayRow) -> list[object]:
    words = [getattr(one, name) or "" for name in WORDS]
    tokens = [getattr(one.tokens, name) for name in TOKENS]
    return [*words, *tokens, *(getattr(one, name) for name in COUNTS), one.cost_list_microusd]


def _copy(
    address: str, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    import psycopg

    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        copied = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with cursor.copy(copied) as copying:
            for one in rows:
                copying.write_row(one)
