"""Our calls against the client's totals: each cause with the figures on both sides of it.

Figures with a scenario's name beside them are those of a run of Claude Code 2.1.330.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import MODEL, at, tokens

from aicost.core.facts import ClientTotal, HiddenKind, HiddenSeen
from aicost.core.reconcile import (
    WHOLE_SESSION,
    Cause,
    Finding,
    SessionAccount,
    largest_totals,
    reconcile,
)
from aicost.core.spent import NOTHING, ByModel, Spent
from aicost.core.usage import TokenCounts

Call = tuple[datetime, str, Spent]  # when, of which model


def spent(input: int = 100, output: int = 10, nusd: int | None = 1_000, **more: Any) -> Spent:
    searches, calls = more.pop("searches", 0), more.pop("calls", 1)
    return Spent(
        tokens=tokens(input, output, **more), web_searches=searches, cost_nusd=nusd, calls=calls
    )


def total(
    input: int = 100, output: int = 10, nusd: int = 1_000, *, model: str = MODEL, **more: Any
) -> ClientTotal:
    searches = more.pop("searches", 0)
    return ClientTotal(
        session_id=more.pop("session", "s-1"),
        model=model,
        tokens=tokens(input, output, **more),
        web_searches=searches,
        cost_nusd=nusd,
    )


def hint(kind: HiddenKind, minutes: float = 1) -> HiddenSeen:
    return HiddenSeen(key=f"claude:{kind}", session_id="s-1", at=at(minutes), kind=kind)


def account(*totals: ClientTotal, ours: ByModel | None = None, **changes: Any) -> SessionAccount:
    """One session with one call, unless said otherwise."""
    fields: dict[str, Any] = {"session_id": "s-1", "ours": {MODEL: spent()}}
    fields |= {} if ours is None else {"ours": ours}
    return SessionAccount(totals=totals, **(fields | changes))


def nothing_before(_: str, __: datetime | None) -> ByModel:
    return {}


def found(*totals: ClientTotal, **changes: Any) -> Finding:
    """Return the one finding of one session that is no fork."""
    (one,) = reconcile([account(*totals, **changes)], nothing_before)
    return one


# One session


def test_a_client_that_says_what_we_counted_is_exact() -> None:
    one = found(total())
    assert one == Finding(
        session_id="s-1",
        model=MODEL,
        ours=spent(),
        client=spent(calls=0),
        cost_difference_nusd=0,
    )
    assert one.is_exact


@pytest.mark.parametrize("kind", ["compaction", "web_search", "hook", "cut_stream"])
def test_what_only_the_client_counts_is_hidden_and_has_the_cause_that_the_log_hints_at(
    kind: HiddenKind,
) -> None:
    one = found(total(600, 310, 9_000), hints=(hint(kind),))
    assert one.hidden == spent(500, 300, 8_000, calls=0)
    assert (one.missing, one.causes) == (NOTHING, (Cause(kind),))
    assert not one.is_exact
    without = found(total(600, 310, 9_000))
    assert (without.hidden, without.causes) == (one.hidden, (Cause.NO_TRACE,))


def test_all_that_may_explain_hidden_spend_is_named_in_one_order() -> None:
    more = total(600, 310, 9_000, searches=2)
    assert found(more).causes == (Cause.WEB_SEARCH,)
    for hints in ((hint("hook"), hint("compaction")), (hint("compaction"), hint("hook"))):
        assert found(more, hints=hints).causes == (
            Cause.COMPACTION,
            Cause.WEB_SEARCH,
            Cause.HOOK,
        )


def test_a_hint_explains_no_difference_that_is_not_there() -> None:
    assert found(total(), hints=(hint("compaction"), hint("hook"))).causes == ()


def test_titles_are_counted_nowhere_so_only_the_cause_is_known() -> None:
    one = found(total(), hints=(hint("title"),))
    assert (one.causes, one.hidden, one.is_exact) == ((Cause.TITLE,), NOTHING, True)
    assert found(hints=(hint("title"),)).causes == (Cause.NO_TOTAL, Cause.TITLE)


def test_a_client_that_said_nothing_leaves_only_ours() -> None:
    one = found()
    assert (one.client, one.causes, one.is_exact) == (None, (Cause.NO_TOTAL,), False)
    assert (one.hidden, one.missing, one.cost_difference_nusd) == (NOTHING, NOTHING, None)


def test_a_total_without_any_call_of_ours_lacks_its_log() -> None:
    one = found(total(), ours={})
    assert (one.hidden, one.causes) == (spent(calls=0), (Cause.NO_LOG,))
    assert one.ours == NOTHING


def test_a_run_that_the_client_forgot_makes_what_is_hidden_a_lower_bound() -> None:
    """A killed run of 11/100/1000, then one of 13/102/1200, then a compaction of 5000/900/100."""
    ours = spent(24, 202, 5_576_000, cache_read_tokens=2_200, calls=2)
    said = total(5_013, 1_002, 41_102_000, cache_read_tokens=1_300)
    one = found(said, ours={MODEL: ours}, hints=(hint("compaction"),))
    assert one.hidden == spent(4_989, 800, 35_526_000, calls=0)
    assert one.missing == spent(0, 0, None, cache_read_tokens=900, calls=0)
    assert one.causes == (Cause.COMPACTION, Cause.LOST_RUN)


def test_a_total_of_before_the_last_calls_is_short_of_them() -> None:
    one = found(total(60, 4, 600))
    assert one.missing == spent(40, 6, 400, calls=0)
    assert (one.hidden, one.causes) == (NOTHING, (Cause.LOST_RUN,))


def test_a_model_that_the_client_lacks_is_missing_there() -> None:
    ours = {MODEL: spent(), "claude-late": spent(1, 1, 5)}
    late, _ = reconcile([account(total(), ours=ours)], nothing_before)
    assert (late.model, late.missing) == ("claude-late", spent(1, 1, 5))
    assert late.causes == (Cause.LOST_RUN,)


@pytest.mark.parametrize(
    ("nusd", "causes"),
    [
        (1_000, ()),
        (1_001, ()),  # each call is rounded by itself
        (999, ()),
        (1_002, (Cause.PRICE,)),
        (998, (Cause.PRICE,)),
    ],
)
def test_equal_tokens_at_another_price_are_no_hidden_spend(
    nusd: int, causes: tuple[Cause, ...]
) -> None:
    one = found(total(nusd=nusd))
    assert (one.causes, one.hidden, one.cost_difference_nusd) == (causes, NOTHING, nusd - 1_000)
    assert one.is_exact is (causes == ())


def test_rounding_grows_with_the_number_of_calls() -> None:
    assert found(total(nusd=1_005), ours={MODEL: spent(calls=5)}).is_exact
    assert not found(total(nusd=1_006), ours={MODEL: spent(calls=5)}).is_exact


def test_hidden_tokens_that_cost_nothing_more_have_no_known_price() -> None:
    one = found(total(600, 310, 1_000))
    assert one.hidden == spent(500, 300, None, calls=0)
    assert one.causes == (Cause.NO_TRACE, Cause.PRICE)


def test_dollars_for_no_token_at_all_are_a_price_and_no_hidden_spend() -> None:
    one = found(total(0, 0, 500), ours={})
    assert (one.hidden, one.causes) == (NOTHING, (Cause.PRICE,))


def test_a_model_without_a_list_price_is_the_clients_guess() -> None:
    one = found(total(nusd=2_740), ours={MODEL: spent(nusd=None)})
    assert (one.causes, one.cost_difference_nusd) == ((Cause.UNKNOWN_MODEL,), None)
    assert (one.hidden, one.is_exact) == (NOTHING, False)


@pytest.mark.parametrize(
    ("logged", "said"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),  # both spellings from one run
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929[1m]"),
    ],
)
def test_a_model_goes_by_the_logs_name_whatever_the_client_calls_it(logged: str, said: str) -> None:
    one = found(total(model=said), ours={logged: spent()})
    assert (one.model, one.is_exact) == (logged, True)


def test_two_names_of_one_model_are_added_up() -> None:
    said = [total(model=name) for name in ("claude-opus-5-5", "claude-opus-5-5[1m]")]
    one = found(*said, ours={"claude-opus-5-5": spent(200, 20, 2_000)})
    assert one.is_exact


def test_the_largest_total_counts_and_one_with_split_cache_writes_before_one_without() -> None:
    small, unsplit = total(1, 1, 1), total(nusd=9, cache_write_5m_tokens=50)
    split = total(nusd=9, cache_write_1h_tokens=50)
    for totals in ([small, unsplit, split], [split, unsplit, small]):
        assert largest_totals(totals) == {MODEL: split}
    assert largest_totals([total(0, 5), total(0, 6)]) == {MODEL: total(0, 6)}


def test_a_total_without_a_split_of_cache_writes_is_compared_by_their_sum() -> None:
    ours = {MODEL: spent(cache_write_1h_tokens=500, cache_write_5m_tokens=100)}
    assert found(total(cache_write_5m_tokens=600), ours=ours).is_exact


# The whole session's dollars (a status line)


def whole(nusd: int) -> ClientTotal:
    return total(0, 0, nusd, model=WHOLE_SESSION)


def test_dollars_alone_are_compared_for_the_session_as_a_whole() -> None:
    ours = {MODEL: spent(), "claude-b": spent(nusd=500)}
    overall, first, second = reconcile([account(whole(1_700), ours=ours)], nothing_before)
    assert (overall.model, overall.hidden) == (WHOLE_SESSION, Spent(cost_nusd=200))
    assert overall.causes == (Cause.NO_TRACE,)
    assert overall.ours == spent(200, 20, 1_500, calls=2)
    assert [one.client for one in (first, second)] == [None, None]
    assert [one.causes for one in (first, second)] == [(), ()]


@pytest.mark.parametrize(
    ("nusd", "causes"),
    [
        (1_000, ()),
        (1_001, ()),
        (999, ()),
        (1_002, (Cause.COMPACTION,)),
        (998, (Cause.LOST_RUN, Cause.PRICE)),
    ],
)
def test_dollars_alone_may_be_off_by_each_calls_rounding(
    nusd: int, causes: tuple[Cause, ...]
) -> None:
    hints = (hint("compaction"),)
    overall, _ = reconcile([account(whole(nusd), hints=hints)], nothing_before)
    assert overall.causes == causes
    assert overall.cost_difference_nusd == nusd - 1_000
    assert overall.missing == (Spent(cost_nusd=2) if nusd == 998 else NOTHING)


def test_what_the_models_totals_explain_is_not_hidden_twice() -> None:
    compacted = total(600, 310, 9_000)
    for nusd, models in ((8_000, 1), (9_000, 1), (9_001, 1), (9_002, 2), (9_500, 2)):
        rows = reconcile([account(compacted, whole(nusd))], nothing_before)
        assert len(rows) == models
    overall, model = rows
    assert (overall.hidden, model.hidden.cost_nusd) == (Spent(cost_nusd=500), 8_000)


def test_dollars_alone_say_nothing_where_a_price_is_unknown() -> None:
    overall, _ = reconcile([account(whole(5_000), ours={MODEL: spent(nusd=None)})], nothing_before)
    assert (overall.causes, overall.hidden) == ((Cause.UNKNOWN_MODEL,), NOTHING)


def test_dollars_without_a_log_are_hidden_whole() -> None:
    one = found(whole(5_000), ours={})
    assert (one.model, one.hidden, one.causes) == (
        WHOLE_SESSION,
        Spent(cost_nusd=5_000),
        (Cause.NO_LOG,),
    )
    assert reconcile([account(whole(0), ours={})], nothing_before) == ()


# Forks


def family(
    calls: Mapping[str, list[Call]],
    totals: Mapping[str, tuple[ClientTotal, ...]],
    copied: Mapping[str, set[str]],
    hints: Mapping[str, tuple[HiddenSeen, ...]],
) -> dict[tuple[str, str], Finding]:
    """Reconcile sessions that go on from each other, given each one's own calls."""

    def before(session_id: str, cut: datetime | None) -> dict[str, Spent]:
        sums: dict[str, Spent] = {}
        for when, model, one in calls.get(session_id, []):
            if cut is None or when < cut:
                sums[model] = sums.get(model, NOTHING) + one
        return sums

    names = sorted({*calls, *totals, *copied, *hints})
    accounts = [
        SessionAccount(
            session_id=name,
            ours=before(name, None),
            totals=totals.get(name, ()),
            hints=hints.get(name, ()),
            copied_from=frozenset(copied.get(name, set())),
            first_own_at=min((when for when, _, _ in calls.get(name, [])), default=None),
        )
        for name in names
    ]
    found = {(one.session_id, one.model): one for one in reconcile(accounts, before)}
    backwards = {(one.session_id, one.model): one for one in reconcile(accounts[::-1], before)}
    assert found == backwards
    return found


