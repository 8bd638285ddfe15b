"""Whose the lines of a file are: thread, session, turn, model, tier."""

from collections.abc import Callable
from typing import Any

import pytest
from codex_logs import FORK, MODEL, THREAD, TURN, uuid7
from log_builders import at

from aicost.core.errors import LogFormatError
from aicost.sources.codex.following import Begun, Follower, Phase, State, Thread
from aicost.sources.codex.records import Meta, Settings, Turn

PARENT, OLDEST = uuid7(-10), uuid7(-20)
OWN_TURN, COPIED_TURN, OLDEST_TURN = uuid7(11), uuid7(-5), uuid7(-15)


def follower(*metas: Meta) -> Follower:
    found = Follower(State())
    for one in metas:
        found.take_meta(one)
    return found


def meta(thread: str = THREAD, **fields: Any) -> Meta:
    return Meta(**({"id": thread, "cli_version": "0.125.0"} | fields))


def fork_of(*ancestors: str, **fields: Any) -> Follower:
    return follower(
        meta(FORK, forked_from_id=ancestors[0], **fields), *(meta(one) for one in ancestors)
    )


# Threads


def test_the_first_meta_owns_the_file() -> None:
    found = Follower(State())
    assert found.take_meta(meta(FORK))
    assert not found.take_meta(meta(PARENT))
    assert not found.take_meta(meta(FORK))
    assert found.owner.thread_id == FORK


@pytest.mark.parametrize("thread_id", [None, "", 5, "x" * 201])
def test_a_meta_without_an_id_is_broken(thread_id: object) -> None:
    found = Follower(State())
    with pytest.raises(LogFormatError):
        found.take_meta(Meta(id=thread_id))
    assert found.owner.thread_id == ""


def spawned(parent: str = PARENT, **more: Any) -> dict[str, Any]:
    return {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1} | more}}


@pytest.mark.parametrize(
    ("fields", "session_id", "kind"),
    [
        pytest.param({}, THREAD, "", id="a thread of its own"),
        pytest.param({"source": "exec", "thread_source": "user"}, THREAD, "", id="the same, new"),
        pytest.param({"session_id": PARENT}, PARENT, "", id="the root is named"),
        pytest.param({"forked_from_id": PARENT}, THREAD, "", id="a fork is a session of its own"),
        pytest.param(
            {"forked_from_id": PARENT, "parent_thread_id": PARENT, "source": "exec"},
            THREAD,
            "",
            id="a parent makes no subagent",
        ),
        pytest.param({"source": spawned()}, PARENT, "", id="a subagent of 0.98"),
        pytest.param(
            {"source": spawned(agent_role="explorer")}, PARENT, "explorer", id="with a role"
        ),
        pytest.param(
            {"source": {"subagent": "review"}, "parent_thread_id": PARENT},
            PARENT,
            "review",
            id="a review",
        ),
        pytest.param(
            {"source": {"subagent": {"other": "guardian"}}, "session_id": PARENT},
            PARENT,
            "guardian",
            id="another sort",
        ),
        pytest.param(
            {"thread_source": "subagent", "parent_thread_id": PARENT, "agent_role": "worker"},
            PARENT,
            "worker",
            id="told by its source",
        ),
        pytest.param(
            {"thread_source": "subagent", "forked_from_id": PARENT}, PARENT, "", id="by its origin"
        ),
        pytest.param(
            {"source": {"subagent": "review"}}, THREAD, "review", id="a review of nobody knows what"
        ),
    ],
)
def test_the_root_of_a_thread(fields: dict[str, Any], session_id: str, kind: str) -> None:
    found = follower(meta(**fields))
    assert found.owner == Thread(THREAD, session_id)
    assert found.owner.subagent_id == ("" if session_id == THREAD else THREAD)
    assert found.state.kind == kind


def test_the_root_may_be_told_by_the_meta_of_the_parent() -> None:
    """A subagent of a subagent, of a client that names only parents."""
    own = meta(source=spawned(PARENT), forked_from_id=PARENT)
    found = follower(own, meta(PARENT, source=spawned(OLDEST)))
    assert found.owner == Thread(THREAD, OLDEST)


