"""What a turn's log lines say of what it is for, gathered line by line. Pure.

Texts are looked at and forgotten: what stays are counts, and numbers of known words.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from aicost.core.command_kinds import COMMAND_KINDS, CommandKind, command_kinds, commit_subject
from aicost.core.commands import core_of
from aicost.core.edit_shapes import edit_shape
from aicost.core.file_kinds import file_kind
from aicost.core.prompt_signs import prompt_signs, prompt_text, title_of
from aicost.core.turn_features import (
    MOST_COUNTED,
    ZONES,
    TurnFeatures,
    conventional_type,
)
from aicost.core.vocabulary import word_numbers

_MAX_TEXT: Final = 4_000  # characters of a text that are looked at
_CLOSING_CHARS, _THOUGHT_CHARS, _END_CHARS = 700, 600, 200
_TESTED: Final = ("test", "lint", "build")  # kinds of commands whose results are followed
_CODE: Final = frozenset(("code", "migration"))
_FUNCTION: Final = re.compile(
    r"\s*(?:export |pub(?:lic)? |private |static |async )*(?:func|def|defp|function|fn)\b"
)
_TEST: Final = re.compile(
    r"\s*(?:func Test|(?:async )?def test_|#\[test\]|@Test\b|(?:it|test)\(|test \")"
)
_FUNCTION_WORDS: Final = ("func", "def", "fn")
_TEST_WORDS: Final = ("Test", "test", "it(")
_LIST: Final = re.compile(r"\s*(?:[-*•]|\d+\.) ")
_DONE: Final = re.compile(
    r"\W*(?:done|fixed|added|updated|removed|renamed|all (?:tests|done)|committed|pushed)\b", re.I
)


@dataclass(slots=True)
class TurnWork:
    """Counts so far, and what is needed to go on. Plain values: a notebook keeps it as it is."""

    counts: dict[str, int] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    red: list[str] = field(default_factory=list)  # kinds of commands that failed last
    steps: int = 0  # all that was noted: of two readings of a turn the longer one knows more
    new_chars: int = 0
    old_chars: int = 0
    said: str = field(default="", repr=False)  # the agent's last words, until they are looked at

    def begin(self, prompt: str, branch: str = "", permission_mode: str = "") -> None:
        """Take the prompt that a turn starts with."""
        self._step()
        text = prompt[:_MAX_TEXT]
        for sign, value in prompt_signs(text).items():
            self._add(sign, value)
        own = prompt_text(text)
        self._words("head", title_of(own), looked_at=16)
        self._words("prompt", own)
        self._words("branch", branch.replace("_", " "))
        if permission_mode == "plan":
            self._add("plan_mode")

    def think(self, text: str) -> None:
        """Take a thought; the first that has words says what the agent took the prompt for."""
        self._step()
        self._add("thoughts")
        if "thought" not in self.words:
            self._words("thought", text[:_THOUGHT_CHARS])

    def say(self, text: str) -> None:
        """Take what the agent said to the user; the last of it is what counts."""
        if text.strip():
            self._step()
            self._add("texts")
            self.said = text

    def plan(self, texts: Iterable[str]) -> None:
        """Take what the agent, or a plan, lists as tasks."""
        self._words("tasks", " . ".join(text[:120] for text in texts))

    def use(self, count: str) -> None:
        """Take the use of a tool that is counted under a name of COUNTS."""
        self._step()
        self._add(count)

    def read(self, path: str) -> None:
        """Take the reading of a file."""
        self._step()
        self._add(f"read_{file_kind(path)}")

    def edit(self, path: str, old: str, new: str, *, is_new: bool = False) -> None:
        """Take a change of a file: what stood there before, and what does now."""
        self._step()
        kind = file_kind(path)
        self._add(f"edit_{kind}")
        if is_new:
            self._add(f"new_{kind}")
        self.new_chars += len(new)
        self.old_chars += len(old)
        if kind in _CODE or kind == "test":
            self._add("new_functions", _more(_FUNCTION, _FUNCTION_WORDS, old, new))
            self._add("new_tests", _more(_TEST, _TEST_WORDS, old, new))
        if shape := edit_shape(old, new):
            self._add(shape)
        if "test" in self.red:
            self._add("tests_while_red" if kind == "test" else "code_while_red")

    def run(self, command: str) -> tuple[int, ...]:
        """Take a command that is run; return what `end` needs of it."""
        self._step()
        kinds = _kinds_of(command)
        for kind in kinds:
            self._add(f"ran_{kind}")
        if "commit" in kinds and (subject := commit_subject(command)):
            self._words("commit", subject)
            if kind_of_commit := conventional_type(subject):
                self._add(f"commit_{kind_of_commit}")
        return tuple(number for number, kind in enumerate(COMMAND_KINDS) if kind in kinds)

    def end(self, kinds: Collection[int], *, failed: bool) -> None:
        """Take how a command ended, by what `run` returned for it."""
        self._step()
        if failed:
            self._add("failed")
        for kind in (COMMAND_KINDS[number] for number in kinds if number < len(COMMAND_KINDS)):
            if kind in _TESTED:
                self._end(kind, failed=failed)

    def _end(self, kind: CommandKind, *, failed: bool) -> None:
        is_first = not any(self.counts.get(f"{kind}_{end}") for end in ("passed", "failed"))
        self._add(f"{kind}_{'failed' if failed else 'passed'}")
        if failed and kind not in self.red:
            self.red.append(kind)
        if failed and is_first and kind == "test" and not self.has_edits:
            self._add("tests_red_first")
        if not failed and kind in self.red:
            self.red.remove(kind)
            if kind != "build":
                self._add("tests_red_to_green" if kind == "test" else "lint_red_to_green")

    @property
    def has_edits(self) -> bool:
        """Whether a file was changed so far."""
        return any(name.startswith("edit_") for name in self.counts)

    def features(self) -> TurnFeatures:
        """Return what is known by now."""
        self._close()
        counts = dict(self.counts)
        counts["log2_new_chars"] = self.new_chars.bit_length()
        counts["log2_old_chars"] = self.old_chars.bit_length()
        counts["steps"] = self.steps.bit_length()
        return TurnFeatures(counts, {zone: frozenset(found) for zone, found in self.words.items()})

    def in_order(self) -> None:
        """Bring what is known into one order, wherever the lines were cut into blocks."""
        self.counts = dict(sorted(self.counts.items()))
        self.words = dict(sorted(self.words.items()))

    def _close(self) -> None:
        """Look at the agent's last words, and forget them."""
        text, self.said = self.said.strip(), ""
        if not text:
            return
        for name in [name for name in self.counts if name.startswith("closing_")]:
            del self.counts[name]
        self.words.pop("closing", None)
        self._words("closing", text[:_CLOSING_CHARS])
        self._add("closing_log2_chars", len(text).bit_length())
        self._add("closing_question", int("?" in text[-_END_CHARS:]))
        self._add("closing_heading", int("## " in text or "**" in text))
        self._add("closing_list", min(sum(map(bool, map(_LIST.match, _lines(text)))), 9))
        self._add("closing_done", int(_DONE.match(text) is not None))

    def _words(self, zone: str, text: str, looked_at: int = 250) -> None:
        most, known = ZONES[zone], self.words.get(zone, [])
        if len(known) >= most:
            return
        found = word_numbers(text, most, looked_at=looked_at)
        if merged := list(dict.fromkeys((*known, *found)))[:most]:
            self.words[zone] = merged

    def _add(self, name: str, count: int = 1) -> None:
        if count:
            self.counts[name] = min(self.counts.get(name, 0) + count, MOST_COUNTED)

    def _step(self) -> None:
        self.steps += 1


@lru_cache(maxsize=256)  # a session runs the same few again and again
def _kinds_of(command: str) -> frozenset[CommandKind]:
    return command_kinds(core_of(command))


def _more(pattern: re.Pattern[str], words: Iterable[str], old: str, new: str) -> int:
    """Return how many more lines of a kind there are now; each has one of the words."""
    said = [word for word in words if word in new]  # to look for words takes a tenth of the time
    if not said:
        return 0
    return max(0, _count(pattern, said, new) - _count(pattern, words, old))


def _count(pattern: re.Pattern[str], words: Iterable[str], text: str) -> int:
    lines = [line for line in _lines(text) if any(map(line.__contains__, words))]
    return sum(map(bool, map(pattern.match, lines)))


def _lines(text: str) -> list[str]:
    return text[: 10 * _MAX_TEXT].split("\n")
