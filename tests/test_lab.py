"""The lab's own instruments: what they count and serve is right, or every test on them is void."""

import json
import tomllib
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lab import fake_anthropic, fake_openai
from lab.client import CODEX_VERSION, ClientMissing, find_codex, install, package_name
from lab.codex import Codex
from lab.driver import SCENARIOS
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import LabHome
from lab.oracle import Usage, read_home
from lab.responses import Plan, Play, Step, Tokens
from lab.responses import lane_of as lane_of_openai
from lab.scenario import Scenario, ServedUsage, expanded, lanes_of
from lab.spend import claude_nusd, codex_nusd, last_of_each
from lab.trimming import HUGE_CHARS, TEXT_CHARS, anonymise, people_in, trim_log

# The oracle


def assistant(message_id: str = "msg_1", **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 2} | fields
    message = {"id": message_id, "model": "m", "usage": usage}
    return {"type": "assistant", "message": message}


def logged(home: Path, *records: Any, tail: bytes = b"") -> Path:
    path = home / "projects" / "p" / "log.jsonl"
    path.parent.mkdir(parents=True)
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    path.write_bytes(b"".join(line + b"\n" for line in lines) + tail)
    return home


def test_the_oracle_takes_of_each_field_the_largest(home: Path) -> None:
    first = assistant(output_tokens=1, cache_read_input_tokens=9)
    later = assistant(output_tokens=7, cache_read_input_tokens=5)
    reading = read_home(logged(home, first, later))
    assert reading.total() == Usage(input_tokens=1, cache_read_tokens=9, output_tokens=7)


def test_the_oracle_splits_cache_writes_by_lifetime(home: Path) -> None:
    split = {"ephemeral_1h_input_tokens": 30}
    record = assistant(cache_creation_input_tokens=50, cache_creation=split)
    usage = read_home(logged(home, record)).total()
    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == (20, 30)


def test_the_oracle_counts_nested_calls_and_leaves_made_up_ones_out(home: Path) -> None:
    nested = {"type": "progress", "data": {"message": assistant("msg_nested")}}
    made_up = assistant("msg_synthetic")
    made_up["message"]["model"] = "<synthetic>"
    reading = read_home(logged(home, assistant(), nested, made_up, {"type": "user"}))
    assert set(reading.calls) == {"msg_1", "msg_nested"}


def test_the_oracle_takes_a_whole_tail_but_no_torn_one(home: Path) -> None:
    whole = json.dumps(assistant("msg_whole")).encode()
    assert set(read_home(logged(home / "a", assistant(), tail=whole)).calls) == {
        "msg_1",
        "msg_whole",
    }
    torn = read_home(logged(home / "b", assistant(), b"{broken", tail=whole[:-5]))
    assert (set(torn.calls), torn.broken_lines) == ({"msg_1"}, 1)


# Trimming


def test_trimming_cuts_texts_and_keeps_lines_that_need_none() -> None:
    short, long = b'{"a": 1}', json.dumps({"text": "y" * (TEXT_CHARS + 1)}).encode()
    kept, cut, broken = trim_log(short + b"\n" + long + b"\n{broken").split(b"\n")
    assert (kept, broken) == (short, b"{broken")
    assert len(json.loads(cut)["text"]) == TEXT_CHARS


def test_trimming_keeps_huge_lines_huge() -> None:
    line = json.dumps({"text": "y" * (HUGE_CHARS + 1)}).encode()
    assert len(json.loads(trim_log(line))["text"]) == HUGE_CHARS + 1


def test_trimming_empties_payloads_but_not_their_ids() -> None:
    record = {"type": "api-request-blob", "id": "b1", "body": {"system": "s"}}
    assert json.loads(trim_log(json.dumps(record).encode())) == {
        "type": "api-request-blob",
        "id": "b1",
    }


def test_names_and_addresses_are_replaced_as_words() -> None:
    data = b'{"cwd":"/Users/ada/src","branch":"ada/adaptive","mail":"ada@mail.example"}'
    assert people_in(data) == {b"ada"}
    assert anonymise(data, people_in(data)) == (
        b'{"cwd":"/Users/dev/src","branch":"dev/adaptive","mail":"dev@example.com"}'
    )


# The fake API


@pytest.fixture
def api() -> Iterator[FakeAnthropic]:
    turn = {
        "blocks": [{"type": "text", "text": "hello there", "chunks": 3}],
        "usage": {"input_tokens": 5, "output_tokens": 40, "cache_1h": 7},
    }
    with FakeAnthropic(Scenario({"lanes": {"main": [turn], "side": []}})) as fake:
        yield fake


