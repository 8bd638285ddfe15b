"""What git prints is read as it is meant, whatever people write into commits."""

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.commits import (
    Change,
    Commit,
    Fate,
    History,
    parse_changes,
    parse_commits,
    parse_index,
    parse_paths,
)

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 64)
NONE = "0" * 40


def record(  # noqa: PLR0913 - the fields of a record
    name: str = A,
    parents: str = B,
    author: str = "Ada@example.com",
    authored: str = "100",
    committed: str = "200",
    message: str = "a change\n",
) -> bytes:
    """One record as rev-list prints it, with its heading."""
    fields = (name, parents, author, authored, "web@example.com", committed, message)
    return f"commit {name}\n".encode() + "\0".join(fields).encode() + b"\0\n"


def test_a_record_is_a_commit() -> None:
    (found,) = parse_commits(record(parents=f"{B} {C}"))
    assert found == Commit(A, (B, C), "ada@example.com", 100, "web@example.com", 200)
    assert (found.key, found.made_s) == (("ada@example.com", 100), 100)


def test_records_follow_one_another() -> None:
    message = f"commit {C}\n\nThis reverts commit {B}.\n"  # no record: a message may say anything
    found = parse_commits(record() + record(D, message=message) + record(C, parents=""))
    assert [one.id for one in found] == [A, D, C]
    assert [one.reverts for one in found] == [(), (B,), ()]


def test_what_is_no_record_is_left_out() -> None:
    broken = record(B, authored="") + record("main") + record(C, committed="9" * 40)
    assert [one.id for one in parse_commits(broken + record() + record(D)[:-3])] == [A]


def test_an_agent_is_known_by_its_trailer() -> None:
    def by_agent(trailer: str) -> bool:
        (found,) = parse_commits(record(message=f"x\n\n{trailer}\n"))
        return found.is_by_agent

    assert by_agent("Co-Authored-By: Claude Opus 5.5 <noreply@anthropic.com>")
    assert by_agent("co-authored-by: Codex <codex@example.com>")
    assert by_agent("Co-authored-by: Somebody <noreply@openai.com>")
    assert not by_agent("Co-authored-by: Claudette <c@example.com>")
    assert not by_agent("Claude wrote this <noreply@anthropic.com>")


def test_the_parts_of_a_stash_are_known() -> None:
    messages = ("index on main: 1234 x", "untracked files on main: 1", "indexes on disk")
    found = parse_commits(b"".join(record(message=one) for one in messages))
    assert [one.is_stashed for one in found] == [True, True, False]


def test_a_clock_that_is_ahead_is_not_believed() -> None:
    (found,) = parse_commits(record(authored="900"))
    assert found.made_s == 200


def test_changes_are_listed_by_commit() -> None:
    output = (
        f"{A}\0:100644 100644 {B} {C} M\0a b.py\0:000000 100644 {NONE} {B} A\0new\n.py\0"
        f"{B}\0{C}\0:100644 000000 {B} {NONE} D\0:odd\0"
    ).encode()
    assert parse_changes(output) == {
        A: {"a b.py": Change(B, C), "new\n.py": Change(NONE, B)},
        B: {},
        C: {":odd": Change(B, NONE)},
    }


def test_changes_that_are_cut_off_are_left_out() -> None:
    assert parse_changes(f"{A}\0:100644 100644 {B} {C} M".encode()) == {A: {}}
    assert parse_changes(f":100644 100644 {B} {C} M\0lost".encode()) == {}


def test_files_that_git_keeps_are_listed() -> None:
    output = (
        f"100644 {A} 0\ta\tb.py\0" + f"120000 {B} 0\tlink\0" + f"160000 {C} 0\tmodule\0"
        f"100755 {B} 0\trun.sh\0garbage\0"
    ).encode()
    assert list(parse_index(output)) == [("a\tb.py", A), ("run.sh", B)]
    assert list(parse_paths(f":100644 100644 {A} {B} M\0x.py\0y.py\0".encode())) == ["x.py", "y.py"]


_BITS = st.sampled_from(
    [A, D, "commit ", "\0", "\n", ":100644 ", " M\0", "\t", "1", "é", "This reverts commit "]
)


@given(
    st.one_of(st.binary(max_size=400), st.lists(_BITS, max_size=60).map("".join).map(str.encode))
)
def test_any_output_is_read(output: bytes) -> None:
    for commit in parse_commits(output):
        assert len(commit.id) in (40, 64)
        assert 0 <= commit.made_s <= commit.committed_s
    assert all(path for changes in parse_changes(output).values() for path in changes)
    assert all(parse_paths(output))
    assert all(path for path, _ in parse_index(output))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200))
def test_no_message_makes_up_a_commit(message: str) -> None:
    found = parse_commits(record(message=message) + record(C))
    assert [one.id for one in found] == [A, C]


# How commits relate; what real repositories do is tested with platform.git_log


def test_a_branch_is_idle_by_its_newest_commit() -> None:
    first = Commit(A, (), "a", 0, "a", 0)
    second = Commit(B, (A,), "a", 1_000, "a", 1_000)
    found = History((second, first), frozenset((A, B)), frozenset())
    month_s = 30 * 86_400
    assert found.fate(first, month_s + 1_000) is Fate.ALIVE
    assert found.fate(first, month_s + 1_001) is Fate.IDLE


def test_content_that_is_merged_in_parts_is_merged_when_all_of_it_is() -> None:
    own = Commit(A, (), "a", 100, "a", 100)
    parts = [Commit(name, (), "b", 300, "b", 300) for name in (B, C)]
    changes = {
        A: {"x": Change(NONE, A), "y": Change(NONE, B)},
        B: {"x": Change(NONE, A)},
        C: {"y": Change(NONE, B)},
    }
    one = History((own, parts[0]), frozenset((B,)), frozenset((B,)), changes)
    both = History((own, *parts), frozenset((B, C)), frozenset((B, C)), changes)
    assert one.fate(own, 400) is Fate.GONE
    assert both.fate(own, 400) is Fate.MERGED


def test_what_was_there_before_is_no_merge_of_a_commit() -> None:
    before, own = Commit(B, (), "b", 100, "b", 100), Commit(A, (), "a", 900, "a", 900)
    changes = {name: {"x": Change(NONE, C)} for name in (A, B)}
    found = History((before, own), frozenset((B,)), frozenset((B,)), changes)
    assert found.fate(own, 1_000) is Fate.GONE
