"""Whether a user's regular expression may be run: valid, to the point, and never for minutes. Pure.

Python's `re` tries one way after another. A repeat within a repeat has a number of ways that
doubles with every character, so it is refused; for the rest the number of ways is bounded by what
the pattern leaves open.
"""

import re
import warnings
from dataclasses import dataclass
from math import factorial

from aicost.core.attribution import MAX_BRANCH_CHARS

_MAX_PATTERN_CHARS = 200
_MAX_WAYS = 10_000_000  # about a tenth of a second at worst
_FEW = 10  # a repeat with at most so many lengths is counted; one with more depends on the text

_TOKEN = re.compile(
    r"""
    \(\?\#(?:\\.|[^)\\])*\) | (             # a comment, which is no token
    \\. | \[\^?\]?(?:\\.|[^\]\\])*\]        # a character or a class of them
    | \(\?P=\w+\) | \(\?[aiLmsux]+\)        # a back reference, flags
    | \((?:\?(?:P<\w+>|<?[=!]|[:>]|[aiLmsux-]+:|\(\w+\)))?
    | [*+?] | \{[0-9]+(?:,[0-9]*)?\} | \{,[0-9]*\} | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENS_GROUP = re.compile(r"\((?!\?P=|\?[aiLmsux]+\))")
_ANCHORED = re.compile(r"(?:\(\?[aiLmsux]+\))?(?:\^|\\A)")


def check_ticket_pattern(pattern: str) -> None:
    """Raise ValueError, which says why, unless `ticket_of` can search branches for a pattern."""
    if len(pattern) > _MAX_PATTERN_CHARS:
        raise ValueError(f"it is longer than {_MAX_PATTERN_CHARS} characters")
    compiled = _compiled(pattern)
    if compiled.flags & re.VERBOSE:
        raise ValueError("the flag x is not supported")
    if compiled.groups > 1:
        raise ValueError("it has more than one group; write (?:…) for those that are not the id")
    if _ways(pattern) > _MAX_WAYS:
        raise ValueError("it repeats too often, and could take minutes on a long branch name")
    if compiled.search("") is not None:
        raise ValueError("it also matches nothing, so every branch would have that ticket")


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what a later Python will read differently
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"it is not a regular expression: {error}") from error


@dataclass(slots=True)
class _Group:
    """What one level of parentheses leaves open."""

    branches: int = 1
    is_varied: bool = False  # one text can be matched in more than one way


def _ways(pattern: str) -> int:
    """Return a bound on the ways a search tries. Raises ValueError for a repeat within a repeat."""
    open_groups = [_Group()]
    counted, uncounted = 1, 0  # ways of short repeats and alternatives; number of other repeats
    before = ""  # what a quantifier would repeat: "", "one", "varied"; or "quantifier"
    for token in filter(None, _TOKEN.findall(pattern)):  # "" is a comment
        if _OPENS_GROUP.match(token):
            open_groups.append(_Group())
            before = ""
        elif token == ")":
            closed = open_groups.pop()
            counted *= closed.branches
            is_varied = closed.is_varied or closed.branches > 1
            open_groups[-1].is_varied |= is_varied
            before = "varied" if is_varied else "one"
        elif token == "|":
            open_groups[-1].branches += 1
        elif (lengths := _lengths(token)) is None:
            before = "one"
        elif before == "quantifier":  # lazy or possessive: the same ways, in another order
            before = ""
        else:
            least, most = lengths
            if most > 1 and before == "varied":
                raise ValueError("it repeats what already varies, as in (a+)+ or (a|b)*")
            few = most - least <= _FEW
            counted, uncounted = counted * (most - least + 1 if few else 1), uncounted + (not few)
            open_groups[-1].is_varied |= most > least
            before = "quantifier"
    is_anchored = _ANCHORED.match(pattern) is not None and open_groups[0].branches == 1
    power = uncounted + (not is_anchored)
    ways: int = MAX_BRANCH_CHARS**power // factorial(power)
    return counted * open_groups[0].branches * ways


def _lengths(token: str) -> tuple[int, int] | None:
    """Return the least and the greatest number of times of a quantifier; None if it is none."""
    if token in ("*", "+", "?"):
        return {"*": (0, MAX_BRANCH_CHARS), "+": (1, MAX_BRANCH_CHARS), "?": (0, 1)}[token]
    if len(token) < 3 or token[0] != "{":
        return None
    least, comma, most = token[1:-1].partition(",")
    low = int(least or 0)
    return low, (int(most or max(low, MAX_BRANCH_CHARS)) if comma else low)