def post(url: str, body: dict[str, Any]) -> str:
    request = urllib.request.Request(
        f"{url}/v1/messages",
        json.dumps(body).encode(),
        {"x-claude-code-session-id": "s-1", "connection": "close"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


REQUEST = {
    "model": "m",
    "stream": True,
    "tools": [{"name": "Bash"}],
    "messages": [{"role": "user", "content": "hi"}],
}


def test_the_fake_api_streams_a_turn_and_keeps_what_it_served(api: FakeAnthropic) -> None:
    events = [
        json.loads(line.removeprefix("data: "))
        for line in post(api.url, REQUEST).splitlines()
        if line.startswith("data: ")
    ]
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(deltas) == "hello there"
    assert len(deltas) == 3
    assert events[0]["message"]["usage"]["cache_creation"]["ephemeral_1h_input_tokens"] == 7
    assert events[-2]["usage"]["output_tokens"] == 40
    (served,) = api.served()
    assert (served.session_id, served.lane, served.complete) == ("s-1", "main", True)
    assert served.message_id == events[0]["message"]["id"]


def test_a_lane_that_ran_out_answers_ok(api: FakeAnthropic) -> None:
    post(api.url, REQUEST)
    answer = json.loads(post(api.url, REQUEST | {"stream": False}))
    assert answer["content"] == [{"type": "text", "text": "OK."}]
    assert [served.lane for served in api.served()] == ["main", "main"]
    assert [json.loads(body)["stream"] for body in api.asked()] == [True, False]


SUBAGENT = {"tools": [{"name": "Bash"}], "system": "cc_is_subagent=true"}


@pytest.mark.parametrize(
    ("body", "lanes"),
    [
        (REQUEST, ["main"]),
        ({"tools": []}, ["side"]),
        ({"tools": [{"name": "Bash"}], "max_tokens": 1}, ["side"]),
        ({"tools": [{"type": "web_search_20250305"}]}, ["websearch", "side"]),
        ({"tools": [], "system": "Write a title"}, ["title", "side"]),
        ({"tools": [], "system": "summarizing conversations"}, ["compact", "side"]),
        (SUBAGENT, ["subagent"]),
        (
            SUBAGENT | {"messages": [{"role": "user", "content": "[[alpha]] look"}]},
            ["subagent:alpha", "subagent"],
        ),
    ],
)
def test_a_request_is_answered_from_its_lane(body: dict[str, Any], lanes: list[str]) -> None:
    assert lanes_of(body, {}) == lanes


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.json")), ids=lambda path: path.stem)
def test_every_scenario_file_can_be_served(path: Path) -> None:
    data = json.loads(path.read_text())
    assert Scenario(data).name == path.stem
    assert data["drive"]


def test_variables_are_replaced_everywhere_and_unknown_ones_stay() -> None:
    value = {"a": ["${HOME}/x", 1], "b": "${OTHER}"}
    assert expanded(value, {"HOME": "/h"}) == {"a": ["/h/x", 1], "b": "${OTHER}"}


# The client


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "@anthropic-ai/claude-code-linux-x64"),
        ("Linux", "aarch64", "@anthropic-ai/claude-code-linux-arm64"),
        ("Darwin", "arm64", "@anthropic-ai/claude-code-darwin-arm64"),
    ],
)
def test_each_platform_has_its_package(system: str, machine: str, name: str) -> None:
    assert package_name(system, machine) == name


def test_an_unknown_platform_is_named() -> None:
    with pytest.raises(ClientMissing, match="Plan9 on x86_64"):
        package_name("Plan9", "x86_64")


