"""Rollout lines to facts: each rule with the lines on both sides of it."""

import json
from typing import Any

import pytest
from codex_logs import (
    FORK,
    LATER_TURN,
    MODEL,
    NEW,
    OLD,
    THREAD,
    TURN,
    Five,
    call,
    context,
    count,
    event_row,
    fork_meta,
    io,
    meta,
    parsed,
    prompt,
    record,
    row,
    settings,
    started,
    subagent,
    usage,
    used,
    uuid7,
)
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at, line, tokens

from aicost.core.facts import Parsed, PromptSeen, RemoteSeen, SubagentSeen, ThreadSeen
from aicost.core.usage import TokenCounts
from aicost.sources.codex.parser import CodexParser

START = [meta(version=NEW), started(), context()]
OLD_START = [meta(), started(), context()]
FORK_TURN = uuid7(11)


def facts(*lines: bytes, thread: str = "") -> Parsed:
    """Return what lines say, none of them broken."""
    found = parsed(*lines, thread=thread)
    assert found.broken_lines == 0
    return found


# Where its folder's repository lives


def remotes(*lines: bytes, thread: str = "") -> list[tuple[str, str]]:
    return [(seen.cwd, seen.repo_key) for seen in facts(*lines, thread=thread).remotes]


def of_remote(address: object, **changes: Any) -> bytes:
    return meta(version=NEW, git={"branch": "main", "repository_url": address}, **changes)


def test_a_thread_says_where_its_repository_lives_without_any_credential() -> None:
    first = of_remote("https://ada:s3cret@github.com/acme/shop.git")
    found = facts(first, *START[1:], record(), record(response_id="resp_2"))
    assert found.remotes == (RemoteSeen(cwd="/src/shop", repo_key="github.com/acme/shop"),)
    assert "s3cret" not in repr(found)
    assert facts(of_remote("git@github.com:acme/shop.git"), thread=found.thread).remotes == ()


@pytest.mark.parametrize(
    "address", ["/srv/git/shop.git", "file:///srv/shop", "ext::sh -c x", "", 7]
)
def test_what_names_no_host_is_no_remote(address: object) -> None:
    assert remotes(of_remote(address)) == []


def test_a_remote_without_a_folder_is_of_no_use() -> None:
    assert remotes(of_remote("https://github.com/acme/shop", cwd=None)) == []
    assert remotes(*START) == []  # no remote at all


def test_only_the_owners_remote_is_of_its_folder() -> None:
    parent = meta(version=NEW, git={"repository_url": "https://github.com/acme/other"}, cwd="/x")
    own = fork_meta(git={"repository_url": "https://github.com/acme/shop"})
    assert remotes(own, parent) == [("/src/shop", "github.com/acme/shop")]


# A response's own record


def test_a_record_is_a_call() -> None:
    assert facts(*START, record()).calls == (call(),)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((100, 60, 0, 10, 4), tokens(40, 10, cache_read_tokens=60, reasoning_tokens=4)),
        (
            (100, 60, 30, 10, 0),
            tokens(10, 10, cache_read_tokens=60, cache_write_5m_tokens=30),
        ),
    ],
)
def test_tokens_are_counted_once_each(counts: Five, expected: TokenCounts) -> None:
    assert facts(*START, record(counts=counts)).calls[0].tokens == expected


def test_running_sums_are_never_an_increment() -> None:
    sums = usage(io(900, 90))
    lines = record(turn_token_usage=sums, thread_token_usage=sums)
    assert used(facts(*START, lines)) == [(100, 10)]


def test_a_total_beside_records_counts_nothing() -> None:
    lines = [*START, record(1), count(io(100, 10)), record(2), count(io(200, 20), io(100, 10))]
    assert used(facts(*lines)) == [(100, 10)] * 2


def test_a_subagents_calls_lie_in_the_session_of_its_root() -> None:
    child, turn = uuid7(4), uuid7(5)
    lines = [
        meta(child, version=NEW, session_id=THREAD, parent_thread_id=THREAD, **subagent()),
        started(turn, 5, root_turn_id=TURN),
        context(turn, 5, root_turn_id=TURN),
        record(thread=child, turn=turn, session_id=THREAD, root_turn_id=TURN),
    ]
    found = facts(*lines)
    assert found.calls == (
        call(event_key=f"codex:{child}:resp_1", subagent_id=child, turn_id=turn),
    )
    assert found.prompts == ()
    assert found.subagents == (
        SubagentSeen(session_id=THREAD, subagent_id=child, at=at(5), prompt_id=TURN, turn_id=turn),
    )


