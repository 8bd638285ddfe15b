"""What sort of work a command does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.command_kinds import COMMAND_KINDS, command_kinds, commit_subject
from aicost.core.commands import core_of


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        ("go test ./... 2>&1 | tail -20", {"test"}),
        ("go vet ./...", {"lint"}),
        ("go mod tidy", {"package"}),
        ("go models", set()),
        ("cd web && npm run test:unit", {"test"}),
        ("npm run lint && npm run build", {"lint", "build"}),
        ("npm install left-pad@2", {"package"}),
        ("npm start", set()),
        ("./node_modules/.bin/jest --ci", {"test"}),
        ("git add -A && git commit -m 'fix: it' && git push", {"stage", "commit", "push"}),
        ("git -C /src log --oneline", {"git_look"}),
        ("git rebase main", {"git_move"}),
        ("git tag v1.2.3", {"release"}),
        ("gh pr create --fill", {"pr_make"}),
        ("gh pr view 7 --comments", {"pr_look"}),
        ("pip install -U requests", {"package"}),
        ("cargo update -p serde", {"package"}),
        ("cargo build", {"build"}),
        ("rm -rf build", {"remove"}),
        ("rmate x", set()),
        ("python3 tool.py", {"run"}),
        ("cat README.md", {"look"}),
        ("", set()),
    ],
)
def test_a_command_is_known_by_its_programs(command: str, kinds: set[str]) -> None:
    assert command_kinds(core_of(command)) == kinds


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("git commit -m 'fix(api): do not crash'", "fix(api): do not crash'"[:-1]),
        ('git commit -am "Add a page"', "Add a page"),
        ("git commit -m \"$(cat <<'EOF'\nRename it\n\nWhy\nEOF\n)\"", "Rename it"),
        ("git commit --amend --no-edit", ""),
        ("git log -m", ""),
    ],
)
def test_a_commits_subject_is_found(command: str, subject: str) -> None:
    assert commit_subject(command).rstrip("'") == subject


@given(st.text())
def test_any_command_has_known_kinds(command: str) -> None:
    assert command_kinds(core_of(command)) <= set(COMMAND_KINDS)
    assert "\n" not in commit_subject(f"git commit -m '{command}'")
