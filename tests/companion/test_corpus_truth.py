"""What the real client logged, read the whole way, against what it was served.

In most recorded scenarios the ledger equals the truth. In 15 it cannot: the log says more or less
than was served. Each such difference stands here, exact, with its cause.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest
from corpora import Excerpt, Scenario
from lab.oracle import Usage
from ledgers import opened, read_everything, tokens_by_model

from aicost.core.reports import ReportQuery
from aicost.core.usage import TokenCounts
from aicost.store.reports import report

NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Difference:
    """Logged minus served, in one scenario, of one model."""

    why: str
    model: str
    usage: Usage


def more(why: str, model: str, usage: Usage) -> Difference:
    return Difference(why, model, usage)


def less(why: str, model: str, usage: Usage) -> Difference:
    return Difference(why, model, Usage(*(-count for count in astuple(usage))))


COMPACTION = "the request that summarises the conversation has no assistant line"
PROBE = "/model asks the new model for one token; that request has no assistant line"
FAILED = "the log has message_start's usage of a response that then failed"
CANCELLED = "the log has message_start's usage of a response that the user stopped"
HOOK = "prompt and agent hooks ask a model; those requests have no assistant line"
LABELS = "a background session's title and state come from requests without an assistant line"
SEARCH = "the inner request of the WebSearch tool has no assistant line"
UNLOGGED = "two of the sessions ran with --no-session-persistence, which writes no log"

OPUS_5, OPUS_5_5, HAIKU, SONNET = (
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-haiku-4-5",
    "claude-sonnet-5",
)
SUMMARY = Usage(input_tokens=500, output_tokens=90, cache_write_5m_tokens=50, cache_read_tokens=100)
ONE_PROBE = Usage(input_tokens=10, output_tokens=20)


def usage(fresh: int, read: int, write_5m: int, output: int, searches: int = 0) -> Usage:
    return Usage(
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_5m_tokens=write_5m,
        output_tokens=output,
        web_searches=searches,
    )


DIFFERENCES = {
    "05_errors": more(FAILED, OPUS_5_5, usage(50, 100, 10, 1)),
    "08_websearch": less(SEARCH, OPUS_5_5, usage(500, 0, 0, 300, searches=2)),
    "10_compact": less(COMPACTION, SONNET, usage(5000, 100, 50, 900)),
    "12_interrupt": more(CANCELLED, OPUS_5_5, usage(10, 1000, 200, 5)),
    "16_modelswitch": less(PROBE, HAIKU, ONE_PROBE),
    "20_hooks": less(COMPACTION, OPUS_5, SUMMARY),
    "21_hooks2": less(PROBE, HAIKU, ONE_PROBE),
    "22_status": less(COMPACTION, HAIKU, SUMMARY),
    "24_block_tui": less(PROBE, HAIKU, ONE_PROBE),
    "25_httphooks": less(COMPACTION, OPUS_5, SUMMARY),
    "30_dirs": less(UNLOGGED, OPUS_5_5, usage(20, 0, 0, 40)),
    "32b_autocompact_env": less(COMPACTION, HAIKU, usage(540, 190_000, 50, 981)),
    "33_toolong": less(COMPACTION, HAIKU, usage(500, 190_000, 50, 901)),
    "36_bg": less(LABELS, OPUS_5_5, usage(30, 0, 0, 60)),
    "40_prompthook": less(HOOK, OPUS_5_5, usage(320, 0, 0, 51)),
}

SCENARIOS = (
    *DIFFERENCES,
    *("01_plain", "02_tools", "03_parallel", "04_subagent", "06_resume", "07_budget", "09_tui"),
    *("11_autocompact", "13_killed", "14_bgagent", "15_worktree", "23_status_refresh", "31_fast"),
    *("32_autocompact", "34_bigline", "35_fallback", "37_sessions", "38_otel", "39_cleanup"),
    "41_signals",
)


def served_by_model(scenario: Scenario) -> dict[str, Usage]:
    """Sum what was served to the end."""
    sums: dict[str, Usage] = defaultdict(Usage)
    for call in scenario.truth["served"]:
        if call["complete"]:
            sums[call["model"]] += Usage(
                input_tokens=call["input"],
                cache_read_tokens=call["cache_read"],
                cache_write_5m_tokens=call["cache_5m"],
                cache_write_1h_tokens=call["cache_1h"],
                output_tokens=call["output"],
                web_searches=call["web_search"],
            )
    return dict(sums)


def as_usage(tokens: TokenCounts, searches: int) -> Usage:
    return Usage(
        input_tokens=tokens.input_tokens,
        cache_read_tokens=tokens.cache_read_tokens,
        cache_write_5m_tokens=tokens.cache_write_5m_tokens,
        cache_write_1h_tokens=tokens.cache_write_1h_tokens,
        output_tokens=tokens.output_tokens,
        web_searches=searches,
    )


def test_every_scenario_is_looked_at(claude_lab: Mapping[str, Scenario]) -> None:
    assert set(SCENARIOS) == set(claude_lab)
    assert len(DIFFERENCES) == 15


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_tokens_by_model_are_what_was_served(
    claude_lab: Mapping[str, Scenario], home: Path, name: str
) -> None:
    scenario = claude_lab[name]
    expected = served_by_model(scenario)
    if difference := DIFFERENCES.get(name):
        expected[difference.model] = expected.get(difference.model, NOTHING) + difference.usage
    with opened(home / "aicost", [scenario.home]) as engine:
        read_everything(engine)
        logged = {
            model: as_usage(*counted)
            for model, counted in tokens_by_model(engine.ledger.db).items()
        }
    assert logged == {model: usage for model, usage in expected.items() if usage != NOTHING}


@pytest.mark.parametrize("name", ["01_plain", "04_subagent", "06_resume", "31_fast"])
def test_sessions_are_those_that_were_served(
    claude_lab: Mapping[str, Scenario], home: Path, name: str
) -> None:
    """A fork's copied lines stay with the session that made the calls."""
    scenario = claude_lab[name]
    with opened(home / "aicost", [scenario.home]) as engine:
        read_everything(engine)
        rows = report(engine.ledger.db, ReportQuery(by="session")).rows
    served = {key: session["requests"] for key, session in scenario.truth["sessions"].items()}
    assert {row.key: row.requests for row in rows} == served


