"""The real clients run in circles on fake APIs: what is found of it, live, and how soon.

The delay printed is from the moment the log held the last result (or refusal) that it takes, to
the hit in the ledger. What is asserted is only that it comes, and what it says. A turn that stalls
takes twenty minutes by definition: the real client's log of one is stretched to that.
"""

import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e.at_work import BYPASS, bash, finished, new_session, none_left_behind, pipes, spawn
from e2e.running import Aicost
from e2e.stopwatch import Counts, calls_in_log, watching
from lab.codex import make_codex
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import make_home
from lab.responses import Play, Step
from lab.scenario import Json, Scenario
from lab.waiting import until

from aicost.core.waste.stalled import LEAST_CALLS

MODEL = "claude-opus-4-5"  # with a window of 200,000 tokens
FAILS = "sh check.sh"
TEXT = {"type": "text", "text": "Done."}
LAST = {"blocks": [TEXT], "delay_s": 3}  # meanwhile it is live
BUSY = {"input_tokens": 10, "output_tokens": 20, "cache_read_input_tokens": 30_000}


def tool(name: str, **asked: Any) -> Json:
    return {"type": "tool_use", "name": name, "input": asked}


def asks(*blocks: Json, **usage: int) -> Json:
    return {"blocks": list(blocks), "usage": BUSY | usage}


def edited(number: int) -> Json:
    change = {"old_string": f"n = {number}\n", "new_string": f"n = {number + 1}\n"}
    return asks(tool("Edit", file_path="${PROJ}/pay.py", **change))


OVERLOADED = {
    "error": {"status": 529, "type": "overloaded_error", "message": "Overloaded"},
}
READS = tool("Read", file_path="${PROJ}/pay.py")
BIG = tool("Read", file_path="${PROJ}/big.txt")
SCENARIOS: dict[str, tuple[dict[str, list[Json]], int, str]] = {
    # kind -> lanes, results (or refusals) that it takes, what the evidence says
    "repeat": ({"main": [*[asks(bash(FAILS))] * 3, LAST]}, 3, "`sh` failed 3 times the same way"),
    "edit-test": (
        {
            "main": [
                asks(READS),
                *[one for n in range(3) for one in (asks(bash(FAILS)), edited(n))],
                asks(bash(FAILS)),
                LAST,
            ]
        },
        8,
        "`sh` fails as before after 3 rounds of edits of pay.py",
    ),
    "reread": ({"main": [*[asks(READS)] * 3, LAST]}, 3, "pay.py was read 3 times, unchanged"),
    "search": (
        {"main": [*[asks(bash(f"grep -rn no_such_name_{n} .")) for n in range(6)], LAST]},
        6,
        "6 searches in a row found nothing",
    ),
    "retry-storm": (
        {
            "main": [OVERLOADED | {"repeat": 5}, LAST]
        },
        5,
        "5 requests in a row refused (529)",
    ),
    "dump": (
        {"main": [asks(BIG), *[asks(bash("true"), cache_read_input_tokens=54_000)] * 34, LAST]},
        32,  # (it costs half a dollar by then)
        "one result (big.txt) put about 2",
    ),
    "subagent": (
        {
            "main": [asks(spawn("alpha")), LAST],
            "subagent:alpha": [asks(bash("ls"), output_tokens=30_000), {"blocks": [TEXT]}],
        },
        2,
        "the subagent general-purpose made 2 calls, and returned",
    ),
}  # fmt: skip


def results_in(folder: Path) -> int:
    """Return how many results of tools, and refused requests, all logs in a folder hold."""
    count = 0
    for log in folder.glob("projects/**/*.jsonl"):
        for line in log.read_bytes().split(b"\n"):
            count += b'"type":"tool_result"' in line and b'"type":"user"' in line
            count += b'"subtype":"api_error"' in line
    return count


def kinds_in(ledger_file: Path, kind: str) -> int:
    """Return how many hits of a kind a ledger has."""
    if not ledger_file.exists():
        return 0
    with closing(sqlite3.connect(f"{ledger_file.as_uri()}?mode=ro", uri=True)) as db:
        query = "SELECT count(*) FROM waste WHERE kind = ?"
        return int(db.execute(query, (kind,)).fetchone()[0])


def delay_ms(written: Counts, found: Counts, takes: int) -> float:
    """Return the time from the last result that it took to the first hit."""
    return 1000 * (found._first[0] - written._first[takes - 1])