def test_a_forks_copy_of_a_record_is_the_same_call_of_its_first_thread() -> None:
    (original,) = facts(*START, record(minutes=3)).calls
    lines = [fork_meta(version=NEW), meta(version=NEW), started(minutes=10), context(minutes=10)]
    (copy,) = facts(*lines, record(minutes=10)).calls
    assert copy.event_key == original.event_key
    assert (copy.session_id, copy.turn_id) == (THREAD, TURN)
    assert (original.source_rank, copy.source_rank) == (0, 1)
    assert copy.at == at(1)  # the turn's, not the copying's


def test_a_fork_is_a_session_of_its_own() -> None:
    lines = [fork_meta(version=NEW), meta(version=NEW), started(FORK_TURN, 11)]
    (own,) = facts(*lines, record(thread=FORK, turn=FORK_TURN, minutes=12)).calls
    assert (own.session_id, own.subagent_id, own.source_rank) == (FORK, "", 0)


@pytest.mark.parametrize("missing", [{"response_id": None}, {"response_id": ""}])
def test_without_response_ids_the_threads_total_tells_calls_apart(missing: dict[str, Any]) -> None:
    totals = [usage(io(100, 10)), usage(io(200, 20))]
    lines = [record(thread_token_usage=total, **missing) for total in totals]
    found = facts(*START, *lines, lines[0])
    first, second, again = (one.event_key for one in found.calls)
    assert first == again == f"codex:{THREAD}:{TURN}:100.0.0.10.0"
    assert second != first


def test_without_any_id_or_total_the_usage_itself_is_the_key() -> None:
    lines = record(response_id=None, thread_token_usage=None, turn_id=None)
    (found,) = facts(*START, lines).calls
    assert (found.event_key, found.turn_id) == (f"codex:{THREAD}:{TURN}:100.0.0.10.0", TURN)


def test_very_long_response_ids_are_shortened_and_stay_apart() -> None:
    ids = ["x" * 300 + end for end in "ab"]
    keys = [facts(*START, record(response_id=one)).calls[0].event_key for one in ids]
    assert len(set(keys)) == 2
    assert all(len(key) < 100 for key in keys)


def test_a_record_without_usage_is_no_call() -> None:
    assert facts(*START, record(usage=None)).calls == ()


def test_a_record_without_a_session_lies_in_its_threads() -> None:
    child = uuid7(4)
    lines = [meta(child, version=NEW, **subagent()), record(thread=child, session_id=None)]
    assert facts(*lines).calls[0].session_id == THREAD


@pytest.mark.parametrize("compacted", ["latest_token_usage_record", "payload"])
def test_a_record_inside_another_line_is_none(compacted: str) -> None:
    embedded = {compacted: json.loads(record())["payload"], "message": record().decode()}
    assert facts(*START, row("compacted", embedded)).calls == ()


# What a call was made with


def test_the_model_in_force_pays_also_for_the_compaction_before_the_next() -> None:
    lines = [*START, record(1), started(LATER_TURN, 4), settings(model="next"), record(2)]
    found = facts(*lines, context(LATER_TURN, 5, model="next"), record(3))
    assert [one.model for one in found.calls] == [MODEL, MODEL, "next"]


def test_an_unknown_model_is_said_to_be_unknown() -> None:
    assert facts(meta(version=NEW), record()).calls[0].model == "unknown"


def test_the_tier_is_the_one_in_force() -> None:
    lines = [*START, record(1), settings("priority"), record(2), settings(), record(3)]
    assert [one.service_tier for one in facts(*lines).calls] == ["", "priority", ""]


# Running totals


def test_a_total_before_any_record_is_a_call() -> None:
    (found,) = facts(*OLD_START, count(io(100, 10))).calls
    assert found == call(event_key=f"codex:{TURN}:100.0.0.10.0")


