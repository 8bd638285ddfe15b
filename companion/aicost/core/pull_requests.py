"""Pull requests as GitHub's own program lists them. Pure: bytes in, values out."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

FIELDS: Final = "number,mergedAt,headRefName,closingIssuesReferences"
OLD_FIELDS: Final = "number,mergedAt,headRefName"  # of programs that do not know the last one
_MOST_ISSUES: Final = 50  # that one of them is believed to close


class PullRequest(NamedTuple):
    """A pull request that was merged."""

    number: int
    merged_s: int  # seconds since 1970
    branch: str
    closes: tuple[int, ...] = ()  # issues


def parse_pull_requests(output: bytes) -> list[PullRequest] | None:
    """Return the merged ones in what `gh pr list --json` printed; None if it is no such list."""
    try:
        found = json.loads(output)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    return [one for one in map(_pull_request, found) if one is not None]


def _pull_request(entry: object) -> PullRequest | None:
    if not isinstance(entry, dict):
        return None
    number, branch = _number(entry.get("number")), entry.get("headRefName")
    merged_s = _seconds(entry.get("mergedAt"))
    if number is None or merged_s is None or not isinstance(branch, str):
        return None
    issues = entry.get("closingIssuesReferences")
    listed = issues[:_MOST_ISSUES] if isinstance(issues, list) else []
    numbers = (_number(issue.get("number")) for issue in listed if isinstance(issue, dict))
    return PullRequest(number, merged_s, branch, tuple(one for one in numbers if one is not None))


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 10**9 else None


def _seconds(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return None if at.tzinfo is None else int(at.timestamp())
    except (ValueError, OverflowError):
        return None


def merged_of(
    known: Iterable[PullRequest],
    *,
    numbers: Collection[int],
    branches: Collection[str],
    since_s: int,
) -> tuple[PullRequest, ...]:
    """Return those of a session: that its log links, or of a branch it worked on.

    A branch's name may be used again: what was merged before the session began is not its.
    """
    return tuple(
        one
        for one in known
        if one.merged_s >= since_s and (one.number in numbers or one.branch in branches)
    )
