"""A shell command and what it printed: what is kept of them."""

import re

from fuzz.target import Target

from aicost.core.commands import MAX_LABEL_CELLS, core_of, from_number, to_number
from aicost.core.endings import command_of, ended, ending
from aicost.core.text import cells_of, clean
from aicost.sources.claude.results import ending_in

SEEDS = (
    "cd /shop && CI=1 timeout 60 npm test 2>&1 | tail -20\0Exit code 1\nError: 2026-01-02T03:04Z",
    "bash -lc 'set -o pipefail; go test ./... | tee out'\0--- FAIL: TestPay (0.03s)\n:41: got 3",
    "git commit -m \"$(cat <<'EOF'\na && b\nEOF\n)\"\0\x1b[31merror\x1b[0m 0xdeadbeef 12:00:01",
    "grep x *.py || true; echo $?\0Command running in background with ID: b1. Output",
    "./deploy.sh > /tmp/o 2>&1 &\0PreToolUse:Bash hook error: no",
    "timeout" + " -s" * 1000 + "\0Exit code 125",  # each word can be an option or its value
    "# again\npython -m pytest -k 'x | y' \\\n -q\0FAILED a.py::b - assert 1\n2 failed in 0.1s",
)


def check(content: bytes) -> None:
    """Any command has a key and a short clean label; any output says the same twice."""
    command, _, output = content.decode("utf-8", "replace").partition("\0")
    kept, core = command_of(command), core_of(command)
    assert re.fullmatch("[0-9a-f]{16}", kept.key)
    assert from_number(to_number(kept.key)) == kept.key
    assert kept.label == clean(kept.label) != ""
    assert cells_of(kept.label) <= MAX_LABEL_CELLS
    assert all(part.text for part in core.parts)
    for code in (0, 1, 2, 130):
        end = ending(command, code, output)
        assert end == ended(kept.speaks, code, output)
        assert end is None or end.failed is bool(end.error)
    for is_error in (True, False):
        end = ending_in(output, kept.speaks, is_error=is_error)
        assert end is None or end.failed is bool(end.error)


TARGET = Target(
    name="shell_command",
    modules=("aicost.core.commands", "aicost.core.endings", "aicost.sources.claude.results"),
    seeds=lambda: [seed.encode() for seed in SEEDS],
    check=check,
)
