"""Subagents, waste, rebuilt caches and outcomes: what each line says and what it opens."""

from typing import Any

import pytest
from builders import BERLIN, usd
from session_builders import (
    SESSION,
    at,
    bare_page,
    codex_page,
    hit,
    hostile_page,
    rebuild,
    session_page,
)

from aicost.core.outcome import Outcome, Verdict
from aicost_tui.entries import CallsTarget, Listing, NoteTarget
from aicost_tui.session_work import agent_listing, waste_listing, work_listing
from aicost_tui.spans import plain, width_of


def texts(listing: Listing) -> list[str]:
    return [plain(line).rstrip() for entry in listing.entries for line in entry.lines]


def test_subagents_are_a_tree_below_the_turns_that_started_them() -> None:
    listing = agent_listing(session_page(), BERLIN, 60)
    assert [line.split("  ")[0] for line in texts(listing)] == [
        "turn 1", "├ Explore", "└ Plan", "turn 4", "└ subagent",
    ]  # fmt: skip
    assert [entry.is_heading for entry in listing.entries] == [True, False, False, True, False]
    assert texts(listing)[1].split()[-4:] == ["16", "42.0k", "3m", "$0.16"]


def test_a_subagent_is_explained_by_its_own_calls() -> None:
    (_, agent, *_) = agent_listing(session_page(), BERLIN, 60).entries
    assert agent.target == CallsTarget(session_id=SESSION, title="Subagent Explore", thread="a1")


def test_the_dearest_waste_comes_first_with_what_to_do() -> None:
    lines = texts(waste_listing(session_page(), BERLIN, 100))
    assert lines[0] == "Led nowhere 2×, $1.03"
    assert lines[1].startswith("LOOP `npm test` failed 4 times the same way")
    assert lines[1].endswith("$0.92")
    assert lines[2] == "→ stop it, or narrow the task: name the error or the file"
    assert lines[3].startswith("LOOP cart.py was read 5 times, unchanged")


def test_each_rebuilt_cache_is_told_with_its_cause_the_last_first() -> None:
    lines = texts(waste_listing(session_page(), BERLIN, 60))
    at_title = lines.index("Cache rebuilt 2×, $0.78")
    assert lines[at_title + 1].split() == ["12:03", "model", "switch", "51.2k", "$0.29"]
    assert lines[at_title + 2].split() == ["11:42", "pause", "of", "21m", "86.4k", "$0.49"]


@pytest.mark.parametrize(
    ("cause", "cost", "words"),
    [
        ("pause", usd(0.49), ("for some minutes only", "$0.49 less")),
        ("model switch", usd(0.49), ("a cache of its own",)),
        ("", None, ("does not say why", "has no price")),
    ],
)
def test_a_rebuild_explains_itself(cause: Any, cost: int | None, words: tuple[str, ...]) -> None:
    page = session_page(hits=(), rebuilds=(rebuild(cause=cause, cost_nusd=cost),))
    (_, entry) = waste_listing(page, BERLIN, 60).entries
    assert isinstance(entry.target, NoteTarget)
    text = " ".join(entry.target.paragraphs)
    assert "86,400 tokens" in text
    assert all(word in text for word in words)


def test_a_hit_opens_the_calls_of_its_turn_and_thread() -> None:
    page = session_page(hits=(hit(thread="a3"),), rebuilds=())
    (_, entry) = waste_listing(page, BERLIN, 60).entries
    assert entry.target == CallsTarget(
        session_id=SESSION, title="Turn 4", turns=frozenset(("t-4",)), thread="a3"
    )
    assert plain(entry.detail[0]).startswith("12:12:07 – 12:24:07  repeat: ")


def test_an_outcome_is_told_with_its_reason() -> None:
    lines = texts(work_listing(session_page(), BERLIN, 70))
    assert lines[:2] == [
        "Outcome committed", "  commit 1f2e3d4 made, not in the default branch",
    ]  # fmt: skip
    verdict = Verdict(Outcome.ABANDONED, files=2)
    lost = work_listing(session_page(outcome=verdict), BERLIN, 70).entries[0]
    assert [span.role for span in lost.lines[0]] == ["label", "warn"]


def test_a_session_that_was_not_judged_says_so() -> None:
    lines = texts(work_listing(bare_page(), BERLIN, 70))
    assert lines == ["Outcome not judged yet", "  it is judged a while after its last call"]


def test_progress_tasks_and_commands_are_told() -> None:
    lines = texts(work_listing(session_page(), BERLIN, 70))
    assert "Progress 17" in lines
    assert [line.split() for line in lines if "turn" in line.split()[-2:-1]] == [
        ["bugfix", "1", "turn", "$1.25"], ["test-writing", "1", "turn", "$0.41"],
    ]  # fmt: skip
    assert "✓ npm test" in " ".join(lines)
    assert any(line.startswith("✕ npm run lint") for line in lines)
    assert any(line.endswith("9 runs, 5 failed") for line in lines)


def test_a_task_opens_the_calls_of_all_its_turns() -> None:
    targets = [entry.target for entry in work_listing(session_page(), BERLIN, 70).entries]
    assert (
        CallsTarget(session_id=SESSION, title="Task 3: bugfix", turns=frozenset(("t-3", "t-4")))
        in targets
    )


def test_a_codex_session_has_what_it_has() -> None:
    lines = texts(waste_listing(codex_page(), BERLIN, 60))
    assert lines[0] == "Cache rebuilt 1×"
    assert lines[1].split() == ["11:42", "cause", "not", "known", "86.4k", "?"]


@pytest.mark.parametrize("width", [20, 28, 46, 60, 78, 137])
@pytest.mark.parametrize("page", [session_page(), hostile_page(), bare_page(), codex_page()])
def test_every_width_holds_its_lines(page: Any, width: int) -> None:
    for make in (agent_listing, waste_listing, work_listing):
        listing = make(page, BERLIN, width)
        for entry in listing.entries:
            assert all(width_of(line) <= width for line in entry.lines), make
        assert width_of(listing.head) <= width


def test_no_name_of_a_log_acts_on_the_screen() -> None:
    for make in (agent_listing, waste_listing, work_listing):
        for entry in make(hostile_page(), BERLIN, 137).entries:
            text = "".join(map(plain, (*entry.lines, *entry.detail)))
            title = getattr(entry.target, "title", "")
            assert (text + title).isprintable()


def test_times_of_several_days_say_the_day() -> None:
    page = session_page(hits=(), rebuilds=(rebuild(), rebuild(at=at(60 * 20))))
    lines = texts(waste_listing(page, BERLIN, 60))
    assert lines[1].startswith("11-23 07:02 pause")
