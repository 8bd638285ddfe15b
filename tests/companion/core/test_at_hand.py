"""Which program is an agent's, and how a session is resumed."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.at_hand import first_folder, is_agents, resume_command
from aicost.core.usage import Agent


@pytest.mark.parametrize(
    ("agent", "name", "command", "expected"),
    [
        ("claude", "claude", (), True),
        ("claude", "2.1.330", ("/home/ada/.local/share/claude/versions/2.1.330",), True),
        ("claude", "node", ("node", "/lib/@anthropic-ai/claude-code/cli.js"), True),
        ("codex", "codex", ("codex", "--no-daemon"), True),
        ("codex", "node", ("node", "/usr/bin/codex.js"), True),
        ("codex", "codex-x86_64", ("/opt/codex-x86_64",), True),
        ("claude", "vim", ("vim", "notes.md", "/home/ada/claude/x"), False),  # what it edits
        ("claude", "bash", ("bash",), False),
        ("claude", "codex", ("codex",), False),
        ("codex", "claude", ("claude",), False),
        ("claude", "claudette", ("claudette",), False),
        ("claude", "", (), False),
    ],
)
def test_an_agent_is_known_by_its_program(
    agent: Agent, name: str, command: tuple[str, ...], expected: bool
) -> None:
    assert is_agents(agent, name, command) is expected


def test_a_session_is_resumed_where_it_began() -> None:
    assert resume_command("claude", "s-1", "/src/shop") == "cd /src/shop && claude --resume s-1"
    assert resume_command("codex", "t-1") == "codex resume t-1"


def test_an_unusual_home_is_named() -> None:
    usual, other = "/home/ada/.claude", "/home/ada/work claude"
    assert resume_command("claude", "s", "", usual, usual) == "claude --resume s"
    expected = "CLAUDE_CONFIG_DIR='/home/ada/work claude' claude --resume s"
    assert resume_command("claude", "s", "", other, usual) == expected
    assert resume_command("codex", "t", "", other, usual).startswith("CODEX_HOME=")


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_no_name_is_more_than_a_word_to_the_shell(session_id: str, folder: str, home: str) -> None:
    words = shlex.split(resume_command("claude", session_id, folder, home))
    assert words == [
        "cd", folder, "&&", f"CLAUDE_CONFIG_DIR={home}", "claude", "--resume", session_id,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("folders", "transcript", "expected"),
    [
        (("/src/shop/web", "/src/shop"), "/h/projects/-src-shop/s-1.jsonl", "/src/shop"),
        (("/src/shop", "/src/shop/web"), "/h/sessions/2026/01/02/rollout-s.jsonl", "/src/shop"),
        (("/src/shop",), "", "/src/shop"),
        ((), "/h/projects/-src-shop/s-1.jsonl", ""),
    ],
)
def test_the_folder_is_that_which_the_log_is_named_after(
    folders: tuple[str, ...], transcript: str, expected: str
) -> None:
    assert first_folder(folders, transcript) == expected