# A session, a fork of it, a compaction, a call, another fork, and a fork of that one. What a fork
# copies begins at the last compaction, so its log does not hold all that its client counts again.
CALLS: dict[str, list[Call]] = {
    "parent": [(at(1), MODEL, spent(11, 100, 2_744)), (at(4), MODEL, spent(13, 102, 2_832))],
    "early": [(at(2), MODEL, spent(12, 101, 2_788))],
    "late": [(at(5), MODEL, spent(14, 103, 2_876))],
    "latest": [(at(6), MODEL, spent(15, 104, 2_920))],
}
TOTALS = {
    "parent": (total(5_024, 1_102, 43_846),),
    "early": (total(23, 201, 5_532),),
    "late": (total(5_038, 1_205, 46_722),),
    "latest": (total(5_053, 1_309, 49_642),),
}
COPIED = {"early": {"parent"}, "late": {"parent"}, "latest": {"parent", "late"}}


@pytest.mark.parametrize("who_has_the_hint", ["parent", "late", "latest"])
def test_forks_count_what_was_used_before_them_again_and_it_is_taken_off(
    who_has_the_hint: str,
) -> None:
    """The compaction's record is in three logs, under one key: who is read first has the hint."""
    hints = {who_has_the_hint: (hint("compaction", minutes=3),)}
    found = family(CALLS, TOTALS, COPIED, hints)
    compacted = found["parent", MODEL]
    assert compacted.hidden == spent(5_000, 900, 38_270, calls=0)
    assert (compacted.causes, compacted.inherited) == ((Cause.COMPACTION,), NOTHING)
    for name in ("early", "late", "latest"):
        fork = found[name, MODEL]
        assert (fork.causes, fork.is_exact) == ((Cause.FORK,), True)
        assert fork.client == spent(*fork.ours.tokens.counts()[::4], fork.ours.cost_nusd, calls=0)
    assert found["early", MODEL].inherited == spent(11, 100, 2_744)
    assert found["latest", MODEL].inherited == spent(5_038, 1_205, 46_722, calls=3)