def test_the_excerpt_of_real_logs_adds_up(real_excerpt: Excerpt, home: Path) -> None:
    with opened(home / "aicost", [real_excerpt.home]) as engine:
        read_everything(engine)
        logged = tokens_by_model(engine.ledger.db)
        total = report(engine.ledger.db, ReportQuery()).total
        skipped = report(engine.ledger.db, ReportQuery()).skipped_lines
    truth = real_excerpt.truth
    assert {model: as_usage(*counted) for model, counted in logged.items()} == {
        model: Usage(**{key: value for key, value in counts.items() if key != "calls"})
        for model, counts in truth["models"].items()
    }
    assert (total.requests, skipped) == (truth["calls"], truth["broken_lines"])


def test_the_real_corpus_adds_up(real_corpus: Path, home: Path) -> None:
    with opened(home / "aicost", [real_corpus]) as engine:
        for _ in engine.read_all(engine.survey()):
            pass
        found = report(engine.ledger.db, ReportQuery())
    total = found.total
    assert found.skipped_lines == 4  # each of them two records in one line
    assert total.requests == 9713
    assert as_usage(total.tokens, total.web_searches) == Usage(
        input_tokens=349_171,
        cache_read_tokens=813_843_432,
        cache_write_5m_tokens=23_835_640,
        cache_write_1h_tokens=13_194_917,
        output_tokens=1_297_001,
    )
    assert total.cost_nusd is not None
    assert round(total.cost_nusd / 1000) == 656_066_839  # micro-dollars
