"""The numbers that a turn's category is weighed by, made of what is kept of the turn. Pure.

Training and product use this same function. A change here needs new weights: see `make train`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from aicost.core.file_kinds import FILE_KINDS
from aicost.core.turn_features import COUNTS, ZONES, TurnFeatures
from aicost.core.vocabulary import WORDS, number_of

_NOT_WEIGHED: Final = frozenset(("tagged",))
_CODE: Final = ("code", "migration")
_MUCH, _LITTLE, _GROWTH = 13, 8, 2  # powers of two, of characters

# Words that say much the same, so that few examples are enough. Pairs stand behind the bar.
_TOPICS: Final[Mapping[str, str]] = {
    "wrong": (
        "fix bug broken wrong incorrect crash error failed issue problem regression still"
        " unexpected missing leaks race hangs panic correctly properly invalid corrupted lose lost"
        "|not work|does not|should not|root cause|the bug|the issue|to fix|the fix|the problem"
        "|is wrong|bug fix|fix the|is missing|is incorrect|issue is|should be"
    ),
    "structure": (
        "refactor rename move removed extract simplified consolidate duplicated unused dead clean"
        " redundant inline split reuse helper constants duplication cleanup deprecated make instead"
        "|clean up|instead of|removed the|rename the|move the|rather than|to removed|to rename"
        "|to refactor|not use|never use|no longer|use the|dead code"
    ),
    "tests": (
        "test coverage|unit test|integration test|add test|existing test|new test|write test"
        "|test for|create test|no test|to test"
    ),
    "red": (
        "lint linter flaky ci workflow format|failed test|test failed|fix test|lint issue|fix lint"
        "|run lint|lint pass|test pass|run test|test suite"
    ),
    "new": (
        "add implement support create introduced enable allow new feature option flag display show"
        " print include command|to add|to implement|to create|add support|let implement"
        "|implement the|need to"
    ),
    "documents": (
        "readme docs documentation comment changelog document adr guide docstring typo word spell"
        " update description section|the docs|the readme|update the"
    ),
    "git": (
        "commit push pr merge rebase branch cherry tags release stash squash conflict pull staged"
        " remote checkout origin|pull request|create pr|open pr|push to|to commit|merge conflict"
        "|commit message|github com"
    ),
    "judging": (
        "review feedback bugbot copilot cursor suggestion audit nit lgtm reviewer approve concern"
        "|pr comment|pr review|review the|review comment|review feedback|the review|to review"
        "|code quality"
    ),
    "dependencies": (
        "upgrade bumped downgrade dependency version package migrate module library vulnerability"
        " outdated toolchain compatible|latest version|new version|to upgrade|break changes"
    ),
    "plans": (
        "plan design approach option proposal propose brainstorm think opinion suggest"
        " architecture tradeoffs alternative prototype|the plan|to plan|what about|would be"
        "|think about|we could|could we"
    ),
    "questions": (
        "explain understand why how what where describing clarify investigate analyze question"
        " means happens whether compare overview|explain the|what is|what happens|why is|why does"
        "|how the|how to|is there|to understand|to investigate|show me|tell me"
        "|see if|look at|explore the|do we|do you"
    ),
    "done": "done complete successfully pass summary|all done|pass here|here summary|now let",
}


def _numbers(topic: str) -> frozenset[int]:
    single, *pairs = topic.split("|")
    return frozenset(number_of(word) for word in (*single.split(), *pairs))


TOPICS: Final = {name: _numbers(topic) for name, topic in _TOPICS.items()}
TOPICAL: Final = frozenset().union(*TOPICS.values())
_TOPICS_OF: Final = {
    word: tuple(name for name, words in TOPICS.items() if word in words) for word in TOPICAL
}
_WEIGHED: Final = tuple(name for name in COUNTS if name not in _NOT_WEIGHED)
_SHAPES: Final = (
    "no_edit", "no_tools", "no_edit_git", "no_edit_run", "no_edit_look", "code_and_test",
    "test_no_code", "more_test", "manifest_any", "growth", "shrinks", "grows", "tiny", "huge",
    "tests_fail_share", "red_only_tests", "red_only_code", "mostly_tests",
    *(f"share_{kind}" for kind in FILE_KINDS), *(f"only_{kind}" for kind in FILE_KINDS),
)  # fmt: skip
NAMES: Final = (
    *_WEIGHED,
    *(f"any_{name}" for name in _WEIGHED),
    *_SHAPES,
    *(f"{zone}~{topic}" for zone in ZONES for topic in TOPICS),
    *(f"any_{zone}~{topic}" for zone in ZONES for topic in TOPICS),
)
_NUMBER: Final = {name: number for number, name in enumerate(NAMES)}
_OF_COUNT: Final = {name: (_NUMBER[name], _NUMBER[f"any_{name}"]) for name in _WEIGHED}
_OF_TOPIC: Final = {
    (zone, topic): (_NUMBER[f"{zone}~{topic}"], _NUMBER[f"any_{zone}~{topic}"])
    for zone in ZONES
    for topic in TOPICS
}
FIRST_WORD: Final = len(NAMES)  # from here on: a number for each word in each zone
_ZONES: Final = tuple(ZONES)
_ZONE: Final = {zone: FIRST_WORD + at * len(WORDS) for at, zone in enumerate(ZONES)}
HOW_MANY: Final = FIRST_WORD + len(ZONES) * len(WORDS)


def name_of(number: int) -> str:
    """Return what a number stands for: a name of NAMES, or "zone:word"."""
    if number < FIRST_WORD:
        return NAMES[number]
    zone, word = divmod(number - FIRST_WORD, len(WORDS))
    return f"{_ZONES[zone]}:{WORDS[word]}"


def words_of(zone: str) -> range:
    """Return the numbers that stand for the words of a zone, in their order."""
    return range(_ZONE[zone], _ZONE[zone] + len(WORDS))


def signals_of(features: TurnFeatures) -> dict[int, float]:
    """Return number -> value of all signals that a turn gives; those that are missing are 0."""
    found: dict[int, float] = {}
    for name, count in features.counts.items():
        if count > 0 and (numbers := _OF_COUNT.get(name)) is not None:
            found[numbers[0]] = 1.0 if count == 1 else math.log1p(count) / 2
            found[numbers[1]] = 1.0
    for name, value in _shapes(features.counts):
        found[_NUMBER[name]] = value
    for zone, words in features.words.items():
        _add_words(found, zone, words)
    return found


def _add_words(found: dict[int, float], zone: str, words: frozenset[int]) -> None:
    first, hits = _ZONE[zone], dict[str, int]()
    for word in words:
        if word < len(WORDS):
            found[first + word] = 1.0
        if word in TOPICAL:
            for topic in _TOPICS_OF[word]:
                hits[topic] = hits.get(topic, 0) + 1
    for topic, count in hits.items():
        share, any_of_it = _OF_TOPIC[zone, topic]
        found[share], found[any_of_it] = math.log1p(count), 0.5


def _shapes(counts: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    edits: dict[str, int] = {kind: counts.get(f"edit_{kind}", 0) for kind in FILE_KINDS}
    total = sum(edits.values())
    if total:
        yield from _edit_shapes(counts, edits, total)
    else:
        yield from _idle_shapes(counts)
    failed, passed = counts.get("test_failed", 0), counts.get("test_passed", 0)
    if failed:
        yield "tests_fail_share", failed / (failed + passed)
    tests, code = counts.get("tests_while_red", 0), counts.get("code_while_red", 0)
    if tests and not code:
        yield "red_only_tests", 1.0
    if code and not tests:
        yield "red_only_code", 1.0
    if 0 < counts.get("new_functions", 0) <= 2 * counts.get("new_tests", 0):
        yield "mostly_tests", 1.0


def _edit_shapes(
    counts: Mapping[str, int], edits: Mapping[str, int], total: int
) -> Iterator[tuple[str, float]]:
    for kind, count in edits.items():
        if count:
            yield f"share_{kind}", count / total
            if count == total:
                yield f"only_{kind}", 1.0
    code, tests = sum(edits[kind] for kind in _CODE), edits["test"]
    new, old = counts.get("log2_new_chars", 0), counts.get("log2_old_chars", 0)
    yield "growth", (new - old) / 4
    for name, holds in (
        ("code_and_test", code and tests),
        ("test_no_code", tests and not code),
        ("more_test", tests > code > 0),
        ("manifest_any", edits["manifest"] or edits["lock"]),
        ("shrinks", new < old),
        ("grows", new >= old + _GROWTH),
        ("tiny", new <= _LITTLE),
        ("huge", new >= _MUCH),
    ):
        if holds:
            yield name, 1.0


def _idle_shapes(counts: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    yield "no_edit", 1.0
    prefixes = ("read_", "ran_", "searches", "web", "agents")
    used = any(count for name, count in counts.items() if name.startswith(prefixes))
    if not used:
        yield "no_tools", 1.0
    git = ("ran_commit", "ran_push", "ran_pr_make", "ran_git_move", "ran_stage")
    if any(counts.get(name) for name in git):
        yield "no_edit_git", 1.0
    elif used:
        yield "no_edit_look", 1.0
    if any(counts.get(name) for name in ("ran_test", "ran_build", "ran_run")):
        yield "no_edit_run", 1.0
