"""What a Codex log that is being written says of its session."""

import contextlib

from fuzz.target import Target, recorded
from fuzz.targets.codex_parser import SEEDS

from aicost.core.errors import LogFormatError
from aicost.sources.codex.live import is_in_turn, parse_open_thread


def check(content: bytes) -> None:
    """Any first line is a thread or the declared error; any lines tell of a turn or do not."""
    with contextlib.suppress(LogFormatError):
        found = parse_open_thread(content)
        assert found == parse_open_thread(content)
        assert found.started_at is None or found.started_at.tzinfo is not None
    assert is_in_turn(content) in (True, False, None)


def seeds() -> list[bytes]:
    """Return the first lines of recorded logs, and the ends of some."""
    logs = [data for name, data in sorted(recorded(SEEDS[0]).items()) if name.endswith(".jsonl")]
    heads = [data.partition(b"\n")[0] for data in logs]
    return [*(head for head in heads if len(head) < 8000), *(data[-2000:] for data in logs[:20])]


TARGET = Target(
    name="codex_live",
    modules=("aicost.sources.codex.live",),
    seeds=seeds,
    check=check,
)
