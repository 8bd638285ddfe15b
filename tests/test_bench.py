"""The bench's own instruments: what they grow, replay and print. Nothing here is timed."""

import os
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from bench.grow import LARGE_EVERY, WEEKS, corpus, grow, rewritten
from bench.large import SPARE_MIB, check_room
from bench.main import PARTS, QUICK, USUAL, parse
from bench.measuring import cpu_s, timed
from bench.ours import Ours
from bench.peers import CCUSAGE, TOKSCALE, Peer, PeerMissing
from bench.replay import call_in, lines_of_session, of_the_moment
from bench.setting import Bench, Sizes, Skipped
from bench.table import Figure, quantile, render, shown
from claude_logs import append, call_line, prompt_line
from corpora import Excerpt
from lab.oracle import read_home

from aicost.sources.claude.parser import ClaudeParser

# Growing


def logs_below(home: Path) -> list[Path]:
    return sorted(home.glob("projects/**/*.jsonl"))


def test_a_grown_corpus_repeats_no_call(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three logs: the small one is in each of eleven copies, the others in the first and last."""
    monkeypatch.setattr("bench.grow.LARGE_MEAN_BYTES", 1)
    source, target = home / "source", home / "grown"
    name = "3c89a6d4-0000-4000-8000-000000000000.jsonl"
    small = append(source / "projects" / "p" / "a.jsonl", call_line("msg_0000a"))
    others = [
        append(source / "projects" / "p" / name, *map(call_line, ("msg_0000b", "msg_0000c"))),
        append(source / "projects" / "q" / name, *map(call_line, ("msg_0000d", "msg_0000e"))),
    ]
    sizes = [path.stat().st_size for path in (small, *others)]
    twice = 2 * sum(sizes) + (LARGE_EVERY - 1) * sizes[0]

    files = grow(source, target, twice)

    assert files == len(logs_below(target)) == 2 * 3 + (LARGE_EVERY - 1)
    assert len(read_home(target).calls) == 2 * 5 + (LARGE_EVERY - 1)
    folders = {path.parent.name for path in logs_below(target)}
    assert folders == {"c0p", "c0q", "c1p", "c1q"}


def test_a_corpus_grown_out_of_real_logs_keeps_their_calls(
    real_excerpt: Excerpt, home: Path
) -> None:
    size = sum(path.stat().st_size for path in logs_below(real_excerpt.home))
    files = grow(real_excerpt.home, home / "grown", 2 * size)
    assert files == 2 * len(logs_below(real_excerpt.home))  # all are small: each copy has all
    total = read_home(real_excerpt.home).total()
    assert read_home(home / "grown").total() == total + total


def test_copies_of_one_log_share_no_call(home: Path) -> None:
    data = call_line("msg_0001abcd") + call_line("msg_0002abcd")
    for copy in range(3):
        append(home / "projects" / "p" / f"{copy}.jsonl", rewritten(data, copy))
    assert len(read_home(home).calls) == 3


def test_copies_lie_weeks_apart_within_a_year() -> None:
    line = b'{"timestamp":"2026-11-22T05:00:00Z"}'
    assert rewritten(line, 0) == line
    assert rewritten(line, 1) == b'{"timestamp":"2026-11-15T05:00:00Z"}'
    assert rewritten(line, WEEKS) == line


@pytest.mark.parametrize("name", ["msg", "req", "toolu", "srvtoolu"])
def test_every_kind_of_id_is_new_in_a_copy(name: str) -> None:
    line = b'{"id":"%s_01AbcdEf"}' % name.encode()
    assert rewritten(line, 7) == b'{"id":"%s_0007cdEf"}' % name.encode()


def test_a_larger_corpus_links_what_the_smaller_one_has(home: Path) -> None:
    append(home / "source" / "projects" / "p" / "a.jsonl", call_line("msg_0001") * 5000)
    source, cache = home / "source", home
    small = corpus(source, cache, 1)
    large = corpus(source, cache, 2, smaller=small)
    shared = {path.stat().st_ino for path in logs_below(small)}
    assert shared < {path.stat().st_ino for path in logs_below(large)}
    assert len(read_home(large).calls) > len(read_home(small).calls) > 0


# Replaying


def test_sessions_share_no_call_and_never_run_out(home: Path) -> None:
    for number in range(2):
        line = call_line(f"msg_0000of{number}", session=f"s-{number}")
        append(home / f"{number}.jsonl", line, prompt_line("t-1"), b"torn")
    logs = [home / "0.jsonl", home / "1.jsonl"]
    lines = [line for n in range(3) for line in islice(lines_of_session(logs, n, 3), 10)]
    calls = [found for line in lines if (found := call_in(line))]
    assert len(calls) == len(set(calls)) == 3 * 5
    assert all(line.endswith(b"\n") and not line.startswith(b"torn") for line in lines)


def test_a_line_of_the_moment_belongs_to_its_session_now() -> None:
    now = datetime(2026, 11, 22, 5, 0, 0, 250_000, tzinfo=UTC)
    line = of_the_moment(call_line(), "s-9", now)
    (call,) = ClaudeParser().parse(line, "").calls
    assert (call.session_id, call.at) == ("s-9", now)


@pytest.mark.parametrize(
    ("line", "message_id"),
    [
        (call_line("msg_7"), "msg_7"),
        (prompt_line("t-1"), None),
        (call_line("msg_7", model="<synthetic>"), None),
        (b'{"usage": {torn\n', None),
    ],
)
def test_the_call_in_a_line(line: bytes, message_id: str | None) -> None:
    assert call_in(line) == message_id


# Peers


@pytest.mark.parametrize(
    ("peer", "system", "machine", "name"),
    [
        (CCUSAGE, "Linux", "x86_64", "@ccusage/ccusage-linux-x64"),
        (CCUSAGE, "Darwin", "arm64", "@ccusage/ccusage-darwin-arm64"),
        (TOKSCALE, "Linux", "x86_64", "@tokscale/cli-linux-x64-gnu"),
        (TOKSCALE, "Linux", "aarch64", "@tokscale/cli-linux-arm64-gnu"),
        (TOKSCALE, "Darwin", "arm64", "@tokscale/cli-darwin-arm64"),
    ],
)
def test_each_platform_has_its_peers(peer: Peer, system: str, machine: str, name: str) -> None:
    assert peer.package_name(system, machine) == name


@pytest.mark.parametrize(("system", "machine"), [("Plan9", "x86_64"), ("Linux", "riscv64")])
def test_a_platform_without_peers_is_named(system: str, machine: str) -> None:
    with pytest.raises(PeerMissing, match=f"no tokscale for {system} on {machine}"):
        TOKSCALE.package_name(system, machine)


# What is measured


def a_bench(home: Path, *, large_mib: int = 0) -> Bench:
    return Bench(
        source=home,
        home=home,
        cache=home,
        scratch=home,
        ours=Ours(home / "python", home / "aicost"),
        peers={CCUSAGE.name: "no npm", TOKSCALE.name: home / "tokscale"},
        sizes=Sizes(mib=1, large_mib=large_mib, rounds=1, starts=1, idle_s=1, appends=1, storm_s=1),
    )


def test_a_missing_peer_is_skipped_with_its_reason(home: Path) -> None:
    bench = a_bench(home)
    assert bench.peer(TOKSCALE) == str(home / "tokscale")
    with pytest.raises(Skipped, match="no npm"):
        bench.peer(CCUSAGE)


def test_measured_programs_see_only_the_bench_s_own_folders(home: Path) -> None:
    env = a_bench(home).environment(home / "profile", [home / "a", home / "b"])
    assert env["CLAUDE_CONFIG_DIR"] == f"{home}/a,{home}/b"
    assert {name for name in env if name.startswith("AICOST")} == {"AICOST_HOME"}
    assert env["HOME"] == str(home)


def test_a_large_corpus_is_made_only_when_asked_for_and_where_it_fits(home: Path) -> None:
    with pytest.raises(Skipped, match="not asked for"):
        check_room(a_bench(home), 0)
    with pytest.raises(Skipped, match=f"it takes {2**40 + SPARE_MIB:,}"):
        check_room(a_bench(home), 2**40)


@pytest.mark.parametrize(
    ("arguments", "mib", "rounds", "parts"),
    [
        ([], USUAL["mib"], USUAL["rounds"], list(PARTS)),
        (["--quick"], QUICK["mib"], QUICK["rounds"], list(PARTS)),
        (["--quick", "--rounds", "7"], QUICK["mib"], 7, list(PARTS)),
        (["--only", "storm,starts"], USUAL["mib"], USUAL["rounds"], ["storm", "starts"]),
    ],
)
def test_what_is_asked(arguments: list[str], mib: int, rounds: int, parts: list[str]) -> None:
    asked = parse(arguments)
    assert (asked.mib, asked.rounds, asked.only) == (mib, rounds, parts)


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--only", "storm,nothing"])
    assert "no such part: nothing" in capsys.readouterr().err


def test_the_clock_of_a_process_is_the_one_that_it_sees_itself() -> None:
    before = time.process_time()
    found = cpu_s(os.getpid())
    assert before - 0.01 <= found <= time.process_time() + 0.01  # where it counts in ticks


def test_a_program_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)python.*no such thing"):
        timed([sys.executable, "-c", "raise SystemExit('no such thing')"], {})


# The table


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "", "0"),
        (2.0, "", "2"),
        (0.0005, "s", "0.50 ms"),
        (0.9994, "s", "999 ms"),
        (1.0, "s", "1 s"),
        (9.994, "s", "9.99 s"),
        (99.94, "MB", "99.9 MB"),
        (1234.5, "MB", "1,234 MB"),
    ],
)
def test_a_value_is_shown_with_three_digits(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "beside", "at_most", "is_over", "of_bound"),
    [
        (3.0, 1.0, 3.0, False, 1.0),  # the bound is one of the ratio
        (3.1, 1.0, 3.0, True, 3.1 / 3),
        (0.3, None, 0.3, False, 1.0),  # … or of the value
        (0.31, None, 0.3, True, 0.31 / 0.3),
        (0.0, None, 0.0, False, None),
        (1.0, None, 0.0, True, None),
        (9.0, 1.0, None, False, None),
    ],
)
def test_a_bound_may_be_reached_but_not_passed(
    value: float, beside: float | None, at_most: float | None, is_over: bool, of_bound: float | None
) -> None:
    figure = Figure(what="x", value=value, beside=beside, at_most=at_most)
    assert figure.is_over is is_over
    assert figure.of_bound == (None if of_bound is None else pytest.approx(of_bound))


def test_the_table_has_a_line_for_each_figure_and_names_those_over() -> None:
    text = render(
        [
            Figure(what="read", value=2.0, beside=1.0, beside_what="ccusage", at_most=1.0),
            Figure(what="restart", value=0.15, at_most=0.3),
            Figure(what="memory", value=59.0, unit="MB"),
        ]
    )
    assert text.splitlines() == [
        "         aicost  beside it       ratio   bound  of bound",
        "read        2 s  ccusage    1 s   2.00       1      200%  OVER",
        "restart  150 ms                         300 ms       50%",
        "memory    59 MB",
    ]


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (1.0, 100)]
)
def test_a_quantile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert quantile(range(100, 0, -1), share) == value
