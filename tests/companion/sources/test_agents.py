"""Which agent a log belongs to is told by its name."""

from aicost.sources.agents import SOURCES, place_of, source_of


def test_every_agent_can_be_read_for_usage() -> None:
    for agent, source in SOURCES.items():
        assert source.agent == agent
        assert source.parsers["usage"].agent == agent
        assert source.log_folders


def test_a_transcript_is_claudes() -> None:
    path = "/home/ada/.claude/projects/-src/0b1c.jsonl"
    assert source_of(path).agent == "claude"
    assert place_of(path) == (path, "/home/ada/.claude")
