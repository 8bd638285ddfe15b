"""Whether a shell was started by an agent: it may not loosen what stops agents."""

from collections.abc import Mapping

from aicost.core.errors import ConfigError

# What an agent sets in each shell that it starts, seen in the environment of commands that
# Claude Code 2.1.330 and Codex 0.169.0 ran; CODEX_SANDBOX is what Codex sets on macOS. Not
# CODEX_HOME, CODEX_CI or AICOST_GUARD: a user's own shell may have them.
_MARKS = {
    "CLAUDECODE": "Claude Code",
    "CODEX_THREAD_ID": "Codex",
    "CODEX_SESSION_ID": "Codex",
    "CODEX_SANDBOX": "Codex",
    "CODEX_SANDBOX_NETWORK_DISABLED": "Codex",
}
_OWN = "type it in a terminal of your own"


def mark_of_agent(env: Mapping[str, str]) -> str:
    """Return the variable that says that an agent started this shell; "" in a user's own."""
    return next((name for name in _MARKS if env.get(name)), "")


def refuse_agents(env: Mapping[str, str], what: str, hint: str = _OWN) -> None:
    """Raise ConfigError, saying `what`, in a shell that an agent started."""
    mark = mark_of_agent(env)
    if mark:
        why = f"{mark} is set: this shell was started by {_MARKS[mark]}"
        raise ConfigError(what, why=why, hint=hint)