def test_a_file_without_a_start_is_adopted_once() -> None:
    found = Follower(State())
    found.adopt_unnamed("t-1", "s-1")
    found.adopt_unnamed("t-2", "s-2")
    assert found.owner == Thread("t-1", "s-1")


# Copies


def test_a_files_lines_are_its_own_unless_it_is_a_fork() -> None:
    assert follower(meta()).state.phase is Phase.OWN
    assert fork_of(PARENT).state.phase is Phase.UNSURE
    assert follower(meta(FORK), meta(PARENT)).state.phase is Phase.UNSURE
    assert follower(meta(FORK, forked_from_id=PARENT)).state.phase is Phase.UNSURE


def test_a_history_that_is_only_referred_to_is_no_copy() -> None:
    base = {"thread_id": PARENT, "end_ordinal_exclusive": 9}
    found = follower(meta(FORK, forked_from_id=PARENT, history_base=base))
    assert found.state.phase is Phase.OWN
    assert found.state.is_fork


@pytest.mark.parametrize(
    ("owner", "turn_id", "phase"),
    [
        (FORK, COPIED_TURN, Phase.COPIED),
        (FORK, uuid7(9.999), Phase.COPIED),
        (FORK, uuid7(10.001), Phase.OWN),
        (FORK, uuid7(10, 1), Phase.OWN),  # of one moment: ids go on in their order
        (FORK, "1", Phase.UNSURE),
        ("fork", OWN_TURN, Phase.UNSURE),
    ],
)
def test_the_own_lines_of_a_fork_begin_with_a_turn_younger_than_it(
    owner: str, turn_id: str, phase: Phase
) -> None:
    for take in (Follower.take_start, Follower.take_context):
        found = follower(meta(owner, forked_from_id=PARENT))
        take(found, Turn(turn_id=turn_id), at(11))
        assert found.state.phase is phase


def test_what_is_own_stays_own() -> None:
    found = fork_of(PARENT)
    for turn_id in (OWN_TURN, COPIED_TURN, "1"):
        found.take_start(Turn(turn_id=turn_id), at(11))
        assert found.state.phase is Phase.OWN


@pytest.mark.parametrize(
    "begin",
    [
        lambda found: found.take_start(Turn(turn_id=OWN_TURN), at(11)),
        lambda found: found.take_context(Turn(turn_id=OWN_TURN), at(11)),
        lambda found: found.take_prompt(at(11)),
    ],
)
def test_the_meta_of_another_thread_in_the_middle_makes_no_copy(
    begin: Callable[[Follower], None],
) -> None:
    found = follower(meta(FORK))
    begin(found)
    found.take_meta(meta(PARENT))
    assert found.state.phase is Phase.OWN
    assert found.state.family == FORK


@pytest.mark.parametrize(
    ("version", "is_copied"),
    [
        ("0.152.9", False),
        ("0.153.0-alpha.2", False),
        ("0.153.0", True),
        ("0.169.0", True),
        ("0.169.0-alpha.1", True),
        ("1.0", True),
        ("0.0.0", False),  # built from sources: nothing is known
        ("", False),
        ("new", False),
        (None, False),
    ],
)
def test_totals_of_nobody_known_are_copies_where_own_calls_have_records(
    version: object, is_copied: bool
) -> None:
    assert fork_of(PARENT, cli_version=version).is_copied is is_copied


@pytest.mark.parametrize(
    ("ancestors", "turn_id", "origin"),
    [
        ((PARENT,), COPIED_TURN, PARENT),
        ((PARENT, OLDEST), COPIED_TURN, PARENT),
        ((PARENT, OLDEST), OLDEST_TURN, OLDEST),
        ((PARENT,), OLDEST_TURN, PARENT),  # of a thread that the file does not name
        ((PARENT, OLDEST), "1", OLDEST),
        (("parent", OLDEST), COPIED_TURN, OLDEST),
        (("parent", "oldest"), COPIED_TURN, "oldest"),
    ],
)
def test_where_copied_lines_come_from(
    ancestors: tuple[str, ...], turn_id: str, origin: str
) -> None:
    found = fork_of(*ancestors)
    found.take_start(Turn(turn_id=turn_id), at(10))
    assert found.origin() == Thread(origin, origin)


