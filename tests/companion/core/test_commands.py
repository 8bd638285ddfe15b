"""What is one command, and what it is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.commands import MAX_LABEL_CELLS, command_key, command_label, core_of, hash_of
from aicost.core.text import cells_of, clean

SAME = [
    "  npm   test ",
    "cd /home/dev/app && npm test",
    "cd app; npm test",
    "cd app\nnpm test",
    "cd a && cd b && npm test",
    "npm test 2>&1",
    "npm test 2>&1 | tail -20",
    "npm test | head -n 50",
    "npm test 2>&1 | tail -50 | head -5",
    "npm test 2>/dev/null",
    "npm test > /tmp/out.log 2>&1",
    "npm test > /tmp/out.log 2>&1; tail -5 /tmp/out.log",
    "npm test &> out.txt",
    "npm test 2>&1 | tee out.txt",
    "npm test || true",
    "npm test; echo $?",
    'npm test; echo "exit: $?"',
    "npm test && echo done",
    "timeout 60 npm test",
    "timeout -k 5 60s npm test",
    "timeout -s KILL -k 5 --foreground 1.5m npm test",
    "timeout -s -9 5 npm test",
    "CI=1 NODE_ENV='test it' npm test",
    "env CI=1 npm test",
    "export CI=1 && npm test",
    "time npm test",
    "sleep 5 && npm test",
    "set -euo pipefail; npm test",
    "source .venv/bin/activate && npm test",
    "# once more\nnpm test",
    "npm \\\n  test",
    "bash -lc 'npm test'",
    "/bin/bash -lc 'cd app && npm test'",
]
OTHER = [
    "npm run test",
    "npm test -- --watch",
    "npm test && npm run lint",
    "npm test | grep FAIL",
    "(npm test)",
    "npm",
    "echo npm test",
]


@pytest.mark.parametrize("variant", SAME)
def test_variants_of_a_command_are_one(variant: str) -> None:
    assert core_of(variant).text == "npm test"
    assert command_key(variant) == command_key("npm test")


@pytest.mark.parametrize("other", OTHER)
def test_other_commands_are_others(other: str) -> None:
    assert command_key(other) != command_key("npm test")


def test_a_key_is_the_same_everywhere() -> None:
    assert command_key("npm test") == "997663d0bc86ae69"


@pytest.mark.parametrize(
    ("command", "is_masked"),
    [
        ("npm test", False),
        ("npm test > out.log 2>&1", False),
        ("npm test | tail -5", True),
        ("set -o pipefail; npm test | tail -5", False),
        ("set -o pipefail; npm test | tail -5; echo $?", True),
        ("npm test || true", True),
        ("npm test; echo $?", True),
        ("npm test && echo done", False),
        ("npm test | grep FAIL", False),
    ],
)
def test_it_is_known_where_an_exit_code_is_that_of_something_else(
    command: str, *, is_masked: bool
) -> None:
    assert core_of(command).is_masked is is_masked


@pytest.mark.parametrize(
    ("command", "label"),
    [
        ("npm test", "npm test"),
        ("npm run lint -- --fix", "npm run lint"),
        ("npm run", "npm run"),
        ("pytest tests/secret_name.py -k token", "pytest"),
        ("python -m pytest -x", "pytest"),
        ("python scripts/x.py", "python"),
        ("go test ./...", "go test"),
        ("cargo build --release", "cargo build"),
        ("uv run pytest -q", "uv run pytest"),
        ("docker run image-of-mine", "docker run"),
        ("docker compose up -d", "docker compose up"),
        ("git push https://user:secret@host/x", "git push"),
        ("mysql hunter2", "mysql"),
        ("curl -H 'Authorization: Bearer x' https://h", "curl"),
        ("/home/dev/bin/tool --token=abc", "tool"),
        ("TOKEN=abc ./deploy.sh", "deploy.sh"),
        ("npm test && npm run lint", "npm test …"),
        ("npm test | grep x", "npm test"),
        ("$PROGRAM x", "command"),
        ("", "command"),
        ("git commit -m \"$(cat <<'EOF'\na && b\nEOF\n)\"", "git commit"),
        ("npm run a-very-long-name", "npm run a-very-long-name"),
        ("npm run a-very-long-names", "npm run a-very-long-nam…"),
        ("npm run a-very-long-name && x", "npm run a-very-long-n… …"),
    ],
)
def test_a_label_names_program_and_sub_command_only(command: str, label: str) -> None:
    assert command_label(command) == label


@given(st.text())
def test_any_text_has_a_key_and_a_short_clean_label(command: str) -> None:
    label = command_label(command)
    assert label
    assert label == clean(label)
    assert cells_of(label) <= MAX_LABEL_CELLS
    assert re.fullmatch("[0-9a-f]{16}", command_key(command))


PIECES = (
    "npm", "test", " ", "&&", "||", "|", ";", "\n", "'", '"', "\\", "$(", ")", "(", "<<", ">",
    "2>&1", "tail", "-5", "cd", "x", "A=b", "timeout", "5", "#", "bash", "-c", "`", "&",
)  # fmt: skip
SHELL = st.lists(st.sampled_from(PIECES)).map("".join)


@given(SHELL)
def test_anything_a_shell_may_be_asked_for_has_a_core(command: str) -> None:
    core = core_of(command)
    assert sum(len(part.text) for part in core.parts) <= len(command)
    assert all(part.text for part in core.parts)
    assert not core.parts or core.parts[0].operator == ""


@pytest.mark.parametrize(
    "piece", ["'", '"', "$(", ">", "> ", "A= ", "timeout ", "|", "&& ", "\\", "<"]
)
def test_long_hostile_commands_are_cheap(piece: str) -> None:
    assert command_label(piece * 50_000)
    assert command_label(f"timeout{f' -{piece}' * 20_000} x")


@pytest.mark.parametrize("option", ["-s", "-k", "-s 9", "-k 1", "--foreground"])
def test_options_that_could_be_values_are_cheap(option: str) -> None:
    assert command_label("timeout" + f" {option}" * 1_000) in ("timeout", "command")


def test_hashes_take_any_text() -> None:
    assert hash_of("\udcff") != hash_of("")
