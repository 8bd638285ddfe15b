"""What the ledger and the client say of a session; hidden spend is kept up, in any order."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from corpora import Scenario
from ledgers import opened, read_everything
from log_builders import MODEL, calls_read, event, open_ledger, tokens

from aicost.core.facts import ClientTotal, CopySeen, FileRead, Parsed
from aicost.core.reconcile import Cause
from aicost.daemon.engine import Engine
from aicost.store.accounts import accounts, hidden
from aicost.store.ledger import Ledger


def kept(engine: Engine) -> dict[str, tuple[int | None, str]]:
    query = (
        "SELECT x.session_id, h.cost_nusd, h.causes FROM hidden_spend h"
        " JOIN session x ON x.id = h.session"
    )
    return {name: (cost, why) for name, cost, why in engine.ledger.db.execute(query)}


def read_evidence(engine: Engine) -> None:
    for _ in engine.read(engine.survey().without_evidence, cores=1):
        pass
    engine.settle()


EXPECTED = {
    "01_plain": [],
    "06_resume": [],
    "08_websearch": [(28_000_000, "web_search")],
    "10_compact": [(19_145_000, "compaction")],
    "12_interrupt": [(1_660_000, "cut_stream")],
    "33_toolong": [(24_067_500, "compaction")],
    "40_prompthook": [(2_300_000, "hook")],
}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_hidden_spend_is_kept_with_its_causes(
    claude_lab: Mapping[str, Scenario], tmp_path: Path, name: str, expected: list[tuple[int, str]]
) -> None:
    with opened(tmp_path, [claude_lab[name].home]) as engine:
        read_everything(engine)
        read_evidence(engine)
        assert list(kept(engine).values()) == expected
        spent, causes = hidden(engine.ledger.db, "1", ())
        assert spent.cost_nusd == sum(cost for cost, _ in expected)
        assert " ".join(causes) == (expected[0][1] if expected else "")


def test_the_order_of_reading_changes_nothing(
    claude_lab: Mapping[str, Scenario], tmp_path: Path
) -> None:
    """A fork's total holds its parent's: whichever log is read first."""
    found = []
    home = claude_lab["06_resume"].home
    logs = [(str(path), str(home)) for path in sorted(home.glob("projects/**/*.jsonl"))]
    for number, order in enumerate(permutations(logs)):
        with opened(tmp_path / str(number), [home]) as engine:
            for log in order:
                engine.read_paths([log])
                engine.read_evidence_of([log])
            one = [(f.session_id, f.model, f.client, f.causes) for f in accounts(engine.ledger.db)]
            found.append((one, kept(engine)))
    assert all(one == found[0] for one in found)
    assert {cause for one in found[0][0] for cause in one[3]} == {Cause.FORK}


def test_of_codex_only_our_figure_is_known(
    codex_lab: Mapping[str, Scenario], tmp_path: Path
) -> None:
    with opened(tmp_path, [codex_lab["plain"].home]) as engine:
        read_everything(engine)
        findings = accounts(engine.ledger.db)
    assert findings
    assert all(one.causes == (Cause.AT_LEAST,) and one.client is None for one in findings)
    assert sum(one.ours.calls for one in findings) > 0


def said(session_id: str, cost_nusd: int) -> ClientTotal:
    used = tokens(100, 10)
    return ClientTotal(
        session_id=session_id, model=MODEL, tokens=used, web_searches=0, cost_nusd=cost_nusd
    )


def evidence(parsed: Parsed) -> FileRead:
    return replace(calls_read(path="e.jsonl"), stage="evidence", parsed=(parsed,))


def hidden_by_session(ledger: Ledger) -> dict[str, int]:
    ledger.settle()
    query = (
        "SELECT x.session_id, h.output_tokens FROM hidden_spend h"
        " JOIN session x ON x.id = h.session"
    )
    return dict(ledger.db.execute(query))


@pytest.mark.parametrize("settles", [False, True])
def test_a_session_that_loses_its_calls_is_settled_again(settles: bool) -> None:
    """A better record says that another session made them."""
    with open_ledger() as ledger:
        ledger.record([calls_read(event(1, session_id="s-2", source_rank=1))])
        ledger.record([evidence(Parsed(client_totals=(said("s-2", 440_000),)))])
        if settles:
            assert hidden_by_session(ledger) == {}
        ledger.record([calls_read(event(1, session_id="s-1"), path="s-1.jsonl")])
        assert hidden_by_session(ledger) == {"s-2": 10}


def test_hidden_spend_without_a_price_takes_none_away_from_the_rest() -> None:
    """A model that came out today must not hide what is known of all others."""
    new = replace(event(2, session_id="s-2"), model="claude-new-9")
    more = replace(said("s-2", 900_000), tokens=tokens(100, 20), model="claude-new-9")
    known = replace(said("s-1", 480_000), tokens=tokens(100, 20))
    with open_ledger() as ledger:
        ledger.record([calls_read(event(1), new), evidence(Parsed(client_totals=(more,)))])
        ledger.settle()
        assert hidden(ledger.db, "1", ())[0].cost_nusd is None
        ledger.record([evidence(Parsed(client_totals=(known,)))])
        ledger.settle()
        spent, causes = hidden(ledger.db, "1", ())
        assert (spent.cost_nusd, spent.tokens.output_tokens) == (40_000, 20)
        assert Cause.UNKNOWN_MODEL in causes


def test_many_sessions_are_settled_some_at_a_time() -> None:
    names = [f"s-{number}" for number in range(250)]
    calls = [event(n, session_id=name) for n, name in enumerate(names)]
    totals = tuple(said(name, 880_000) for name in names[:120])
    totals = tuple(replace(one, tokens=tokens(100, 20)) for one in totals)
    with open_ledger() as ledger:
        ledger.record([calls_read(*calls), evidence(Parsed(client_totals=totals))])
        ledger.settle_some()
        (early,) = ledger.db.execute("SELECT count(*) FROM hidden_spend").fetchone()
        assert 0 < early < 120
        assert hidden_by_session(ledger) == dict.fromkeys(names[:120], 10)


def test_an_append_looks_at_few_of_the_calls_that_forks_copied() -> None:
    calls = [event(n, session_id=f"s-{n % 20}") for n in range(2_000)]
    copies = tuple(CopySeen(session_id="fork", event_key=call.event_key) for call in calls)
    with open_ledger() as ledger:
        ledger.record([calls_read(*calls), evidence(Parsed(copies=copies))])
        ledger.settle()
        ticks = 0

        def tick() -> None:
            nonlocal ticks
            ticks += 1

        ledger.record([calls_read(event(9_999, session_id="other"), path="o.jsonl")])
        ledger.db.set_progress_handler(tick, 100)
        ledger.settle()
        ledger.db.set_progress_handler(None, 0)
        assert ticks < 20