def test_a_forks_own_hidden_spend_is_its_own() -> None:
    totals = TOTALS | {"late": (total(5_138, 1_215, 46_722 + 700),)}
    hints = {"parent": (hint("compaction", minutes=3),), "late": (hint("hook", minutes=6),)}
    copied = COPIED | {"latest": set[str]()}
    late = family(CALLS, totals, copied, hints)["late", MODEL]
    assert (late.hidden, late.causes) == (
        spent(100, 10, 700, calls=0),
        (Cause.HOOK, Cause.FORK),
    )


def test_what_a_parent_hides_after_it_was_left_is_not_taken_off() -> None:
    totals = TOTALS | {"early": (total(5_023, 1_101, 43_802),)}
    after = family(CALLS, totals, COPIED, {"parent": (hint("compaction", minutes=3),)})
    assert after["early", MODEL].hidden == spent(5_000, 900, 38_270, calls=0)
    before = family(CALLS, totals, COPIED, {"parent": (hint("compaction", minutes=1.5),)})
    assert before["early", MODEL].hidden == NOTHING


def test_a_fork_of_a_fork_inherits_through_it_what_its_own_log_no_longer_holds() -> None:
    copied = COPIED | {"latest": {"late"}}
    found = family(CALLS, TOTALS, copied, {"parent": (hint("compaction", minutes=3),)})
    assert found["latest", MODEL].is_exact