def test_a_parents_own_tree_is_known_from_its_meta() -> None:
    found = follower(
        meta(FORK, forked_from_id=PARENT, session_id=OLDEST), meta(PARENT, session_id=OLDEST)
    )
    assert found.thread(PARENT) == Thread(PARENT, OLDEST)
    assert found.thread(PARENT).subagent_id == PARENT
    assert found.thread(FORK) == found.owner
    assert found.thread("else") == Thread("else", "else")


def test_a_fork_in_one_piece_names_its_parent_itself() -> None:
    """As a migrated log has it: no meta of the parent."""
    fork = follower(meta(FORK, forked_from_id=PARENT, session_id=FORK))
    assert fork.thread(PARENT) == Thread(PARENT, PARENT)
    subagent = follower(meta(FORK, forked_from_id=PARENT, session_id=OLDEST))
    assert subagent.thread(PARENT) == Thread(PARENT, OLDEST)


@pytest.mark.parametrize(
    ("found", "family"),
    [
        (follower(meta()), THREAD),
        (fork_of(PARENT), PARENT),
        (fork_of(PARENT, OLDEST), OLDEST),
        (follower(meta(FORK, forked_from_id=PARENT)), PARENT),
    ],
)
def test_a_familys_name_is_its_oldest_known_thread(found: Follower, family: str) -> None:
    assert found.state.family == family


def test_files_of_one_thread_that_refer_to_a_history_are_families_of_their_own() -> None:
    base = {"history_base": {"thread_id": THREAD}, "forked_from_id": THREAD}
    names = {
        follower(meta(thread, timestamp=time, **base)).state.family
        for thread in (THREAD, FORK)
        for time in ("1", "2")
    }
    assert len(names | {THREAD, FORK}) == 6


def test_ancestors_are_bounded() -> None:
    found = fork_of(*(f"t-{number}" for number in range(100)))
    assert len(found.state.ancestors) == 32
    assert found.origin().thread_id == "t-99"


# Turns


def test_a_turn_is_reported_once_when_it_begins() -> None:
    found = follower(meta())
    found.take_start(Turn(turn_id=TURN), at(1))
    assert found.begun_turn() == Begun(TURN, "", at(1))
    found.take_context(Turn(turn_id=TURN), at(2))
    found.take_start(Turn(turn_id=TURN), at(3))
    assert found.begun_turn() is None


def test_a_turn_of_unknown_time_is_not_reported() -> None:
    found = follower(meta())
    found.take_start(Turn(turn_id=TURN), None)
    assert found.begun_turn() is None
    assert found.state.turn_id == TURN


def test_a_start_without_an_id_says_nothing() -> None:
    found = follower(meta())
    found.take_start(Turn(turn_id=TURN), at(1))
    found.take_start(Turn(turn_id=None), at(2))
    assert found.state.turn_id == TURN


def test_a_review_is_the_turn_of_the_user_who_asked_for_it() -> None:
    """Its own turn is logged in the thread that it was asked for in, too."""
    review = Turn(turn_id=uuid7(3), root_turn_id=TURN)
    asked_in = follower(meta())
    asked_in.take_start(review, at(3))
    assert asked_in.begun_turn() == Begun(TURN, TURN, at(3))
    itself = follower(meta(session_id=PARENT))
    itself.take_start(review, at(3))
    assert itself.begun_turn() == Begun(uuid7(3), TURN, at(3))


def test_a_subagents_turn_waits_for_the_line_that_says_whose_it_serves() -> None:
    found = follower(meta(session_id=PARENT))
    found.take_start(Turn(turn_id=TURN), at(1))
    assert found.begun_turn() is None
    found.take_context(Turn(turn_id=TURN, root_turn_id=COPIED_TURN), at(2))
    assert found.begun_turn() == Begun(TURN, COPIED_TURN, at(1))


