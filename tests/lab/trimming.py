"""Make logs small without changing what they count. Pure: bytes in, bytes out.

Long texts are cut and payloads that nothing counts are emptied; every record, its type, its place,
its ids, times and usage stay. A line that needs no trimming keeps its bytes.
"""

import json
import re
from typing import Any

TEXT_CHARS = 160  # enough to tell a prompt from a command's output, and a test from a listing
HUGE_CHARS = 100_000  # a line of megabytes is there because of its size: keep it, as filler
_BULK_TYPES = ("api-request-blob", "api-request-shape")
_BULK_ATTACHMENTS = ("agent_listing_delta", "prompt_snapshot", "skill_listing")


def trim_log(data: bytes, text_chars: int = TEXT_CHARS) -> bytes:
    """Trim each line of a log; broken lines and a missing last newline stay as they are."""
    return b"\n".join(_trim_line(line, text_chars) for line in data.split(b"\n"))


def _trim_line(line: bytes, text_chars: int) -> bytes:
    try:
        record = json.loads(line)
    except ValueError:
        return line
    short = _emptied(record) if _is_bulk(record) else _cut(record, text_chars)
    if short == record:
        return line
    return json.dumps(short, ensure_ascii=False, separators=(",", ":")).encode()


def _is_bulk(record: dict[str, Any]) -> bool:
    attachment = record.get("attachment")
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    return record.get("type") in _BULK_TYPES or kind in _BULK_ATTACHMENTS


def _emptied(record: dict[str, Any]) -> dict[str, Any]:
    """Keep the scalars of a record; of its attachment only the type."""
    kept = {
        key: _cut(value, TEXT_CHARS)
        for key, value in record.items()
        if not isinstance(value, dict | list)
    }
    if "attachment" in record:
        kept["attachment"] = {"type": record["attachment"]["type"]}
    return kept


def _cut(value: Any, text_chars: int) -> Any:
    """Cut every string in a JSON value; a huge one becomes filler of its own length."""
    if isinstance(value, str):
        if len(value) > HUGE_CHARS:
            return "x" * len(value)
        return value if len(value) <= text_chars else value[: text_chars - 1] + "…"
    if isinstance(value, list):
        return [_cut(part, text_chars) for part in value]
    if isinstance(value, dict):
        return {key: _cut(part, text_chars) for key, part in value.items()}
    return value


def anonymise(data: bytes, people: set[bytes]) -> bytes:
    """Replace mail addresses, and `people`'s names wherever they stand as a word."""
    data = re.sub(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}", b"dev@example.com", data)
    names = b"|".join(re.escape(name) for name in sorted(people, key=len, reverse=True))
    return re.sub(rb"(?<![A-Za-z0-9])(?:" + names + rb")(?![A-Za-z0-9])", b"dev", data)


def people_in(data: bytes) -> set[bytes]:
    """Return the owners of the home folders that a log's sessions ran in."""
    owners = re.findall(rb'"cwd":"/(?:Users|home)/([\w.-]+)', data)
    return set(owners) - {b"USER", b"dev", b"runner"}
