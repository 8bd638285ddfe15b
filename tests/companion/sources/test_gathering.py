"""What is known of a turn, from one block of lines to the next."""

import msgspec

from aicost.core.turn_features import unpacked
from aicost.sources.gathering import LONGEST_ID, MOST_RUNNING, Gathering, WorkState


def again(gathering: Gathering) -> Gathering:
    """Go on as in the next block: of the state, what its JSON says."""
    text = msgspec.json.encode(gathering.state)
    return Gathering(msgspec.json.decode(text, type=WorkState))


def test_a_turn_is_told_once_a_block_and_whole() -> None:
    first = Gathering(WorkState())
    first.move(("s-1", "t-1", ""))
    first.work.begin("fix it")
    first.run("c-1", "npm test")
    assert len(first.seen()) == 1
    second = again(first)
    assert second.seen() == ()
    second.end("c-1", failed=True)
    (seen,) = second.seen()
    assert (seen.session_id, seen.turn_id) == ("s-1", "t-1")
    assert unpacked(seen.features).counts["test_failed"] == 1


def test_each_turn_that_was_left_is_told() -> None:
    gathering = Gathering(WorkState())
    for turn in ("t-1", "t-2"):
        gathering.move(("s-1", turn, ""))
        gathering.work.use("web")
    assert [seen.turn_id for seen in gathering.seen()] == ["t-1", "t-2"]


def test_what_waits_for_its_end_is_bounded_and_counts_once() -> None:
    gathering = Gathering(WorkState())
    gathering.move(("s-1", "t-1", ""))
    for number in range(MOST_RUNNING + 5):
        gathering.run(f"c-{number}", "npm test")
        gathering.run(f"c-{number}", "npm test")
    gathering.run("x" * (LONGEST_ID + 1), "npm test")
    assert len(gathering.state.running) == MOST_RUNNING
    assert gathering.work.counts["ran_test"] == MOST_RUNNING + 5
    gathering.end("c-0", failed=True)
    assert "test_failed" not in gathering.work.counts