def test_copied_turns_are_not_reported_and_those_of_nobody_known_when_confirmed() -> None:
    copied = fork_of(PARENT)
    copied.take_context(Turn(turn_id=COPIED_TURN), at(10))
    assert copied.begun_turn() is None
    unsure = fork_of(PARENT)
    unsure.take_context(Turn(turn_id="1"), at(10))
    assert unsure.begun_turn() is None
    unsure.confirm()
    assert unsure.begun_turn() == Begun("1", "", at(10))


def test_what_is_shown_to_be_own_is_own_from_then_on() -> None:
    found = fork_of(PARENT)
    found.take_start(Turn(turn_id="1"), at(10))
    found.own()
    assert found.state.phase is Phase.OWN
    assert found.begun_turn() == Begun("1", "", at(10))


def test_without_turn_ids_the_users_messages_are_numbered() -> None:
    found, seen = follower(meta()), []
    for minutes in (1, 3):
        found.take_prompt(at(minutes))
        seen.append(found.begun_turn())
        found.take_context(Turn(), at(minutes + 1))
        seen.append(found.begun_turn())
    assert seen == [None, Begun(f"{THREAD}#1", "", at(1)), None, Begun(f"{THREAD}#2", "", at(3))]


def test_a_message_before_a_turn_with_an_id_is_no_turn() -> None:
    found = follower(meta())
    found.take_prompt(at(1))
    found.take_context(Turn(turn_id=TURN), at(2))
    assert found.begun_turn() == Begun(TURN, "", at(2))
    found.take_prompt(at(3))
    assert found.state.turn_id == TURN


def test_numbered_turns_of_a_copy_are_named_as_in_the_original() -> None:
    found = fork_of(PARENT, cli_version="0.169.0")
    found.take_prompt(at(10))
    assert found.state.turn_id == f"{PARENT}#1"
    unsure = fork_of(PARENT)
    unsure.take_prompt(at(10))
    assert unsure.state.turn_id == f"{FORK}#1"


# Place, model, tier


def test_the_place_is_the_one_of_the_thread_whose_lines_they_are() -> None:
    own = meta(FORK, forked_from_id=PARENT, cwd="/own", git={"branch": "feature"})
    found = follower(own, meta(PARENT, cwd="/parents", git={"branch": "main"}))
    assert (found.state.cwd, found.state.branch) == ("/parents", "main")
    found.take_start(Turn(turn_id=COPIED_TURN), at(10))
    assert (found.state.cwd, found.state.branch) == ("/parents", "main")
    found.take_start(Turn(turn_id=OWN_TURN), at(11))
    assert (found.state.cwd, found.state.branch) == ("/own", "feature")
    found.take_context(Turn(turn_id=OWN_TURN, cwd="/elsewhere"), at(11))
    assert (found.state.cwd, found.state.branch) == ("/elsewhere", "feature")


def test_the_model_is_the_last_one_that_a_turn_names() -> None:
    found = follower(meta())
    assert found.state.model == ""
    for model in (MODEL, None, "", "other"):
        found.take_context(Turn(turn_id=TURN, model=model), at(1))
        assert found.state.model == (model or MODEL)


def test_before_any_turn_the_settings_name_the_model() -> None:
    """A fork may compact before its first turn; a changed setting then is for what follows."""
    found = follower(meta())
    for model in (MODEL, "other"):
        found.take_settings(Settings(model=model))
        assert found.state.model == MODEL
    found.take_context(Turn(turn_id=TURN, model="other"), at(1))
    found.take_settings(Settings(model=MODEL))
    assert found.state.model == "other"


@pytest.mark.parametrize(
    ("logged", "tier"),
    [
        ("priority", "priority"),
        ("flex", "flex"),
        ("default", ""),
        ("auto", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_the_tier_is_the_one_in_the_last_settings(logged: object, tier: str) -> None:
    found = follower(meta())
    found.take_settings(Settings(service_tier="priority"))
    found.take_settings(Settings(service_tier=logged))
    assert found.state.service_tier == tier
