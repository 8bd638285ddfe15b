"""What is kept of a turn to tell what it was for: counts, and words of a fixed list. Pure.

At most 600 bytes, from which a later classifier can tell again when the log is gone. No text, no
path and no command is in them: see `core.vocabulary`, `core.file_kinds` and `core.command_kinds`.
"""

from collections.abc import Iterable, Mapping
from operator import sub
from types import MappingProxyType
from typing import Final, NamedTuple

from aicost.core.command_kinds import COMMAND_KINDS
from aicost.core.file_kinds import FILE_KINDS

MOST_BYTES: Final = 600
_FORMAT: Final = 1
MOST_COUNTED: Final = 127  # one byte a count

# Where words were found, and how many of them are kept. Append only.
ZONES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "head": 12,  # how the prompt begins; of a plan, its title
        "prompt": 80,
        "closing": 40,  # what the agent said last
        "thought": 32,  # what the agent first thought
        "tasks": 32,  # its list of tasks, what its subagents were to do
        "commit": 12,  # what it wrote of commits
        "branch": 8,
    }
)
_CONVENTIONAL: Final = (
    "feat", "fix", "refactor", "docs", "test", "chore", "ci", "build", "perf", "style", "revert",
    "deps",
)  # fmt: skip
# What is counted. Append only: stored features refer to them by number.
COUNTS: Final = (
    "steps", "thoughts", "texts", "searches", "web", "agents", "agents_explore", "agents_plan",
    "agents_review", "skills", "tasks", "plans_made", "questions", "mcp", "other_tools",
    *(f"read_{kind}" for kind in FILE_KINDS),
    *(f"edit_{kind}" for kind in FILE_KINDS),
    *(f"new_{kind}" for kind in FILE_KINDS),
    *(f"ran_{kind}" for kind in COMMAND_KINDS),
    *(f"{kind}_{end}" for kind in ("test", "lint", "build") for end in ("passed", "failed")),
    "failed", "tests_red_first", "tests_red_to_green", "lint_red_to_green", "code_while_red",
    "tests_while_red", "log2_new_chars", "log2_old_chars", "new_functions", "new_tests",
    *(f"commit_{kind}" for kind in _CONVENTIONAL),
    "prompt_log2_chars", "prompt_lines_log2", "prompt_question", "prompt_ends_question",
    "prompt_code", "prompt_link", "prompt_path", "prompt_place", "prompt_trace", "prompt_plan",
    "prompt_command", "prompt_notice", "prompt_review_command", "prompt_list", "prompt_severity",
    "prompt_yes", "prompt_short", "prompt_local_command", "plan_mode",
    "closing_question", "closing_log2_chars", "closing_list", "closing_heading", "closing_done",
    "tagged", "edits_of_comments", "edits_that_add", "edits_that_remove", "edits_renaming",
)  # fmt: skip
_NUMBER: Final = MappingProxyType({name: number for number, name in enumerate(COUNTS)})


class TurnFeatures(NamedTuple):
    """What is known of a turn. Counts stop at 127."""

    counts: Mapping[str, int]  # by name of COUNTS; what is missing is 0
    words: Mapping[str, frozenset[int]]  # by name of ZONES: numbers of `core.vocabulary`

    def __getattr__(self, name: str) -> int:
        """Return a count; raises AttributeError for a name that is none."""
        if name not in _NUMBER:
            raise AttributeError(name)
        return self.counts.get(name, 0)


NO_FEATURES: Final = TurnFeatures(MappingProxyType({}), MappingProxyType({}))


def conventional_type(subject: str) -> str:
    """Return the type of a conventional commit ("fix" of "fix(api)!: …"); "" if it has none."""
    kind, colon, _ = subject.partition(":")
    kind, _, scope = kind.strip().lower().rstrip("!").partition("(")
    if not colon:
        return ""
    if kind in ("chore", "build", "fix") and "dep" in scope:
        return "deps"
    kind = {"feature": "feat", "bugfix": "fix", "tests": "test", "doc": "docs"}.get(kind, kind)
    return kind if kind in _CONVENTIONAL else ""


def packed(features: TurnFeatures) -> bytes:
    """Return features as at most 600 bytes."""
    out = bytearray([_FORMAT])
    known = sorted([(_NUMBER[name], n) for name, n in features.counts.items() if n])
    out.append(len(known))
    for number, count in known:
        out.append(number)
        out.append(min(count, MOST_COUNTED))
    for zone, most in ZONES.items():
        numbers = sorted(features.words.get(zone, ()))[:most]
        out.append(len(numbers))
        for step in map(sub, numbers, (0, *numbers)):
            if step < 128:
                out.append(step)
            else:
                out += bytes((128 | step >> 8, step & 255))
    return bytes(out)


def unpacked(data: bytes) -> TurnFeatures:
    """Return what `packed` packed; nothing of what it cannot have packed."""
    try:
        return _unpacked(data)
    except IndexError:
        return NO_FEATURES


def _unpacked(data: bytes) -> TurnFeatures:
    if not data or data[0] != _FORMAT:
        return NO_FEATURES
    at, counts = 2 + 2 * data[1], dict[str, int]()
    for place in range(2, at, 2):
        counts[COUNTS[data[place]]] = data[place + 1]
    words = dict[str, frozenset[int]]()
    for zone in ZONES:
        how_many, at = data[at], at + 1
        numbers, before = set[int](), 0
        for _ in range(how_many):
            step, at = data[at], at + 1
            if step >= 128:
                step, at = (step & 127) << 8 | data[at], at + 1
            before += step
            numbers.add(before)
        words[zone] = frozenset(numbers)
    return TurnFeatures(counts, words)


def together(own: TurnFeatures, others: Iterable[TurnFeatures]) -> TurnFeatures:
    """Return the features of a turn with what its subagents did in it."""
    counts = dict(own.counts)
    for other in others:
        for name, count in other.counts.items():
            if not name.startswith(("prompt_", "closing_", "log2_", "plan_mode", "tagged")):
                counts[name] = min(counts.get(name, 0) + count, MOST_COUNTED)
        for name in ("log2_new_chars", "log2_old_chars"):
            counts[name] = max(counts.get(name, 0), other.counts.get(name, 0))
    return TurnFeatures(counts, own.words)
