"""The real Codex runs against a fake API: what is served is reported, live and afterwards.

Delays are printed; what is asserted is only that nothing is lost or hangs.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.running import Aicost
from e2e.stopwatch import calls_in_ledger, summary, watching
from lab.codex import MODEL, SCRIPTING_MODEL, Codex, make_codex
from lab.fake_openai import FakeOpenAI, Served
from lab.responses import Json, Plan, Play, Step
from lab.waiting import until

CALLS = 60
SANE_S = 5.0
SPAWN = ("multi_agent_v1", "spawn_agent", {"message": "[[child]] do one", "fork_context": True})
PLAY = Play(
    steps={
        "tool": (Step(command="echo one"), Step(say="Done.")),
        "script": (
            Step(script='text(JSON.stringify(await tools.exec_command({cmd: "echo two"})));'),
            Step(say="Done."),
        ),
        "parent": (Step(call=SPAWN), Step(command="sleep 2"), Step(say="Parent done.")),
        "child": (Step(command="echo child"), Step(say="Child done.")),
        "slow": (Step(command="sleep 3"), Step(say="Slow done.")),
        "answer": (Step(say="ANSWER"),),
        "many": (*(Step(command="true") for _ in range(CALLS - 1)), Step(say="Done.")),
    },
    plan=Plan(primary_percent=62.5, secondary_percent=8, credits="17.50"),
)
TOKENS = (
    "requests",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "output_tokens",
    "reasoning_tokens",
)


@pytest.fixture
def api() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(PLAY) as api:
        yield api


@pytest.fixture
def codex(codex_client: Path, api: FakeOpenAI, tmp_path: Path) -> Iterator[Codex]:
    """A home for the client; no process of it is left behind."""
    codex = make_codex(codex_client, tmp_path / "home", api.url)
    yield codex
    until(lambda: not codex.processes(), "the end of every process of the client")


@pytest.fixture
def aicost(codex: Codex, tmp_path: Path) -> Aicost:
    return Aicost(tmp_path / "profile", codex.home)


def served_by_model(served: list[Served]) -> dict[str, dict[str, int]]:
    sums: dict[str, Counter[str]] = {}
    for response in served:
        used = response.tokens
        fresh = used.input - used.cached - used.cache_write
        counts = (1, fresh, used.cached, used.cache_write, used.output, used.reasoning)
        sums.setdefault(response.model, Counter()).update(dict(zip(TOKENS, counts)))
    return {model: {name: row[name] for name in TOKENS} for model, row in sums.items()}


def reported_by_model(report: Json) -> dict[str, dict[str, int]]:
    return {row["key"]: {name: row[name] for name in TOKENS} for row in report["rows"]}


def test_a_report_is_what_was_served(
    codex: Codex, api: FakeOpenAI, aicost: Aicost, tmp_path: Path
) -> None:
    """The daemon watches from before the first line; a second profile reads all at the end."""
    late = Aicost(tmp_path / "late", codex.home)
    with aicost.daemon():
        first = codex.run("[[tool]] begin")
        fork = codex.run(first, "[[answer]] in a fork", below=("fork",))
        codex.run("-m", SCRIPTING_MODEL, first, "[[script]] another model", below=("resume",))
        parent = codex.run("[[parent]] spawn one")
        codex.run(first, "[[answer]] the first goes on", below=("resume",))
        aicost.wait_until_read()
        reports = [aicost.ask("report", "--agent", "codex", "--by", "model", "--no-wait")]
    reports += [
        profile.ask("report", "--agent", "codex", "--by", "model") for profile in (late, aicost)
    ]
    served = api.served()
    expected = served_by_model(served)
    assert set(expected) == {MODEL, SCRIPTING_MODEL}
    assert "summary" in {response.lane for response in served}  # for the other model
    for report in reports:
        assert reported_by_model(report) == expected
        assert report["complete"] is True
    assert len({first, fork, parent}) == 3
    by_session = late.ask("report", "--by", "session")
    assert {row["key"] for row in by_session["rows"]} == {first, fork, parent}
    assert sum(row["tool_calls"] for row in by_session["rows"]) == 5
    assert by_session["total"]["credits"] > 0
    assert by_session["total"]["cost_usd"] > 0


def test_a_session_is_seen_to_run_and_to_end(codex: Codex, aicost: Aicost) -> None:
    def live() -> list[tuple[str, int]]:
        rows = aicost.ask("sessions", "--live")["sessions"]
        return [(row["state"], row["pid"]) for row in rows if row["agent"] == "codex"]

    with aicost.daemon():
        assert live() == []
        with codex.start("[[slow]] take your time") as process:
            until(lambda: live() == [("busy", process.pid)], "the session to be busy")
            process.communicate(timeout=60)
        until(lambda: live() == [], "the session to end", timeout_s=SANE_S)
    (ended,) = aicost.ask("sessions")["sessions"]
    assert (ended["state"], ended["pid"], ended["requests"]) == ("ended", None, 2)


def test_a_session_in_a_terminal_is_idle_between_its_turns(
    codex: Codex, api: FakeOpenAI, aicost: Aicost, tmux: str
) -> None:
    def states() -> list[str]:
        return [row["state"] for row in aicost.ask("status")["sessions"]]

    with aicost.daemon(), codex.terminal() as terminal:
        terminal.wait_for("for shortcuts")
        terminal.type_line("[[answer]] one")
        terminal.wait_for("ANSWER")
        until(lambda: states() == ["idle"], "the session to be idle", timeout_s=SANE_S)
        terminal.type_line("[[slow]] two")
        until(lambda: states() == ["busy"], "the session to be busy", timeout_s=SANE_S)
        terminal.wait_for("Slow done")
        until(lambda: states() == ["idle"], "the session to be idle again", timeout_s=SANE_S)
        terminal.type_line("/quit")
        terminal.wait_for_end()
        until(lambda: states() == [], "the session to end", timeout_s=SANE_S)
    # The title of the session is an ephemeral thread: billed, and in no log.
    lanes = Counter(response.lane for response in api.served())
    report = aicost.ask("report")
    assert lanes["title"] == 1
    assert report["total"]["requests"] == lanes.total() - 1
    assert "titles" in report["hidden"]["why"]


def test_limits_and_credits_are_shown_with_their_age(codex: Codex, aicost: Aicost) -> None:
    codex.run("[[answer]] go")
    status = aicost.ask("status")
    (limit,) = status["limits"]
    assert (limit["home"], limit["limit_id"]) == (str(codex.folder), "codex")
    assert (limit["primary"]["used_percent"], limit["primary"]["window_minutes"]) == (62.5, 300)
    assert (limit["secondary"]["used_percent"], limit["secondary"]["has_reset"]) == (8, False)
    assert limit["credits"] == {"has_credits": True, "unlimited": False, "balance": 17.5}
    assert 0 <= limit["age_seconds"] < 60
    assert status["today"]["credits"] > 0
    text = aicost.run("status")
    assert "5 h 62.5 % used, resets in" in text
    assert "17.50 credits left" in text


def test_append_to_ledger(codex: Codex, aicost: Aicost, capsys: pytest.CaptureFixture[str]) -> None:
    first = codex.run("[[answer]] first")
    with aicost.daemon():
        aicost.wait_until_read()
        with (
            watching(records_in_log(codex.folder, first)) as written,
            watching(calls_in_ledger(aicost.ledger_file, first)) as recorded,
        ):
            codex.run(first, "[[many]] go", below=("resume",))
            until(
                lambda: min(map(len, (written, recorded))) >= CALLS + 1,
                f"{CALLS} calls in the ledger",
                timeout_s=SANE_S,
            )
    delays = recorded.delays_after(written)[1:]  # (the first was there before)
    with capsys.disabled():
        print(f"\n{summary('Codex: append to ledger', delays)}")
    assert len(delays) == CALLS
    assert max(delays) < SANE_S


def records_in_log(home: Path, thread_id: str) -> Callable[[], int]:
    """Return a look at a thread's log: how many responses it records."""
    (path,) = home.glob(f"sessions/*/*/*/rollout-*{thread_id}.jsonl")
    found = [0, 0]  # bytes read, records

    def look() -> int:
        with path.open("rb") as log:
            log.seek(found[0])
            data = log.read()
        whole = data[: data.rfind(b"\n") + 1]
        found[0] += len(whole)
        kinds = [json.loads(line)["type"] for line in whole.splitlines()]
        found[1] += kinds.count("token_usage_record")
        return found[1]

    return look
