"""What a prompt looks like, beside its words: a question, a trace, a plan, a command. Pure."""

import re
from typing import Final

from aicost.core.categories import TaskCategory

_PLAN: Final = "implement the following plan"
_TAG: Final = re.compile(r"<[^>\n]{1,60}>")
_COMMAND: Final = re.compile(r"<command-name>\s*/?([\w:.-]{1,80})")
_ARGUMENTS: Final = re.compile(r"<command-args>(.*?)(?:</command-args>|\Z)", re.DOTALL)
_LOCAL_COMMANDS: Final = frozenset(
    (
        "add-dir", "agents", "bashes", "bug", "clear", "compact", "config", "context", "cost",
        "doctor", "exit", "export", "fast", "help", "hooks", "ide", "keybindings", "login",
        "logout", "mcp", "memory", "model", "output-style", "permissions", "plugin", "privacy",
        "quit", "release-notes", "remote-env", "rename", "resume", "rewind", "skills", "stats",
        "status", "statusline", "tasks", "terminal-setup", "theme", "todos", "usage", "vim",
    )
)  # fmt: skip
_REVIEW_COMMAND: Final = re.compile(r"review|audit", re.IGNORECASE)
_TRACE: Final = re.compile(
    r"^\s*(?:--- FAIL|FAIL\b|panic:|Traceback|goroutine \d|Error:|error:|\w+Error\b|E  )"
    r"|exit (?:status|code) [1-9]|\.\w{1,4}:\d+:\d+: ",
    re.MULTILINE,
)
_PLACE: Final = re.compile(r"\blines? \d|\.\w{1,5}:\d|#L\d")
_PATH: Final = re.compile(
    r"\.(?:go|py|tsx?|jsx?|rs|exs?|md|json|ya?ml|toml|sh|rb|java|kt|cs|cpp|h)\b"
)
_LIST: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)]) ", re.MULTILINE)
_SEVERITY: Final = re.compile(r"\b(?:low|medium|high|critical) severity|\bP[0-3]\b|\bnit\b", re.I)
_YES: Final = re.compile(
    r"(?:yes|yep|yeah|ok|okay|sure|go ahead|go on|do it|continue|please do|let'?s do|lgtm"
    r"|sounds good|proceed|perfect|great|both|option|\d\b|all\b)",
    re.IGNORECASE,
)
_HASH_TAG: Final = re.compile(r"(?<!\S)#([a-z][a-z-]{2,20})(?!\S)")
_CATEGORIES: Final = tuple(TaskCategory)
_MAX_QUICK, _MAX_SHORT = 25, 160  # characters


def prompt_text(prompt: str) -> str:
    """Return a prompt's own words: without tags, of a command its arguments."""
    if prompt.startswith("<command-"):
        arguments = _ARGUMENTS.search(prompt)
        return _TAG.sub(" ", arguments[1]).strip() if arguments else ""
    return (_TAG.sub(" ", prompt) if "<" in prompt else prompt).strip()


def title_of(own: str) -> str:
    """Return how a prompt begins; of one that hands a plan over, how the plan does."""
    if own[: len(_PLAN)].lower() == _PLAN:
        own = own[len(_PLAN) :].lstrip(" :\r\n#")
        own = own.removeprefix("Plan").lstrip(" :\r\n#")
    return own[:_MAX_SHORT]


def prompt_signs(prompt: str) -> dict[str, int]:
    """Return what a prompt looks like, by name of `turn_features.COUNTS`."""
    own = prompt_text(prompt)
    found = {
        "prompt_log2_chars": len(own).bit_length(),
        "prompt_lines_log2": (own.count("\n") + 1).bit_length(),
        "prompt_question": int("?" in own),
        "prompt_ends_question": int(own.endswith("?")),
        "prompt_code": int("```" in own),
        "prompt_link": int("http://" in own or "https://" in own),
        "prompt_path": int("." in own and _PATH.search(own) is not None),
        "prompt_place": int(_PLACE.search(own) is not None),
        "prompt_trace": int(_TRACE.search(own) is not None),
        "prompt_plan": int(own[: len(_PLAN)].lower() == _PLAN),
        "prompt_notice": int(prompt.startswith("<task-notification")),
        "prompt_list": min(sum(1 for _ in _LIST.finditer(own)), 9),
        "prompt_severity": int(_SEVERITY.search(own) is not None),
        "prompt_yes": int(_YES.match(own) is not None and len(own) < _MAX_SHORT),
        "prompt_short": int(len(own) <= _MAX_QUICK),
        "tagged": tagged_in(own),
    }
    return found | _command_signs(prompt)


def tagged_in(prompt: str) -> int:
    """Return which category a prompt names (`#bugfix`), counted from 1; 0 for none.

    Of several, the last: it is where people add it.
    """
    named = [found[1] for found in _HASH_TAG.finditer(prompt)]
    known = [_CATEGORIES.index(TaskCategory(name)) for name in named if name in _CATEGORIES]
    return known[-1] + 1 if known else 0


def _command_signs(prompt: str) -> dict[str, int]:
    command = _COMMAND.search(prompt[:400]) if prompt.startswith("<command-") else None
    if command is None:
        return {}
    return {
        "prompt_command": 1,
        "prompt_local_command": int(command[1].lower() in _LOCAL_COMMANDS),
        "prompt_review_command": int(_REVIEW_COMMAND.search(command[1]) is not None),
    }
