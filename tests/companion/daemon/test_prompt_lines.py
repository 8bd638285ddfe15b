"""Prompts of a session's log, read when a screen asks: whole once, then only what is new."""

from pathlib import Path

import pytest
from backports import zstd
from claude_logs import append, call_line, prompt_line
from codex_logs import TURN, event_row, meta, started

from aicost.core.usage import Agent
from aicost.daemon import prompt_lines
from aicost.daemon.prompt_lines import PromptLines


def told(lines: PromptLines, log: Path, agent: Agent = "claude") -> dict[str, str]:
    return {turn: prompt.line for turn, prompt in lines.read(agent, str(log)).items()}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return append(tmp_path / "s-1.jsonl", prompt_line("u-1", text="first"), call_line())


def test_a_log_that_grows_is_read_on(log: Path) -> None:
    lines = PromptLines()
    assert told(lines, log) == {"u-1": "first"}
    assert told(lines, log) == {"u-1": "first"}
    append(log, prompt_line("u-2", text="second"))
    assert told(lines, log) == {"u-1": "first", "u-2": "second"}


def test_a_line_that_is_half_written_waits_for_its_end(log: Path) -> None:
    lines, line = PromptLines(), prompt_line("u-2", text="second")
    append(log, line[:40])
    assert told(lines, log) == {"u-1": "first"}
    append(log, line[40:])
    assert told(lines, log) == {"u-1": "first", "u-2": "second"}


def test_what_was_read_is_not_read_again(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = PromptLines()
    told(lines, log)
    read = list[int]()

    class Counted(prompt_lines._Stored):
        def read(self, size_bytes: int) -> bytes:
            chunk = super().read(size_bytes)
            read.append(len(chunk))
            return chunk

    monkeypatch.setattr(prompt_lines, "_Stored", Counted)
    told(lines, log)
    line = prompt_line("u-2", text="second")
    append(log, line)
    told(lines, log)
    assert sum(read) == len(line)


def test_a_log_that_was_cut_or_replaced_is_read_anew(log: Path, tmp_path: Path) -> None:
    lines = PromptLines()
    told(lines, log)
    log.write_bytes(prompt_line("u-9", text="new"))
    assert told(lines, log) == {"u-9": "new"}
    other = append(tmp_path / "other", prompt_line("u-7", text="a longer one than before, by far"))
    other.replace(log)
    assert told(lines, log) == {"u-7": "a longer one than before, by far"}


def test_what_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    lines = PromptLines()
    assert told(lines, tmp_path / "none") == {}
    assert told(lines, tmp_path) == {}
    assert lines.read("claude", "a\0b") == {}


def test_only_the_last_logs_are_remembered(tmp_path: Path) -> None:
    lines = PromptLines()
    for number in range(10):
        log = append(tmp_path / f"{number}.jsonl", prompt_line("u-1", text=f"prompt {number}"))
        assert told(lines, log) == {"u-1": f"prompt {number}"}
    assert list(lines._logs) == [str(tmp_path / f"{number}.jsonl") for number in (6, 7, 8, 9)]


def test_a_rollout_is_read_too_and_when_it_is_packed(tmp_path: Path) -> None:
    text = meta() + started() + event_row("user_message", {"message": "fix it"})
    plain = tmp_path / "rollout-x.jsonl"
    plain.write_bytes(text)
    assert told(PromptLines(), plain, "codex") == {TURN: "fix it"}
    packed = tmp_path / "rollout-x.jsonl.zst"
    packed.write_bytes(zstd.compress(text))
    lines = PromptLines()
    assert told(lines, packed, "codex") == {TURN: "fix it"}
    assert told(lines, packed, "codex") == {TURN: "fix it"}