def test_a_fork_that_did_nothing_yet_says_no_more_than_its_parent() -> None:
    totals = {"parent": TOTALS["parent"], "new": TOTALS["parent"]}
    found = family({"parent": CALLS["parent"]}, totals, {"new": {"parent"}}, {})
    assert (found["new", MODEL].ours, found["new", MODEL].client) == (NOTHING, NOTHING)
    assert found["new", MODEL].causes == (Cause.FORK,)


def test_dollars_of_a_fork_are_less_its_parents_too() -> None:
    totals = {"parent": (whole(43_846),), "late": (whole(46_722),), "early": (whole(5_632),)}
    hints = {"parent": (hint("compaction", minutes=3),)}
    found = family(CALLS, totals, COPIED, hints)
    assert found["parent", WHOLE_SESSION].hidden == Spent(cost_nusd=38_270)
    late, early = found["late", WHOLE_SESSION], found["early", WHOLE_SESSION]
    assert (late.causes, late.client) == ((Cause.FORK,), Spent(cost_nusd=2_876))
    assert early.hidden == Spent(cost_nusd=100)
    assert early.causes == (Cause.COMPACTION, Cause.FORK)


def test_sessions_that_copy_each_other_end_all_the_same() -> None:
    copied = {"parent": {"early", "parent"}, "early": {"parent"}}
    found = family({name: CALLS[name] for name in copied}, TOTALS, copied, {})
    assert {name for name, _ in found} == set(TOTALS)