def test_totals_count_up_to_the_first_record() -> None:
    """A thread that an old client began and a new one went on with."""
    lines = [
        *OLD_START,
        count(io(100, 10)),
        count(None),
        count(io(100, 10)),
        started(LATER_TURN, 4),
        record(1, turn=LATER_TURN),
        count(io(200, 20), io(100, 10)),
    ]
    found = facts(*lines)
    assert used(found) == [(100, 10)] * 2
    assert [one.turn_id for one in found.calls] == [TURN, LATER_TURN]


@pytest.mark.parametrize("version", [OLD, NEW, "0.0.0", "", None])
def test_totals_count_while_there_is_no_record_whatever_the_client(version: str | None) -> None:
    """A migrated log may name another client than the one that spent, or have lost a record."""
    lines = [meta(version=version or "", cli_version=version), started(), context()]
    assert used(facts(*lines, count(io(100, 10)))) == [(100, 10)]
    assert used(facts(*lines, record(), count(io(100, 10)))) == [(100, 10)]


def test_calls_without_turn_ids_are_known_by_all_totals_before() -> None:
    lines = [
        *(meta(), prompt(1), context(None, 1), count(io(100, 10))),
        *(prompt(4), context(None, 4), count(io(70, 20))),
    ]
    found = facts(*lines)
    assert used(found) == [(100, 10), (70, 20)]
    assert [one.turn_id for one in found.calls] == [f"{THREAD}#1", f"{THREAD}#2"]
    assert len({one.event_key for one in found.calls}) == 2
    assert found.prompts == tuple(
        PromptSeen(session_id=THREAD, turn_id=turn, at=at(minutes), prompt_id=turn)
        for turn, minutes in ((f"{THREAD}#1", 1), (f"{THREAD}#2", 4))
    )


def test_calls_before_any_prompt_belong_to_no_turn() -> None:
    assert facts(meta(), count(io(100, 10))).calls[0].turn_id == ""


# Totals in forks


def test_a_fork_that_refers_to_its_parent_starts_at_the_parents_total() -> None:
    base = {"thread_id": THREAD, "end_ordinal_exclusive": 9}
    lines = [
        fork_meta(history_base=base),
        started(FORK_TURN, 11),
        count(io(560, 55), io(60, 5), 12),
    ]
    found = facts(*lines)
    assert used(found) == [(60, 5)]
    assert (found.calls[0].stand_in_for, found.calls[0].source_rank) == ("", 0)


def test_a_forks_first_total_is_its_parents_where_own_calls_have_records() -> None:
    """It repeats it before a compaction."""
    base = {"thread_id": THREAD, "end_ordinal_exclusive": 9}
    lines = [fork_meta(version=NEW, history_base=base), started(FORK_TURN, 11)]
    repeated = [*lines, count(io(500, 50), io(40, 4), 11)]
    assert facts(*repeated).calls == ()
    own = record(thread=FORK, turn=FORK_TURN, minutes=12)
    assert used(facts(*repeated, own, count(io(600, 60), io(100, 10), 12))) == [(100, 10)]
    assert used(facts(*repeated, count(io(560, 55), io(60, 5), 12))) == [(60, 5)]


COPY = [fork_meta(), meta(), started(minutes=10), context(minutes=10)]
COPIED = [*COPY, count(io(100, 10), minutes=10), count(io(180, 25), io(80, 15), 10)]
OWN = [started(FORK_TURN, 11), context(FORK_TURN, 11), count(io(180, 25), io(80, 15), 11)]


def test_a_forks_own_calls_begin_where_the_copy_ends() -> None:
    found = facts(*COPIED, *OWN, count(io(480, 55), io(300, 30), 12))
    *copied, own = found.calls
    assert (own.session_id, own.turn_id, own.stand_in_for) == (FORK, FORK_TURN, "")
    assert (own.tokens, own.source_rank) == (tokens(300, 30), 0)
    assert [(one.session_id, one.turn_id, one.stand_in_for) for one in copied] == [
        (THREAD, TURN, THREAD)
    ] * 2


def test_a_copied_call_has_the_key_of_the_original_and_the_time_of_its_turn() -> None:
    original = facts(*OLD_START, count(io(100, 10)), count(io(180, 25), io(80, 15))).calls
    copied = facts(*COPIED).calls
    assert [one.event_key for one in copied] == [one.event_key for one in original]
    assert [one.tokens for one in copied] == [one.tokens for one in original]
    assert [one.at for one in copied] == [at(1)] * 2
    assert {one.source_rank for one in original} == {0}
    assert {one.source_rank for one in copied} == {1}


