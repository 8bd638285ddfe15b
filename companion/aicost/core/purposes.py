"""What a shell command is for, as far as its words tell surely. Pure; hooks import it.

Whatever is not known to look only counts as "run": it may have changed something.
"""

import re
from typing import Literal

from aicost.core.commands import Core

Purpose = Literal["test", "build", "commit", "search", "look", "run"]

_COMMIT = r"git (?:-\w+ \S+ )*commit(?: |$)"
_RUNNER = r"(?:npx |bunx |uv run |uvx |poetry run |pdm run |bundle exec |python3? -m )?(?:\S*/)?"
_SCRIPT = r"(?:npm|pnpm|yarn|bun|mise|just|task|make|gmake|nx|turbo|lerna|rake|mix|deno)(?: -\S+)*"
_TEST = (
    rf"{_RUNNER}(?:pytest|py\.test|tox|nox|jest|vitest|mocha|ava|rspec|phpunit|ctest|unittest"
    r"|playwright|cypress)(?: |$)"
    rf"|{_SCRIPT} (?:run(?:-script)? )?(?:t|test|tests|spec|check|e2e)(?:[:_-]\S*)?(?: |$)"
    r"|(?:go|cargo|dotnet|swift|flutter|dart|zig|stack|cabal|bazel|sbt) (?:-\S+ )*(?:nextest|test)"
    r"(?: |$)"
    r"|(?:\S*/)?(?:gradlew?|mvnw?) (?:\S+ )*(?::\S*:)?(?:test|check|verify)(?: |$)"
)
_BUILD = (
    rf"{_RUNNER}(?:tsc|eslint|biome|prettier|ruff|mypy|pyright|pylint|flake8|golangci-lint|rubocop"
    r"|javac|gcc|g\+\+|clang|clang\+\+|rustc|cmake|ninja)(?: |$)"
    rf"|{_SCRIPT} (?:run(?:-script)? )?(?:build|lint|compile|typecheck|type-check|fmt|format)"
    r"(?:[:_-]\S*)?(?: |$)"
    r"|(?:go|cargo|dotnet|swift|zig|stack|cabal|bazel|sbt) (?:build|vet|check|clippy|compile)"
    r"(?: |$)"
    r"|(?:\S*/)?(?:gradlew?|mvnw?) (?:\S+ )*(?:build|compile|package)(?: |$)"
    r"|make$"
)
_SEARCH = r"(?:rg|grep|egrep|fgrep|ag|ack|fd|find|git grep)(?: |$)"
_LOOK = (
    r"(?:ls|cat|head|tail|wc|pwd|which|type|file|stat|du|df|tree|echo|printf|true|date|env|whoami"
    r"|sort|uniq|cut|nl|tr|column|less|more|jq|basename|dirname|realpath|diff|cmp|test|\[|ps"
    r"|sed -n|git (?:--no-pager )?(?:status|log|diff|show|blame|rev-parse|ls-files|remote -v)"
    r"|go (?:doc|list|env|version))(?: |$)"
)
# What makes a command that looks do something: a file it writes, a command for each found one.
_ACTS = r"(?<![<=-])>(?!&|\s*/dev/null|=)|-exec|-delete|-ok\b|\btee\b|\$\(|`"


def purpose_of(command: str, core: Core) -> Purpose:
    """Return what a command is for; `core`: itself without what varies."""
    texts = [part.text for part in core.parts]
    if any(re.match(_COMMIT, text) for text in texts):
        return "commit"
    if _ends_in(core, _TEST):
        return "test"
    if _ends_in(core, _BUILD):
        return "build"
    if not texts or re.search(_ACTS, command):
        return "run"
    if not all(re.match(_SEARCH, text) or re.match(_LOOK, text) for text in texts):
        return "run"
    return "search" if re.match(_SEARCH, texts[0]) else "look"


def _ends_in(core: Core, pattern: str) -> bool:
    """Say whether the part that the exit code is of is such a command."""
    parts = [part for part in core.parts if part.operator != "|"]
    return bool(parts) and re.match(pattern, parts[-1].text) is not None