def test_a_missing_npm_is_the_reason(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(ClientMissing, match="no npm"):
        install("@anthropic-ai/claude-code-linux-x64", "0.0.0", home / "client")


def test_what_npm_says_is_the_reason(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = home / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    with pytest.raises(ClientMissing, match="ENOTFOUND"):
        install("some-package", "1.0.0", home / "client")
    assert not (home / "client").exists()


# The fake OpenAI API


def asked_openai(api: FakeOpenAI, prompt: str, thread: str = "t-1") -> list[dict[str, Any]]:
    """Ask as Codex does; return the events of the answer."""
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
    request = urllib.request.Request(
        f"{api.url}/responses",
        json.dumps({"model": "gpt-test", "input": [said]}).encode(),
        {"thread-id": thread},
    )
    with urllib.request.urlopen(request) as answer:
        raw = answer.read()
        assert answer.headers["x-codex-primary-used-percent"] == "12.5"
    return [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]


def test_the_fake_openai_plays_the_steps_of_the_last_mark() -> None:
    steps = (Step(command="true"), Step(say="Done."))
    with FakeOpenAI(Play(steps={"a": steps})) as api:
        items = [asked_openai(api, "[[b]] then [[a]]")[2]["item"] for _ in range(3)]
        other = asked_openai(api, "[[a]]", "t-2")[2]["item"]
        plain = asked_openai(api, "no mark")[2]["item"]
    assert [item["type"] for item in items] == ["function_call", "message", "function_call"]
    assert other["type"] == "function_call"
    assert plain["content"][0]["text"] == "OK."


def test_the_model_obeys_what_a_tool_result_says() -> None:
    play = Play(steps={"a": (Step(command="true"),)}, obeys={"refused": Step(say="I stop.")})
    asked = {"role": "user", "content": [{"text": "[[a]]"}]}
    refused = {"type": "function_call_output", "output": "it was refused"}
    assert play.obeyed({"input": [asked, refused]}) == Step(say="I stop.")
    assert play.obeyed({"input": [asked, refused | {"output": "done"}]}) is None
    assert play.obeyed({"input": [refused, {"role": "user", "content": "refused"}]}) is None
    assert play.obeyed({}) is None


def test_the_fake_openai_keeps_what_it_served() -> None:
    with FakeOpenAI(Play()) as api:
        ends = [asked_openai(api, "go", thread)[-1]["response"] for thread in ("t-1", "t-2")]
        served = api.served()
    assert [one.tokens.as_usage() for one in served] == [end["usage"] for end in ends]
    assert [one.response_id for one in served] == [end["id"] for end in ends]
    assert [(one.thread_id, one.model) for one in served] == [
        ("t-1", "gpt-test"),
        ("t-2", "gpt-test"),
    ]
    assert len({one.tokens for one in served}) == 2
    assert len(api.asked()) == 2


@pytest.mark.parametrize(
    ("texts", "lane"),
    [
        (["[[a]] and [[b]]"], "b"),
        (["[[a]]", "Generate a concise, single-line task title for [[a]]"], "title"),
        (["[[a]]", "You are performing a CONTEXT CHECKPOINT COMPACTION."], "summary"),
        (["no mark"], ""),
        ([], ""),
    ],
)
def test_a_request_to_openai_goes_to_the_lane_it_names(texts: list[str], lane: str) -> None:
    said = [{"role": "user", "content": [{"text": text}]} for text in texts]
    ours = {"role": "assistant", "content": [{"text": "[[z]]"}]}
    assert lane_of_openai({"input": [*said, ours, {"type": "function_call_output"}]}) == lane


def test_credits_are_told_only_where_there_are_some() -> None:
    assert "x-codex-credits-balance" not in Plan().headers(0)
    assert Plan(credits="17.5").headers(0)["x-codex-credits-balance"] == "17.5"


LISTED_DIGESTS = {  # of `true` with 30 s and the matcher x, by the client itself
    "user_prompt_submit": "cc2ffb918d9c5ac2833a38595b32eed5699cb5edb456b68b2e137c8769f915c4",
    "pre_tool_use": "4680f3d3eef9efbaa9fc90598200330048b0a22f0bb1cb57ed49bce1d60d4844",
    "stop": "4e5beff43739d7a9608ce6244a0344b28c0e8530edf28ff1e021f4507e51f5fc",
}


def test_trusted_hooks_are_named_as_the_client_names_them(home: Path) -> None:
    """The digest is one that the client itself listed."""
    codex = Codex(Path("codex"), LabHome(home))
    codex.folder.mkdir()
    (codex.folder / "config.toml").write_text("a = 1")
    hook = {"type": "command", "command": "true", "timeout": 30}
    matched = [{"matcher": "x", "hooks": [hook]}]
    groups = {"UserPromptSubmit": [{"hooks": [hook]}], "PreToolUse": matched, "Stop": matched}
    (codex.folder / "hooks.json").write_text(json.dumps({"hooks": groups}))
    codex.trust_hooks()
    state = tomllib.loads((codex.folder / "config.toml").read_text())["hooks"]["state"]
    file = codex.folder / "hooks.json"
    found = {event: state[f"{file}:{event}:0:0"]["trusted_hash"] for event in LISTED_DIGESTS}
    assert found == {event: f"sha256:{digest}" for event, digest in LISTED_DIGESTS.items()}


# What responses cost


def test_served_tokens_are_priced_by_the_book() -> None:
    usage = ServedUsage(input_tokens=1_000, output_tokens=500, cache_1h=100, web_search_requests=1)
    one = fake_anthropic.Served(
        message_id="m",
        session_id="s",
        lane="main",
        model="claude-opus-5-5",
        complete=True,
        usage=usage,
    )
    assert claude_nusd(one) == 4_000_000 + 10_000_000 + 800_000 + 10_000_000
    assert claude_nusd(replace(one, complete=False)) == 0
    tokens = Tokens(input=3_000, cached=1_000, output=500, reasoning=100)
    answer = fake_openai.Served(
        response_id="r", thread_id="t", lane="a", model="gpt-5.5", tokens=tokens
    )
    assert codex_nusd(answer) == 10_000_000 + 500_000 + 15_000_000


def test_the_last_response_of_each_thread_is_found() -> None:
    assert last_of_each([("a", 1), ("b", 2), ("a", 3)], lambda one: one[0]) == [("a", 3), ("b", 2)]


def test_codex_is_named_or_found_or_its_lack_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_BIN", str(tmp_path / "none"))
    with pytest.raises(ClientMissing, match="cannot be run"):
        find_codex(tmp_path)
    monkeypatch.delenv("CODEX_BIN")
    folder = tmp_path / f"codex-{CODEX_VERSION}"
    folder.mkdir()
    with pytest.raises(ClientMissing, match="no native Codex"):
        find_codex(tmp_path)
    binary = folder / "node_modules/@openai/codex-linux-x64/vendor/some-triple/bin/codex"
    binary.parent.mkdir(parents=True)
    binary.touch()
    assert find_codex(tmp_path) == binary
    assert binary.stat().st_mode & 0o100
