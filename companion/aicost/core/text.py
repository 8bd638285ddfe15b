"""Foreign text made safe to print, and how many terminal cells text takes. Pure.

Everything an agent's log brought (repo, branch, model, folder) goes through `clean` before it is
printed: such text is under somebody else's control and must neither move the cursor nor break a
column.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

UNKNOWN = "—"  # stands where a value is not known
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)"  # OSC, DCS, …: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]?",  # the short ones
    re.DOTALL,
)
_HANGUL_TAIL = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # joins the syllable before it
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_MARKS = 2  # accents on one letter; more would paint over the lines above and below
_MAX_CHARS = 400  # nothing on a screen is longer; keeps a megabyte of "branch" cheap


def clean(text: str) -> str:
    """Return `text` as one line of visible characters; escape sequences and controls are gone.

    Bidirectional overrides, joiners and variation selectors go too: terminals disagree on their
    width. Any white space becomes one space.
    """
    return _clean(text[:_MAX_CHARS])


@lru_cache(maxsize=4096)  # the same few names are drawn several times a second
def _clean(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in _ESCAPES.sub("", text):
        if char.isspace():
            char = " "
        elif unicodedata.category(char) in _INVISIBLE or "\ufe00" <= char <= "\ufe0f":
            continue
        marks = marks + 1 if char_cells(char) == 0 else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return " ".join("".join(kept).split())


@lru_cache(maxsize=4096)
def char_cells(char: str) -> int:
    """Return the terminal cells of one cleaned character: 0, 1 or 2."""
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or _HANGUL_TAIL.match(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


@lru_cache(maxsize=4096)  # the same bars and names, again and again
def cells_of(text: str) -> int:
    """Return the terminal cells that cleaned text takes."""
    return len(text) if text.isascii() else sum(map(char_cells, text))


def fit(text: str, width: int) -> str:
    """Return cleaned text in at most `width` cells, with `…` where something was cut off."""
    if cells_of(text) <= width:
        return text
    return cut(text, width - 1) + "…" if width > 0 else ""


def cut(text: str, width: int) -> str:
    """Return the beginning of cleaned text that takes at most `width` cells."""
    kept, used = "", 0
    for char in text:
        used += char_cells(char)
        if used > width:
            break
        kept += char
    return kept.rstrip()


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield cleaned text in lines of at most `width` cells; a longer word has a line of its own."""
    line = ""
    for word in text.split():
        if line and cells_of(line) + 1 + cells_of(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".lstrip()
    yield line


def escaped(document: str) -> str:
    """Return JSON text in which what a terminal would act on, or not show, is an escape.

    Means the same to whoever parses it. Other text stays readable, in any script.
    """
    if document.isascii() and "\x7f" not in document:
        return document  # its controls are escaped already
    return "".join(
        char if char.isprintable() or char == "\n" else _json_escape(char) for char in document
    )


def visible(text: str) -> str:
    """Return text with `�` for each control or invisible character but tab and newline."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\t\n" else "�" for char in text)


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
