"""Changes of a JSON text that touch nothing else of it: spaces, order, numbers stay as written.

A text that was appended to and then freed of it again is the same to the byte.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+', re.DOTALL)
_FIRST_INDENT = re.compile(r"[{\[][ \t]*\r?\n([ \t]+)")
_LOOSE = re.compile(r'"[ \t]*:[ \t]')  # a space after a colon
_INDENT = "  "  # where the text has none


class NotJson(ValueError):
    """The text is no JSON as its standard has it; the words say where."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place in the text."""

    kind: Literal["object", "array", "scalar"]
    start: int
    end: int  # exclusive
    members: "tuple[Member, ...]" = ()

    def get(self, key: str) -> "Node | None":
        """Return the value of a key; of one that is there twice the last, as parsers do."""
        found = [member.value for member in self.members if member.key == key]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Member:
    """What an object or an array has in it; an array's have no key."""

    key: str | None
    start: int  # of the key, else of the value
    value: Node


@dataclass(frozen=True, slots=True)
class Style:
    """How the text is laid out."""

    newline: str
    indent: str
    is_flat: bool  # all on one line
    separators: tuple[str, str]


def load_json(text: str) -> object:
    """Return the values of a text. Raises NotJson, for what Python alone would read, too."""

    def refuse(name: str) -> NoReturn:
        raise NotJson(f"{name} is no JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg}, line {error.lineno}") from error
    except RecursionError as error:
        raise NotJson("it is nested too deep") from error


def locate(text: str) -> Node:
    """Return where the values of a text are. Raises NotJson."""
    load_json(text)
    try:
        return _node(text, _past_space(text, 0))
    except RecursionError as error:
        raise NotJson("it is nested too deep") from error


def appended(text: str, box: Node, value: object, key: str | None = None) -> str:
    """Return the text with a value as the last of an array, or (with a key) of an object."""
    style = _style(text)
    if not box.members:
        if style.is_flat:
            return _spliced(text, box.start + 1, box.end - 1, _rendered(key, value, style, None))
        outer = _line_indent(text, box.start)
        inner = outer + style.indent
        body = _rendered(key, value, style, inner)
        lines = f"{style.newline}{inner}{body}{style.newline}{outer}"
        return _spliced(text, box.start + 1, box.end - 1, lines)
    last = box.members[-1]
    end = box.members[-2].value.end if len(box.members) > 1 else box.start + 1
    _, line_break, lead = text[end : last.start].rpartition("\n")
    if line_break:
        body = f",{style.newline}{lead}{_rendered(key, value, style, lead)}"
    else:
        body = f"{style.separators[0]}{_rendered(key, value, style, None)}"
    return _spliced(text, last.value.end, last.value.end, body)


def removed(text: str, box: Node, position: int) -> str:
    """Return the text without one member of an array or object, and its comma."""
    members = box.members
    if len(members) == 1:
        return _spliced(text, box.start + 1, box.end - 1, "")
    if position == 0:
        return _spliced(text, members[0].start, members[1].start, "")
    return _spliced(text, members[position - 1].value.end, members[position].value.end, "")


def replaced(text: str, node: Node, value: object) -> str:
    """Return the text with another value in a value's place."""
    style = _style(text)
    lead = None if style.is_flat else _line_indent(text, node.start)
    return _spliced(text, node.start, node.end, _rendered(None, value, style, lead))


def _spliced(text: str, start: int, end: int, body: str) -> str:
    return f"{text[:start]}{body}{text[end:]}"


def _node(text: str, at: int) -> Node:
    if text[at] in "{[":
        return _box(text, at)
    found = _SCALAR.match(text, at)
    assert found is not None, "the text was parsed before"
    return Node("scalar", at, found.end())


def _box(text: str, start: int) -> Node:
    is_object = text[start] == "{"
    members = list[Member]()
    at = _past_space(text, start + 1)
    while text[at] not in "}]":
        key, begin = None, at
        if is_object:
            name = _STRING.match(text, at)
            assert name is not None, "the text was parsed before"
            key = json.loads(name.group())
            at = _past_space(text, _past_space(text, name.end()) + 1)  # (the colon)
        value = _node(text, at)
        members.append(Member(key, begin, value))
        at = _past_space(text, value.end)
        if text[at] == ",":
            at = _past_space(text, at + 1)
    return Node("object" if is_object else "array", start, at + 1, tuple(members))


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _style(text: str) -> Style:
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = _FIRST_INDENT.search(text)
    body = text.strip(" \t\r\n")
    is_flat = "\n" not in body and body[1:-1].strip(" \t") != ""
    is_dense = is_flat and _LOOSE.search(body) is None
    separators = (",", ":") if is_dense else (", ", ": ")
    return Style(newline, indent[1] if indent else _INDENT, is_flat, separators)


def _line_indent(text: str, at: int) -> str:
    """Return the spaces that the line of a place begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _rendered(key: str | None, value: object, style: Style, lead: str | None) -> str:
    """Return a value as text: on one line, or on lines that go on after `lead`."""
    if lead is None:
        body = json.dumps(value, ensure_ascii=False, separators=style.separators)
    else:
        body = json.dumps(value, ensure_ascii=False, indent=style.indent)
        body = body.replace("\n", f"{style.newline}{lead}")
    if key is None:
        return body
    return f"{json.dumps(key, ensure_ascii=False)}{style.separators[1]}{body}"