def test_every_cause_has_its_sentence() -> None:
    sentences = [cause.sentence for cause in Cause]
    assert len(set(sentences)) == len(list(Cause))
    assert all(sentence[-1].isalnum() for sentence in sentences)


# Anything at all

MODELS = st.sampled_from(["claude-opus-5-5", "claude-opus-5-5[1m]", "mine"])
COUNTS = st.builds(
    TokenCounts,
    input_tokens=st.integers(0, 3),
    cache_write_5m_tokens=st.integers(0, 3),
    cache_write_1h_tokens=st.integers(0, 3),
    output_tokens=st.integers(0, 3),
)
NUSD = st.integers(0, 20)
SPENT = st.builds(
    Spent, tokens=COUNTS, web_searches=st.integers(0, 1), cost_nusd=st.none() | NUSD,
    calls=st.integers(1, 2),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def histories(draw: st.DrawFn) -> dict[tuple[str, str], Finding]:
    minutes = st.integers(0, 9).map(at)
    calls = st.lists(st.tuples(minutes, MODELS, SPENT), max_size=3)
    totals = st.builds(
        ClientTotal, session_id=NAMES, model=MODELS | st.just(WHOLE_SESSION), tokens=COUNTS,
        web_searches=st.integers(0, 1), cost_nusd=NUSD,
    )  # fmt: skip
    kinds: list[HiddenKind] = ["compaction", "web_search", "hook", "cut_stream", "title"]
    hints = st.builds(hint, st.sampled_from(kinds), st.integers(0, 9))
    return family(
        draw(st.dictionaries(NAMES, calls)),
        draw(st.dictionaries(NAMES, st.lists(totals, max_size=3).map(tuple))),
        draw(st.dictionaries(NAMES, st.sets(NAMES))),
        draw(st.dictionaries(NAMES, st.lists(hints, max_size=2).map(tuple))),
    )


@given(histories())
def test_whatever_was_said_each_difference_has_a_cause_and_nothing_is_negative(
    found: dict[tuple[str, str], Finding],
) -> None:
    for (_, model), one in found.items():
        for part in (one.hidden, one.missing, one.inherited, one.ours):
            assert min(part.tokens.counts()) >= 0
            assert part.cost_nusd is None or part.cost_nusd >= 0
        differs = one.hidden != NOTHING or one.missing != NOTHING
        differs = (
            differs or abs(one.cost_difference_nusd or 0) > one.ours.calls + one.inherited.calls + 1
        )
        assert not (differs and one.is_exact)
        if one.client is not None and model != WHOLE_SESSION:
            ours, client = one.ours.tokens.counts()[:5], one.client.tokens.counts()[:5]
            hidden, missing = one.hidden.tokens.counts()[:5], one.missing.tokens.counts()[:5]
            assert [a + h - m for a, h, m in zip(ours, hidden, missing)] == list(client)
