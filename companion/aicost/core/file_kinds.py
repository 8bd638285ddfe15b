"""What sort of file a path names: product code, tests, docs, manifests, … Pure.

Only the kind of a file is ever kept, not its path.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, get_args

FileKind = Literal["code", "test", "doc", "conf", "ci", "manifest", "lock", "plan", "migration"]
FILE_KINDS: Final[tuple[FileKind, ...]] = get_args(FileKind)
_MAX_PATH = 300  # characters at its end that are looked at

_PLAN = r"/\.claude/plans/|(?:^|/)plans?/[^/]*\.md$|(?:^|/)plan\.md$"
_LOCK = (
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?"
    r"|go\.sum|go\.work\.sum|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|mix\.lock"
    r"|gemfile\.lock|composer\.lock|pubspec\.lock|podfile\.lock|packages\.lock\.json"
    r"|gradle\.lockfile|flake\.lock|requirements[^/]*\.lock)$"
)
_MANIFEST = (
    r"(?:^|/)(?:package\.json|go\.mod|go\.work|cargo\.toml|pyproject\.toml|setup\.(?:py|cfg)"
    r"|requirements[^/]*\.(?:txt|in)|constraints[^/]*\.txt|pipfile|mix\.exs|gemfile|[^/]+\.gemspec"
    r"|composer\.json|pubspec\.yaml|podfile|package\.swift|pom\.xml|[^/]+\.csproj"
    r"|build\.gradle(?:\.kts)?|libs\.versions\.toml|environment\.ya?ml|flake\.nix"
    r"|mise\.toml|\.tool-versions|\.nvmrc|\.python-version|\.node-version|rust-toolchain(?:\.toml)?"
    r"|renovate\.json5?|dependabot\.ya?ml)$"
)
_CI = (
    r"(?:^|/)(?:\.github/|\.circleci/|\.buildkite/|\.husky/|\.gitlab-ci|\.travis|jenkinsfile"
    r"|azure-pipelines|(?:[^/]*\.)?dockerfile|dockerfile[^/]*$|docker-compose|makefile$|justfile$"
    r"|\.goreleaser|\.golangci|\.pre-commit|mise-tasks/|ci/|tox\.ini$|noxfile\.py$)"
)
_MIGRATION = r"(?:^|/)(?:migrations?|migrate)/[^/]+\.(?:sql|py|exs?|rb|ts|js)$"
_TEST = (
    r"(?:^|/)(?:tests?|specs?|__tests__|e2e|integration_test|testdata|fixtures)/"
    r"|_test\.\w+$|[._]spec\.\w+$|\.test\.\w+$|(?:^|/)test_[^/]*$|(?:^|/)conftest\.py$"
    r"|(?:^|/)test-[^/]*\.(?:sh|js|py)$|tests?\.(?:java|kt|cs|swift)$"
)
_DOC = (
    r"\.(?:md|mdx|rst|adoc|txt)$|(?:^|/)docs?/"
    r"|(?:^|/)(?:readme|changelog|license|contributing|authors|notice)[^/]*$"
)
_CONF = r"\.(?:json5?|jsonc|ya?ml|toml|ini|cfg|conf|env|properties)$|(?:^|/)\.[^/]+$"
_RULES: Final[Mapping[FileKind, re.Pattern[str]]] = {
    "plan": re.compile(_PLAN),
    "lock": re.compile(_LOCK),
    "manifest": re.compile(_MANIFEST),
    "ci": re.compile(_CI),
    "test": re.compile(_TEST),
    "migration": re.compile(_MIGRATION),
    "doc": re.compile(_DOC),
    "conf": re.compile(_CONF),
}


@lru_cache(maxsize=4096)  # a session touches the same files again and again
def file_kind(path: str) -> FileKind:
    """Return the kind of a file by its path alone; what nothing else fits is code."""
    low = path[-_MAX_PATH:].replace("\\", "/").lower()
    return next((kind for kind, rule in _RULES.items() if rule.search(low)), "code")