def test_a_subagents_copy_stands_in_for_the_thread_it_was_taken_from() -> None:
    own = subagent(agent_role="explorer")
    lines = [fork_meta(session_id=THREAD, **own), *COPIED[1:], *OWN, count(io(200, 30), minutes=12)]
    found = facts(*lines)
    *copied, call = found.calls
    assert {(one.session_id, one.subagent_id) for one in copied} == {(THREAD, "")}
    assert (call.session_id, call.subagent_id, call.turn_id) == (THREAD, FORK, FORK_TURN)
    assert [(one.kind, one.turn_id) for one in found.subagents] == [("explorer", FORK_TURN)]


def test_a_copied_total_without_a_named_model_has_none() -> None:
    """The copies of 0.125 leave the lines out that name it."""
    lines = [fork_meta(), meta(), started(minutes=10), count(io(100, 10), minutes=10)]
    assert facts(*lines).calls[0].model == "unknown"


def test_copied_totals_stand_in_also_where_the_parent_logged_records() -> None:
    """Its subagents' files hold the totals, not the records."""
    lines = [fork_meta(version=NEW, **subagent()), meta(version=NEW), *COPIED[2:], *OWN]
    found = facts(*lines, record(thread=FORK, turn=FORK_TURN, session_id=THREAD, minutes=12))
    assert [one.stand_in_for for one in found.calls] == [THREAD, THREAD, ""]


@pytest.mark.parametrize("version", ["0.63.0", "0.125.0"])
def test_where_no_ids_tell_equal_beginnings_are_equal_calls(version: str) -> None:
    def log(*metas: bytes, rest: bytes) -> list[str]:
        lines = [prompt(1), context(None, 1), count(io(100, 10)), count(io(180, 25), io(80, 15))]
        return [one.event_key for one in facts(*metas, *lines, rest).calls]

    parent = log(meta(version=version), rest=count(io(190, 26), io(10, 1)))
    forks = [
        log(meta(thread, version=version), meta(version=version), rest=count(io(total, 30)))
        for thread, total in ((FORK, 200), (uuid7(20), 300))
    ]
    assert parent[:2] == forks[0][:2] == forks[1][:2]
    assert len({keys[2] for keys in (parent, *forks)}) == 3


def test_where_no_ids_tell_the_forks_lines_are_taken_for_its_own() -> None:
    """If the parent's log is there, its own record of the same call says better whose it is."""
    lines = [meta(FORK), meta(), prompt(10), context(None, 10), count(io(100, 10), minutes=10)]
    found = facts(*lines)
    (call,) = found.calls
    assert (call.session_id, call.stand_in_for, call.source_rank) == (FORK, "", 1)
    assert [(one.session_id, one.turn_id) for one in found.prompts] == [(FORK, call.turn_id)]


def test_where_no_ids_tell_totals_of_a_client_with_records_stand_in() -> None:
    lines = [fork_meta("fork", "parent", version=NEW), prompt(10), count(io(100, 10), minutes=10)]
    (found,) = facts(*lines).calls
    assert (found.session_id, found.stand_in_for) == ("parent", "parent")
    assert found.turn_id == "parent#1"


def test_a_copied_total_without_a_turns_id_is_not_of_the_day_of_the_copying() -> None:
    lines = [fork_meta(version=NEW), meta(), prompt(10), count(io(100, 10), minutes=10)]
    (found,) = facts(*lines).calls
    assert (found.stand_in_for, found.turn_id, found.at) == (THREAD, f"{THREAD}#1", at(0))


def test_where_no_ids_tell_a_record_shows_whose_its_turn_is() -> None:
    lines = [fork_meta("fork", "parent", version=NEW), started("turn-1", 10), started("turn-2", 11)]
    assert facts(*lines).prompts == ()
    found = facts(*lines, record(thread="fork", turn="turn-2", minutes=12))
    assert [(one.session_id, one.turn_id, one.at) for one in found.prompts] == [
        ("fork", "turn-2", at(11))
    ]


# Threads and turns