@pytest.mark.parametrize("kind", SCENARIOS)
def test_claude_code_in_circles_is_told_while_it_runs(
    client: Path, tmp_path: Path, kind: str
) -> None:
    lanes, takes, evidence = SCENARIOS[kind]
    home = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", home)
    text = json.dumps(lanes).replace("${PROJ}", str(home.project))
    (home.project / "check.sh").write_text("echo 'error: pay is broken'; exit 1\n")
    (home.project / "pay.py").write_text("n = 0\n")
    (home.project / "big.txt").write_text("a line of some words in it\n" * 2_500)
    session_id, named = new_session()
    with (
        FakeAnthropic(Scenario({"lanes": json.loads(text)})) as served,
        none_left_behind(home),
        aicost.daemon(),
        watching(lambda: results_in(home.claude)) as written,
        watching(lambda: kinds_in(aicost.ledger_file, kind)) as found,
    ):
        argv = [str(client), "-p", "Go", *BYPASS, "--model", MODEL, *named]
        process = pipes(argv, home, home.environment(served.url))
        try:
            until(lambda: len(found), f"a hit of {kind}", timeout_s=45)
            live = aicost.ask("sessions", "--live")["sessions"]
        finally:
            finished(process)
        until(lambda: not aicost.ask("daemon", "status")["pending_bytes"], "all to be read")
        hits = aicost.ask("explain", session_id)["waste"]
    print(f"\n{kind}: {delay_ms(written, found, takes):.0f} ms after the log had it")
    (hit,) = [one for one in hits if one["kind"] == kind]
    assert evidence in hit["evidence"]
    if kind not in ("dump", "subagent"):  # those are no loops
        assert [one["loop"]["kind"] for one in live] == [kind]
    told = aicost.run("explain", session_id)
    assert hit["evidence"][:40] in " ".join(told.split())


STALLS = timedelta(minutes=22)  # from its first call to the last that asks for a tool


