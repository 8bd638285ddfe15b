"""What commands are for: only what surely looks, tests, builds or commits is said to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.commands import core_of
from aicost.core.purposes import Purpose, purpose_of


@pytest.mark.parametrize(
    ("purpose", "command"),
    [
        *(
            ("test", one)
            for one in (
                "npm test", "cd /shop && npm run test:unit 2>&1 | tail -5", "go test ./... -run X",
                "cargo nextest run", "python -m pytest -q", "uv run pytest", "make check",
                "./gradlew :app:test", "npm run build && npm test", "mise run test",
            )
        ),
        *(
            ("build", one)
            for one in (
                "make", "go build ./... 2>&1", "npx tsc --noEmit", "npm run lint", "cargo clippy",
                "mypy .", "mise run fmt && mise run lint",
            )
        ),
        *(
            ("commit", one)
            for one in (
                "git commit -m x", "git add -A && git commit -m \"$(cat <<'E'\nx\nE\n)\"",
                "git -C shop commit -a", "go test ./... && git commit -am x",
            )
        ),
        *(
            ("search", one)
            for one in ("grep -rn pay src | head", "rg pay", "find . -name pay.py", "git grep x")
        ),
        *(
            ("look", one)
            for one in (
                "ls -la", "cat pay.py", "sed -n 1,20p pay.py", "git status && git diff",
                "git log --oneline -5 2>/dev/null", "cat x 2>&1", "wc -l pay.py",
            )
        ),
        *(
            ("run", one)
            for one in (
                "", "python pay.py", "cat > pay.py <<'E'\nx\nE", "sed -i s/a/b/ pay.py",
                "find . -name x -delete", "find . -exec rm {} +", "rg pay > found.txt",
                "cat x | tee y", "echo $(rm x)", "echo `rm x`", "npm install", "git push",
                "npm test && rm x", "git commit-graph write", "makefile", "ls; rm x",
            )
        ),
    ],
)  # fmt: skip
def test_a_command_is_for_what_it_surely_does(purpose: Purpose, command: str) -> None:
    assert purpose_of(command, core_of(command)) == purpose


@given(st.text())
def test_any_command_has_a_purpose(command: str) -> None:
    assert purpose_of(command, core_of(command))