def test_a_log_belongs_to_the_thread_of_its_first_meta() -> None:
    assert facts(fork_meta(), meta()).threads == (ThreadSeen(thread_id=FORK),)
    bare = line({"id": "t-1", "timestamp": "2025-08-01T10:00:00Z", "git": None})
    assert facts(bare, line({"record_type": "state"}), bare).threads == (
        ThreadSeen(thread_id="t-1"),
    )


def test_a_log_without_a_start_is_nobodys_but_its_calls_count() -> None:
    found = facts(context(), record())
    assert found.threads == ()
    assert found.calls == (call(branch=""),)
    assert [one.session_id for one in found.prompts] == [THREAD]
    assert facts(context(), prompt(), record()) == found


def test_totals_without_a_start_lie_in_a_session_of_their_own() -> None:
    lines = [context(), count(io(100, 10)), count(io(150, 12), io(50, 2))]
    found = facts(*lines)
    assert used(found) == [(100, 10), (50, 2)]
    (session_id,) = {one.session_id for one in found.calls}
    assert session_id.startswith("unknown-")
    assert facts(*lines) == found
    other = facts(context(), count(io(101, 10))).calls[0]
    assert other.session_id != session_id


def test_a_turn_of_the_user_is_a_prompt() -> None:
    seen = PromptSeen(session_id=THREAD, turn_id=TURN, at=at(1), prompt_id=TURN)
    assert facts(meta(version=NEW), started()).prompts == (seen,)
    assert facts(*START, prompt(), context(minutes=5)).prompts == (seen,)


def test_copied_turns_are_no_prompts_of_the_fork() -> None:
    found = facts(*COPIED, *OWN)
    assert [(one.session_id, one.turn_id) for one in found.prompts] == [(FORK, FORK_TURN)]


@pytest.mark.parametrize("first", [record(thread=FORK, minutes=3), count(io(100, 10))])
def test_a_meta_after_the_first_call_makes_no_copy(first: bytes) -> None:
    lines = [meta(FORK), first, meta(), started(TURN, 11), count(io(150, 12), io(50, 2), 12)]
    assert {one.stand_in_for for one in facts(*lines).calls} == {""}
    assert [one.session_id for one in facts(*lines).prompts] == [FORK]


# State


def test_the_state_goes_on_in_the_next_block() -> None:
    first = parsed(*COPIED, *OWN)
    (found,) = facts(count(io(480, 55), io(300, 30), 12), thread=first.thread).calls
    assert (found.session_id, found.turn_id, found.model) == (FORK, FORK_TURN, MODEL)
    assert found.tokens == tokens(300, 30)


@pytest.mark.parametrize("thread", ["{}", "[", "[[1]]", "x", "null", "[" * 100_000])
def test_a_state_of_another_kind_is_as_good_as_none(thread: str) -> None:
    assert parsed(*START, record(), thread=thread) == parsed(*START, record())


def test_the_state_stays_small_however_long_the_log() -> None:
    metas = [meta(f"{number}" * 190) for number in range(1000)]
    turns = [started(uuid7(20 + number), 20 + number) for number in range(1000)]
    totals = [count(io(number, number)) for number in range(1000)]
    assert len(parsed(*metas, *turns, *totals).thread) < 20_000


# Other and broken lines


@pytest.mark.parametrize(
    "nothing",
    [
        b"\n \n\r\n",
        b"{}\n",
        row("world_state", {"full": True, "state": {}}),
        row("response_item", {"type": "message", "content": record().decode()}),
        row("a_type_of_tomorrow", {"usage": usage(io(1, 1))}),
        event_row("an_event_of_tomorrow", {"info": usage(io(1, 1))}),
        event_row("token_count", {"info": None, "rate_limits": {}}),
        event_row("token_count", {"info": {"total_token_usage": None}}),
        line({"type": "message", "role": "user", "content": []}),
        line({"record_type": "state"}),
    ],
)
def test_other_lines_are_passed_over(nothing: bytes) -> None:
    assert facts(nothing) == parsed()


