"""What sort of work a shell command is: testing, linting, committing, … Pure.

Only the kinds of a command are ever kept, not its words.
"""

import re
from functools import lru_cache
from typing import Final, Literal, get_args

from aicost.core.commands import Core

CommandKind = Literal[
    "test", "lint", "build", "commit", "push", "stage", "git_look", "git_move", "release",
    "pr_make", "pr_look", "package", "run", "look", "remove", "ticket", "infra", "http",
]  # fmt: skip
COMMAND_KINDS: Final[tuple[CommandKind, ...]] = get_args(CommandKind)
_MAX_PARTS, _MAX_PART = 12, 120

_NODE = r"(?:npm|pnpm|yarn|bun)"
_RUN = rf"(?:{_NODE}(?: run)?|npx|uv run|poetry run|bundle exec|mise run|just|make|task|rake|tox) "
_GIT = r"git (?:-[cC] ?\S+ )*"
_RULES: Final[tuple[tuple[CommandKind, str], ...]] = (
    (
        "test",
        r"go test|gotestsum|cargo (?:nextest|test)|mix test|py\.?test|vitest|jest|rspec|phpunit"
        r"|mocha|ctest|dotnet test|swift test|bazel test|mvnw? (?:test|verify)|playwright"
        r"|\S*gradlew? \S*test|python3? -m (?:pytest|unittest)|deno test|bun test|zig test"
        rf"|{_RUN}\S*test|tox(?: |$)",
    ),
    (
        "lint",
        r"golangci-lint|gofmt|goimports|go vet|ruff|eslint|prettier|biome|mypy|pyright|pylint"
        r"|flake8|black |isort|shellcheck|tsc|credo|dialyzer|mix (?:format|credo|dialyzer)"
        r"|cargo (?:clippy|fmt)|rubocop|pre-commit"
        rf"|{_RUN}\S*(?:lint|fmt|format|check|typecheck)",
    ),
    (
        "package",
        rf"{_NODE} (?:i|install|add|update|upgrade|remove|uninstall|outdated|audit|ci|dedupe|up)\b"
        r"|yarn$|npx (?:npm-check-updates|ncu)|go (?:get|mod)\b|cargo (?:add|update|remove|upgrade)"
        r"|(?:python3? -m )?pip3? (?:install|uninstall|list --outdated|freeze|download)|pip-compile"
        r"|uv (?:add|lock|sync|remove|pip)|poetry (?:add|update|lock|remove|install)"
        r"|pdm (?:add|update)|mix deps|bundle (?:install|update|add)|gem install"
        r"|composer (?:req|up)"
        r"|(?:apt|apt-get|brew|dnf|apk) (?:install|upgrade)|rustup|mise (?:install|use|upgrade)",
    ),
    (
        "build",
        r"go (?:build|install|generate)|cargo (?:build|check)|mix compile|make(?: all| build)?$"
        r"|cmake|ninja|dotnet build|mvnw? (?:package|compile|install)|\S*gradlew? \S*build"
        rf"|swift build|webpack|vite build|esbuild|{_RUN}\S*(?:build|compile)|docker build",
    ),
    ("commit", rf"{_GIT}commit\b"),
    ("push", rf"{_GIT}push\b"),
    ("stage", rf"{_GIT}(?:add|rm|mv)\b"),
    (
        "git_move",
        rf"{_GIT}(?:rebase|merge|cherry-pick|checkout|switch|stash|reset|pull|fetch|worktree"
        r"|restore|revert|clone|init|am|apply|submodule|config|remote)\b",
    ),
    ("release", rf"{_GIT}tag\b|goreleaser|npm (?:publish|version)|gh release|twine|cargo publish"),
    ("git_look", rf"{_GIT}\w"),
    ("pr_make", r"gh pr (?:create|edit|merge|ready|close|comment)|gh issue (?:create|close)"),
    ("pr_look", r"gh \w"),
    ("ticket", r"bd \w|jira |linear "),
    ("infra", r"docker|kubectl|terraform|aws |gcloud |az |helm |systemctl|ssh |scp "),
    ("http", r"curl |wget |http "),
    ("remove", r"rm |rmdir "),
    (
        "look",
        r"(?:ls|cat|head|tail|grep|egrep|rg|ag|find|fd|wc|tree|jq|file|stat|which|diff|du|pwd|less"
        r"|sort|uniq|awk|cut|nl|bat|xxd|hexdump)\b|sed -n",
    ),
    ("run", r"\./|/tmp/|\.\./|go run|cargo run|(?:node|python3?|bash|sh|ruby|deno|tsx) |mix \w"),
)
_KINDS: Final = re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in _RULES), re.IGNORECASE)
_FOLDER: Final = re.compile(r"^\S*/(?=[\w.-]+(?: |$))")
_SUBJECT: Final = re.compile(
    r"\bcommit\b[^\n]*?\s(?:-[a-z]*m|--message)[ =]*"
    r"(?:\"?\$\(cat <<-?\s*['\"]?\w+['\"]?\s*\n\s*)?['\"]?(?P<subject>[^\n\"]{1,200})"
)


def command_kinds(core: Core) -> frozenset[CommandKind]:
    """Return all kinds of work that a command does."""
    kinds = (_kind_of(part.text[:_MAX_PART]) for part in core.parts[:_MAX_PARTS])
    return frozenset(kind for kind in kinds if kind)


def commit_subject(command: str) -> str:
    """Return the first line of the message that a command commits with; "" if there is none."""
    if "commit" not in command:
        return ""
    found = _SUBJECT.search(command)
    return found["subject"].strip() if found else ""


@lru_cache(maxsize=2048)
def _kind_of(part: str) -> CommandKind | None:
    found = _KINDS.match(_FOLDER.sub("", part, count=1)) or _KINDS.match(part)
    return found.lastgroup if found else None  # type: ignore[return-value]  # one of the names
