"""What sort of file a path names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.file_kinds import FILE_KINDS, file_kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/src/app/main.go", "code"),
        ("/src/app/main_test.go", "test"),
        ("/src/app/testing.go", "code"),
        ("/src/latest/page.tsx", "code"),
        ("web/Button.test.tsx", "test"),
        ("web/Button.tsx", "code"),
        ("tests/helpers.py", "test"),
        ("src/test_pay.py", "test"),
        ("src/attest_pay.py", "code"),
        ("README.md", "doc"),
        ("docs/picture.svg", "doc"),
        ("CHANGELOG", "doc"),
        ("requirements.txt", "manifest"),
        ("notes.txt", "doc"),
        ("package.json", "manifest"),
        ("my-package.json", "conf"),
        ("package-lock.json", "lock"),
        ("go.mod", "manifest"),
        ("go.sum", "lock"),
        ("Cargo.toml", "manifest"),
        ("Cargo.lock", "lock"),
        ("settings.toml", "conf"),
        (".github/workflows/ci.yml", "ci"),
        ("deploy/Dockerfile", "ci"),
        ("db/migrations/0001_users.sql", "migration"),
        ("db/users.sql", "code"),
        ("/home/a/.claude/plans/quick-fox.md", "plan"),
        ("C:\\src\\tests\\pay.py", "test"),
        ("", "code"),
    ],
)
def test_a_path_alone_says_the_kind(path: str, kind: str) -> None:
    assert file_kind(path) == kind


@given(st.text())
def test_any_path_has_a_kind(path: str) -> None:
    assert file_kind(path) in FILE_KINDS
