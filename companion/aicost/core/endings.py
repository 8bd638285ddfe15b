"""How a command ended, and which error its output tells of. Pure; hooks import it.

Two errors are one when the lines that speak of an error are the same but for times, durations,
addresses, temporary folders, long numbers and positions in files. Small numbers count: "13 issues"
after "15 issues" is progress.

Where a pipe hides the exit code (`npm test 2>&1 | tail`), the last lines of a program that tests
or builds say how it ended.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from aicost.core.commands import Core, core_of, hash_of, label_of
from aicost.core.purposes import Purpose, purpose_of

Speaks = Literal["code", "answer", "summary"]  # what says how a command ended

_MAX_OUTPUT = 40_000  # characters at each end of an output that are looked at
_MAX_LINE = 1_000
_INTERRUPTED = 130  # 128 + SIGINT: somebody pressed Ctrl-C
_SUMMARY_LINES, _SUMMARY_CHARS = 12, 4_000  # where a program sums up
_LAST_LINES = 10  # of an output none of whose lines speaks of an error

_ANSWERING = (  # programs whose exit code 1 is a "no"
    r"(?:grep|egrep|fgrep|rg|ag|ack|diff|cmp|test|\[|\[\[|which|type|pgrep|git (?:diff|grep))"
    r"(?: |$)"
)
_TESTING = (
    r"(?:\S*/)?(?:npm|pnpm|yarn|bun|npx|jest|vitest|mocha|ava|tsc|eslint|biome|playwright|cypress"
    r"|deno|pytest|py\.test|tox|nox|ruff|mypy|pyright|pylint|flake8|python3?|uv|poetry|go"
    r"|golangci-lint|cargo|rustc|mix|make|gmake|cmake|ctest|ninja|mise|just|task|gradlew?|mvnw?"
    r"|sbt|dotnet|bazel|buck2|rake|rspec|bundle|rubocop|phpunit|composer|swift|xcodebuild|flutter"
    r"|dart|zig|stack|cabal|gcc|g\+\+|clang|clang\+\+|javac)(?: |$)"
)
_HINTS = ("fail", "error", "issues:", "exit", "***", "** (", "panic", "elifecycle", "err!")
_FAILED = (
    r"^(?:--- )?FAIL\b|^FAILED\b|ERROR task failed|^npm (?:ERR!|error)|\bELIFECYCLE\b"
    r"|\b[1-9]\d* (?:failures?|failed|failing|errors?|issues:)"
    r"|^error(?:\[\w+\])?:|\berror TS\d|^\*\* \(|\bBUILD FAIL|^make(?:\[\d+\])?: \*\*\*"
    r"|^panic: |\bexit status [1-9]|\bExit(?:ed| status|ing)? (?:with )?(?:code )?[1-9]"
)

_ESCAPES = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b."
_FOLDER = r"(?:/private)?/(?:tmp|var/folders|var/tmp)/[^\s'\":,)\]]*"
_VARYING = (
    (
        r"\b\d{4}[-/]\d\d[-/]\d\d"
        r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
        "<time>",
    ),
    (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    (r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b", "<id>"),
    (r"(?i)\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b", "<id>"),
    (
        r"(?:\b\d+(?:\.\d+)? ?(?:[nmµu]?s|sec(?:ond)?s?|min(?:ute)?s?|m|h)\b ?)+",
        "<while>",
    ),
    (
        r"(?i)(?<=[\w)\"'\]]):\d+(?::\d+)?\b|\(\d+,\d+\)|\b(?:line|column|col) \d+",
        ":<at>",
    ),
    (r"\b\d{4,}\b|\b\d{1,3}(?:[,_]\d{3})+\b", "<number>"),
)
_PASSING = ("ok ", "ok\t", "pass", "--- pass", "=== ", "? ", "?\t", "✓", "✔", "√")
_PASSED_AT_END = (" passed", "... ok")
# Words in small letters; a pattern of them takes four times as long.
_SPEAKING = (
    "error", "fail", "fatal", "panic", "exception", "undefined", "unexpected", "expect", "cannot",
    "can't", "could not", "couldn't", "unable", "not found", "no such", "denied", "refused",
    "invalid", "missing", "mismatch", "assert", "timed out", "timeout", "abort", "unknown",
    "unresolved", "undeclared", "unused", "not used", "illegal", "must ", "issues:", "warning",
    "actual", "received", "got ", "want ", "left:", "right:", "✗", "✕", "✘", "×", "** (",
)  # fmt: skip
_SPEAKING_AT_START = ("e ", "not ok")
_PLACED = r"\.\w{1,5}:\d|^\s*\d{1,6}\) "  # "pay_test.go:41: …", "  1) test …"


class Command(NamedTuple):
    """All that is kept of a command."""

    key: str  # as `command_key` says
    label: str
    speaks: Speaks = "code"  # "answer": its code 1 is a "no"; "summary": its code is hidden
    purpose: Purpose = "run"


class Ending(NamedTuple):
    """How a command ended."""

    failed: bool
    error: str  # which error, as `error_key` says it; "" if it did not fail


PASSED = Ending(failed=False, error="")


@lru_cache(maxsize=256)  # a session runs the same few again and again
def command_of(command: str) -> Command:
    """Return what is kept of a command."""
    core = core_of(command)
    purpose = purpose_of(command, core)
    return Command(hash_of(core.text), label_of(core), _speaks(core), purpose)


def ending(command: str, exit_code: int, output: str) -> Ending | None:
    """Return how a command ended; None where somebody interrupted it."""
    return ended(_speaks(core_of(command)), exit_code, output)


def ended(speaks: Speaks, exit_code: int, output: str) -> Ending | None:
    """Return how a command ended of which that is known; None where somebody interrupted it."""
    if exit_code == _INTERRUPTED:
        return None
    if exit_code == 1 and speaks == "answer":
        return PASSED
    if exit_code == 0 and not (speaks == "summary" and _sums_up_a_failure(output)):
        return PASSED
    return Ending(failed=True, error=error_key(output) or hash_of(f"exit code {exit_code}"))


def error_key(text: str) -> str:
    """Return 16 hex digits that stand for the error an output tells of; "" for an empty output."""
    if len(text) > 2 * _MAX_OUTPUT:
        text = f"{text[:_MAX_OUTPUT]}\n{text[-_MAX_OUTPUT:]}"
    lines = list(dict.fromkeys(_lines(text)))
    low = "\n".join(lines).lower()
    words = [word for word in _SPEAKING if word in low]  # a few of fifty
    said = [line for line in lines if _speaks_of_an_error(line, words)] or lines[-_LAST_LINES:]
    steady = sorted({line for line in _steady(said) if line})
    return hash_of("\n".join(steady)) if steady else ""  # (tests side by side end in any order)


def _speaks(core: Core) -> Speaks:
    if re.match(_ANSWERING, core.last):
        return "answer"
    return "summary" if core.is_masked and re.match(_TESTING, core.last) else "code"


def _sums_up_a_failure(output: str) -> bool:
    last = [line.strip() for line in _lines(output[-_SUMMARY_CHARS:]) if line.strip()]
    return any(re.search(_FAILED, line) for line in last[-_SUMMARY_LINES:] if _hints(line))


def _hints(line: str) -> bool:
    low = line.lower()
    return any(word in low for word in _HINTS)


def _lines(text: str) -> list[str]:
    """Return the lines as a terminal shows them."""
    if "\x1b" in text:
        text = re.sub(_ESCAPES, "", text)
    if "\r" not in text:
        return [line[:_MAX_LINE] for line in text.split("\n")]
    shown = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))  # progress bars
    return [line[:_MAX_LINE] for line in shown]


def _speaks_of_an_error(line: str, words: Sequence[str]) -> bool:
    low = line.strip().lower()
    if low.startswith(_PASSING) or low.endswith(_PASSED_AT_END):
        return False
    if low.startswith(_SPEAKING_AT_START) or any(word in low for word in words):
        return True
    return re.search(_PLACED, line) is not None


def _steady(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines without what differs from run to run; no pattern reaches beyond a line."""
    text = "\n".join(lines)
    if "/" in text:
        text = re.sub(_FOLDER, "<folder>", text)
    varied, steady = list[str](), list[str]()
    for line in text.split("\n"):
        (varied if re.search(r"\d", line) else steady).append(line)
    text = "\n".join(varied)
    for varying, instead in _VARYING:
        text = re.sub(varying, instead, text)
    for line in (*steady, *text.split("\n")):
        yield " ".join(line.split())
