"""Make tests/data/real_excerpt from a home of real Claude Code logs.

    PYTHONPATH=tests python -m lab.cut_excerpt HOME tests/data/real_excerpt

Written are `home.tar.xz` (`.claude/projects/…`) and `truth.json` (the oracle's totals). Texts are
cut and people's names replaced; what is counted stays as the clients wrote it. Four oddities that
these logs happen not to hold are added by `_ODDITIES`, each to one file.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.archive import pack, unpack
from lab.oracle import read_home, totals
from lab.trimming import anonymise, people_in, trim_log

TEXT_CHARS = 80  # an excerpt: shapes matter more than texts
_FIRST, _LAST = 0, 1 << 30

# start of the file's name, first and last line (from 0, as `sed` would cut), why it is here
_CUTS = (
    ("258c7280", 1440, 1500, "a parent whose subagent's file exists: only the subagent's window"),
    ("agent-a881341", _FIRST, _LAST, "that subagent's own file"),
    ("agent-acompact-fffbd0", _FIRST, _LAST, "a compaction's file"),
    ("61cb3ba8", _FIRST, _LAST, "subagents seen in `progress` records only"),
    ("subagent", _FIRST, _LAST, "the same, of another client version"),
    ("130d7b7e", _FIRST, _LAST, "streamed rewrites that grow; two records in one line"),
    ("de1ed521", 290, 360, "a line without requestId"),
    ("e1bc91d1", _FIRST, 24, "the same messages as the next file"),
    ("b4dcf65c", _FIRST, 24, "the same messages as the file before"),
    ("488c5296", _FIRST, _LAST, "whole JSON at the end, no newline"),
    ("cf564e14", _FIRST, _LAST, "the same"),
    ("9265dc4e", _FIRST, _LAST, "the same"),
    ("0790ea37", _FIRST, _LAST, "the same"),
    ("b2273d7d", _FIRST, _LAST, "the same"),
    ("short", _FIRST, _LAST, "one call"),
    ("tool_heavy", _FIRST, _LAST, "many tools"),
)

_EMPTIED = ("normalizedMessages", "originalFile", "structuredPatch", "todos")  # nothing counts them
_REPEATED = ("bash_progress", "hook_progress")  # every third stays
_DEEP_LEVELS = 20_000  # more than any parser recurses


def cut_file(path: Path, first: int, last: int) -> bytes:
    """Return a part of one log, trimmed: `first` to `last` (exclusive), numbered from 0."""
    lines = path.read_bytes().split(b"\n")
    part = b"\n".join(lines[first:last])
    if last < len(lines):
        part += b"\n"
    return trim_log(b"\n".join(_kept(part)), TEXT_CHARS)


def _kept(part: bytes) -> list[bytes]:
    """Empty the bulk inside records, and drop two of three progress records that repeat."""
    kept, repeated = [], 0
    for line in part.split(b"\n"):
        if any(b'"%s"' % name.encode() in line for name in _REPEATED) and _is_json(line):
            repeated += 1
            if repeated % 3 != 1:
                continue
        kept.append(_without_bulk(line))
    return kept


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _without_bulk(line: bytes) -> bytes:
    if not any(b'"%s"' % name.encode() in line for name in _EMPTIED) or not _is_json(line):
        return line
    return _dumped(_emptied(json.loads(line)))


def _emptied(value: Any) -> Any:
    if isinstance(value, list):
        return [_emptied(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: type(part)() if key in _EMPTIED and isinstance(part, list) else _emptied(part)
        for key, part in value.items()
    }


def _dumped(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def with_replay(data: bytes) -> bytes:
    """Append the first call again, as a sidechain that replays it under another request id."""
    call = _first_call(data)
    replay = call | {
        "isSidechain": True,
        "requestId": "req_011ReplayedUnderAnotherId",
        "uuid": "00000000-0000-4000-8000-000000000001",
    }
    return data.rstrip(b"\n") + b"\n" + _dumped(replay) + b"\n"


def with_spaces(data: bytes) -> bytes:
    """Write each record as another tool would: spaces after signs, keys in order."""
    lines = [line for line in data.split(b"\n") if line]
    return b"".join(json.dumps(json.loads(line), sort_keys=True).encode() + b"\n" for line in lines)


def with_torn_tail(data: bytes) -> bytes:
    """Append the first half of a line: it is not there yet."""
    line = _dumped(_renamed(_first_call(data), "msg_torn_tail"))
    return data.rstrip(b"\n") + b"\n" + line[: len(line) // 2]


def with_broken_lines(data: bytes) -> bytes:
    """Append three lines that report usage and are no JSON: binary, deeply nested, cut short."""
    line = _dumped(_renamed(_first_call(data), "msg_broken"))
    start = b'{"type":"assistant","message":{"usage":{"output_tokens":'
    deep = start + b"[" * _DEEP_LEVELS + b"}}}"
    broken = (start + b"\x00\xff\xfe}}}", deep, line[: len(line) // 2])
    return data.rstrip(b"\n") + b"\n" + b"\n".join(broken) + b"\n"


def _first_call(data: bytes) -> dict[str, Any]:
    for line in data.split(b"\n"):
        if b'"type":"assistant"' in line and b'"usage"' in line:
            record: dict[str, Any] = json.loads(line)
            return record
    raise ValueError("no call in this log")


def _renamed(call: dict[str, Any], message_id: str) -> dict[str, Any]:
    return call | {"message": call["message"] | {"id": message_id}}


_ODDITIES: dict[str, Callable[[bytes], bytes]] = {
    "488c5296": with_replay,
    "cf564e14": with_spaces,
    "0790ea37": with_torn_tail,
    "b2273d7d": with_broken_lines,
}


def cut_home(home: Path) -> dict[str, bytes]:
    """Return the excerpt's files by their place in a home."""
    paths = sorted(home.glob(".claude/projects/**/*.jsonl"))
    files, people = {}, set()
    for name, first, last, _ in _CUTS:
        (path,) = [path for path in paths if path.name.startswith((f"{name}.", f"{name}-"))]
        data = cut_file(path, first, last)
        people |= people_in(path.read_bytes())
        files[path.relative_to(home).as_posix()] = _ODDITIES.get(name, bytes)(data)
    return {
        anonymise(place.encode(), people).decode(): anonymise(data, people)
        for place, data in files.items()
    }


def main(home: Path, target: Path) -> None:
    """Cut the excerpt of `home` and write it and its totals into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    files = cut_home(home)
    pack(files, target / "home.tar.xz")
    with tempfile.TemporaryDirectory() as folder:
        truth = totals(read_home(unpack(target / "home.tar.xz", Path(folder)) / ".claude"))
    (target / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    print(f"{len(files)} files, {sum(map(len, files.values())) / 1e6:.2f} MB unpacked")
    print(
        json.dumps(truth["total"]), truth["calls"], "calls", truth["broken_lines"], "broken lines"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