def test_lines_of_megabytes_are_passed_over() -> None:
    lines = [row("compacted", {"message": "x" * 5_000_000}), record()]
    assert facts(*START, *lines).calls == (call(),)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(record(9)[:-20] + b"\n", id="torn"),
        pytest.param(b'{"timestamp":"2026-11-22T05:48:29.773Z","ordinal":13,"type":\n', id="short"),
        pytest.param(b"\x00" * 100 + b"\n", id="zeros of a crashed disk"),
        pytest.param(b"\xff\xfe{}\n", id="binary"),
        pytest.param(b"[1, 2]\n", id="no object"),
        pytest.param(b"words\n", id="no JSON"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n", id="deep"),
        pytest.param(record(9, minutes=3).replace(b"2026-11", b"20261-1"), id="no time"),
        pytest.param(record(9).replace(b'"timestamp"', b'"time"'), id="time missing"),
        pytest.param(record(9, counts=(-1, 0, 0, 0, 0)), id="negative"),
        pytest.param(record(9, counts=(10**9 + 1, 0, 0, 0, 0)), id="no such call"),
        pytest.param(record(9, counts=(10**30, 0, 0, 0, 0)), id="no such number"),
        pytest.param(record(9, usage="much"), id="another shape"),
        pytest.param(meta(None), id="a thread without id"),  # type: ignore[arg-type]
        pytest.param(row("turn_context", {}, None, timestamp=7), id="a turn without time"),
        pytest.param(
            b'{"type":"turn_context","payload":{"turn_id":"\\ud800"}}\n', id="half a letter"
        ),
    ],
)
def test_a_broken_line_is_counted_once_and_hides_no_other(broken: bytes) -> None:
    good = [*START, record(1), record(2)]
    found = parsed(*good[:-1], broken, good[-1])
    assert found.broken_lines == 1
    assert (found.calls, found.prompts) == (parsed(*good).calls, parsed(*good).prompts)


def test_a_record_of_no_thread_in_a_log_of_none_is_broken() -> None:
    found = parsed(record(thread_id=None))
    assert (found.calls, found.broken_lines) == ((), 1)


def test_a_total_that_no_call_can_have_is_broken_and_the_next_one_is_not() -> None:
    huge = io(10**9 + 1, 0)
    found = parsed(*OLD_START, count(huge), count(io(10**9 + 8, 0), io(7, 0)))
    assert (used(found), found.broken_lines) == ([(7, 0)], 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
BASES = [
    meta(),
    fork_meta(),
    started(),
    context(),
    prompt(),
    settings("priority"),
    record(),
    count(io(100, 10)),
]


@st.composite
def changed_lines(draw: st.DrawFn) -> bytes:
    """A line as a client writes it, with some field of any depth set to any value."""
    found = json.loads(draw(st.sampled_from(BASES)))
    place = found
    while True:
        name = draw(st.sampled_from(sorted(place)))
        if isinstance(place[name], dict) and place[name] and draw(st.booleans()):
            place = place[name]
            continue
        place[name] = draw(VALUES)
        return line(found)


@st.composite
def torn_lines(draw: st.DrawFn) -> bytes:
    base = draw(st.sampled_from(BASES))
    cut = draw(st.integers(0, len(base)))
    return base[:cut] + draw(st.binary(max_size=5)) + base[cut + draw(st.integers(0, 5)) :]


LINES = st.one_of(changed_lines(), torn_lines(), st.binary(max_size=80), st.sampled_from(BASES))


@given(st.lists(LINES, max_size=8))
def test_any_bytes_end_in_facts_or_in_the_count_of_broken_lines(lines: list[bytes]) -> None:
    found = CodexParser().parse(b"\n".join(lines), "")
    for one in found.calls:
        assert min(one.tokens.counts()) >= 0
        assert one.event_key.startswith("codex:")
        assert one.session_id
        assert one.model
    # An empty line later, all is the same: the state can be read again.
    assert CodexParser().parse(b"\n", found.thread).thread == found.thread


@given(st.lists(LINES, max_size=8), st.data())
def test_blocks_may_be_cut_at_any_line(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    rows = [row + b"\n" for row in whole.split(b"\n")[:-1]]
    cut = data.draw(st.integers(0, len(rows)))
    first = CodexParser().parse(b"".join(rows[:cut]), "")
    second = CodexParser().parse(b"".join(rows[cut:]), first.thread)
    together = CodexParser().parse(whole, "")
    assert first.calls + second.calls == together.calls
    assert first.prompts + second.prompts == together.prompts
    assert first.subagents + second.subagents == together.subagents
    assert first.threads + second.threads == together.threads
    assert first.broken_lines + second.broken_lines == together.broken_lines
    assert second.thread == together.thread
