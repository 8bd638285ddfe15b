"""An agent's shell is told by what agents set, and a user's own is never taken for one."""

import pytest

from aicost.core.errors import ConfigError
from aicost.platform.agent_shells import mark_of_agent, refuse_agents

CODEX = {  # as `env` printed it in a command of Codex
    "CODEX_CI": "1",
    "CODEX_HOME": "/home/me/.codex",
    "CODEX_SESSION_ID": "01a21899-82d7-7d22-a979-0cfcd3b54ae2",
    "CODEX_THREAD_ID": "01a21899-82d7-7d22-a979-0cfcd3b54ae2",
    "CODEX_VERSION": "0.169.0",
}


@pytest.mark.parametrize(
    ("env", "mark"),
    [
        ({"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s"}, "CLAUDECODE"),
        (CODEX, "CODEX_THREAD_ID"),
        ({"CODEX_SESSION_ID": "s"}, "CODEX_SESSION_ID"),
        ({"CODEX_SANDBOX": "seatbelt"}, "CODEX_SANDBOX"),
        ({"CODEX_SANDBOX_NETWORK_DISABLED": "1"}, "CODEX_SANDBOX_NETWORK_DISABLED"),
        ({}, ""),
        ({"CLAUDECODE": "", "CODEX_THREAD_ID": ""}, ""),
        # What users set themselves, for clients they start.
        ({"CODEX_HOME": "/x", "CODEX_CI": "1", "CODEX_API_KEY": "k", "OPENAI_API_KEY": "k"}, ""),
        ({"CLAUDE_CONFIG_DIR": "/x", "CLAUDE_CODE_USE_BEDROCK": "1", "ANTHROPIC_API_KEY": "k"}, ""),
        ({"AICOST_GUARD": "0123456789abcdef", "CI": "true"}, ""),
    ],
)
def test_the_mark_of_an_agent(env: dict[str, str], mark: str) -> None:
    assert mark_of_agent(env) == mark


def test_it_is_said_who_started_the_shell() -> None:
    refuse_agents({"CODEX_HOME": "/x"}, "no")
    with pytest.raises(ConfigError) as caught:
        refuse_agents(CODEX, "an agent cannot do that")
    assert caught.value.render().splitlines() == [
        "aicost: an agent cannot do that",
        "   why: CODEX_THREAD_ID is set: this shell was started by Codex",
        "   try: type it in a terminal of your own",
    ]