def stretched(log: Path, until_at: datetime) -> list[str]:
    """Return the lines of a log, its times drawn apart; the last such call is at a moment."""
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    timed = [row for row in rows if "timestamp" in row]
    moments = [datetime.fromisoformat(row["timestamp"]) for row in timed]
    *calls, _answer = (at for row, at in zip(timed, moments) if row["type"] == "assistant")
    factor = STALLS / (calls[-1] - calls[0])
    for row, moment in zip(timed, moments):
        at = until_at - (calls[-1] - moment) * factor
        row["timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [json.dumps(row) + "\n" for row in rows]


def test_a_turn_that_only_reads_is_told_while_it_goes_on(client: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    session_id, named = new_session()
    reads = [asks(bash(f"cat note_{n}.txt"), output_tokens=2_000) for n in range(LEAST_CALLS)]
    for number in range(LEAST_CALLS):
        (home.project / f"note_{number}.txt").write_text(f"note {number}\n")
    with FakeAnthropic(Scenario({"lanes": {"main": [*reads, {"blocks": [TEXT]}]}})) as served:
        argv = [str(client), "-p", "Go", *BYPASS, "--model", MODEL, *named]
        finished(pipes(argv, home, home.environment(served.url)))
    (log,) = home.claude.glob(f"projects/*/{session_id}.jsonl")
    lines = stretched(log, datetime.now(UTC))
    asked = [n for n, line in enumerate(lines) if json.loads(line)["type"] == "assistant"][:-1]
    assert len(asked) == LEAST_CALLS
    log.write_text("".join(lines[: asked[-1]]))
    aicost = Aicost(tmp_path / "profile", home)
    with (
        aicost.daemon(),
        watching(lambda: kinds_in(aicost.ledger_file, "stalled")) as found,
    ):
        aicost.wait_until_read()
        assert not aicost.ask("explain", session_id)["waste"]
        with log.open("a") as end:
            end.write(lines[asked[-1]])
        written_s = time.monotonic()
        until(lambda: len(found), "a hit of stalled")
        (session,) = aicost.ask("sessions")["sessions"]
    print(f"\nstalled: {1000 * (found._first[0] - written_s):.0f} ms after the log had it")
    assert session["loop"]["kind"] == "stalled"
    assert f"{LEAST_CALLS} calls in 2" in session["loop"]["evidence"]


def test_models_that_take_turns_build_the_cache_anew(client: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", home)
    session_id, named = new_session()
    cold = {"input_tokens": 5, "output_tokens": 9, "cache_5m": 150_000}
    lanes = {"main": [{"blocks": [TEXT], "usage": cold}] * 4}
    with (
        FakeAnthropic(Scenario({"lanes": lanes})) as served,
        none_left_behind(home),
        aicost.daemon(),
        watching(calls_in_log(home.claude, session_id)) as written,
        watching(lambda: kinds_in(aicost.ledger_file, "cache")) as found,
    ):
        for number in range(4):
            model = ("claude-opus-5-5", "claude-sonnet-5-5")[number % 2]
            again = named if number == 0 else ("--resume", session_id)
            argv = [str(client), "-p", "Go on", *BYPASS, "--model", model, *again]
            finished(pipes(argv, home, home.environment(served.url)))
        until(lambda: len(found), "a hit of cache")
        (hit,) = aicost.ask("explain", session_id)["waste"]
    print(f"\ncache: {delay_ms(written, found, 4):.0f} ms after the log had it")
    assert hit["evidence"] == (
        "the cache was written anew 3 times, mostly after a switch of models"
    )
    assert hit["cost_usd"] > 1


def test_compactions_in_a_row_are_told(client: Path, tmux: str, tmp_path: Path) -> None:
    assert tmux
    home = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", home)
    session_id, named = new_session()
    summary = {"type": "text", "text": "<summary>We talked.</summary>"}
    lanes = {
        "main": [{"blocks": [{"type": "text", "text": f"Answer {n}."}]} for n in range(4)],
        "compact": [{"blocks": [summary]}] * 3,
    }
    with (
        FakeAnthropic(Scenario({"lanes": lanes})) as served,
        none_left_behind(home),
        aicost.daemon(),
        watching(lambda: compactions_in(home.claude)) as written,
        watching(lambda: kinds_in(aicost.ledger_file, "thrash")) as found,
    ):
        driver = Driver(client, home, served.url)
        with driver.terminal(*BYPASS, *named) as terminal:
            terminal.wait_for(r"bypass permissions|for shortcuts")
            for number in range(3):
                terminal.type_line(f"say {number}")
                terminal.wait_for(f"Answer {number}")
                terminal.type_line("/compact")
                until(lambda: len(written) > number, "a compaction")  # noqa: B023 - asked at once
            until(lambda: len(found), "a hit of thrash")
            terminal.type_line("/exit")
        (hit,) = aicost.ask("explain", session_id)["waste"]
    print(f"\nthrash: {delay_ms(written, found, 3):.0f} ms after the log had it")
    assert hit["evidence"] == "compacted 3 times with hardly a call in between"


def compactions_in(folder: Path) -> int:
    logs = folder.glob("projects/**/*.jsonl")
    return sum(log.read_bytes().count(b'"subtype":"compact_boundary"') for log in logs)


CODEX: Mapping[str, tuple[tuple[Step, ...], str]] = {
    "repeat": ((Step(command=FAILS),) * 3, "failed 3 times the same way"),
    "search": (
        tuple(Step(command=f"grep -rn no_such_name_{n} .") for n in range(6)),
        "6 searches in a row found nothing",
    ),
}


@pytest.mark.parametrize("kind", CODEX)
def test_codex_in_circles_is_told_while_it_runs(
    codex_client: Path, tmp_path: Path, kind: str
) -> None:
    steps, evidence = CODEX[kind]
    play = Play(steps={"go": (*steps, Step(say="Done.", delay_s=3))})
    with FakeOpenAI(play) as served:
        codex = make_codex(codex_client, tmp_path / "home", served.url)
        (codex.home.project / "check.sh").write_text("echo 'error: pay is broken'; exit 1\n")
        aicost = Aicost(tmp_path / "profile", codex.home)
        with (
            none_left_behind(codex.home),
            aicost.daemon(),
            watching(lambda: _codex_results(codex.folder)) as written,
            watching(lambda: kinds_in(aicost.ledger_file, kind)) as found,
            codex.start("[[go]] on") as process,
        ):
            try:
                until(lambda: len(found), f"a hit of {kind}", timeout_s=45)
                live = aicost.ask("sessions", "--live")["sessions"]
            finally:
                process.communicate(timeout=60)
    print(f"\nCodex, {kind}: {delay_ms(written, found, len(steps)):.0f} ms after the log had it")
    (row,) = live
    assert row["loop"]["kind"] == kind
    assert evidence in row["loop"]["evidence"]


def _codex_results(folder: Path) -> int:
    logs = folder.glob("sessions/*/*/*/rollout-*.jsonl")
    lines = [line for log in logs for line in log.read_bytes().split(b"\n")]
    return sum(b'"type":"CommandExecution"' in line for line in lines)
