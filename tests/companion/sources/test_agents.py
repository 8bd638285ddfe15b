"""Which agent a log belongs to is told by its name."""

from aicost.sources.agents import SOURCES, place_of, source_of


def test_every_agent_can_be_read_for_usage() -> None:
    for agent, source in SOURCES.items():
        assert source.agent == agent
        assert source.parsers["usage"].agent == agent
        assert source.log_folders


def test_a_rollout_is_codex() -> None:
    path = "/home/ada/.codex/sessions/2026/11/22/rollout-2026-11-22T10-00-00-019a.jsonl"
    assert source_of(path).agent == source_of(f"{path}.zst").agent == "codex"
    assert place_of(path) == (path, "/home/ada/.codex")


def test_a_transcript_is_claudes() -> None:
    path = "/home/ada/.claude/projects/-src/0b1c.jsonl"
    assert source_of(path).agent == "claude"
    assert place_of(path) == (path, "/home/ada/.claude")
