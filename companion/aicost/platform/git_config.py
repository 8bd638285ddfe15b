"""The remotes that a repository's own `config` file names. Pure; includes are never followed."""

import re

_LINE = re.compile(  # with the lines that it goes on in, behind a backslash; comments never do
    r"""(?:[^"#;\\\n]|\\(?:.|\n)|"(?:[^"\\\n]|\\(?:.|\n))*"?)*(?:[#;][^\n]*)?"""
)
_HEADER = re.compile(r'\s*\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)"\s*)?\]')
_VARIABLE = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*=(.*)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "\n": ""}


def remote_addresses(text: str) -> dict[str, str]:
    """Return the name of each remote and the first address it has, as written.

    `text` may be the beginning of a file. What git would refuse to read is passed over.
    """
    found: dict[str, str] = {}
    remote = ""
    for line in _LINE.findall(text.replace("\r\n", "\n")):
        if (header := _HEADER.match(line)) is not None:
            remote = _remote_of(header[1], header[2])
            line = line[header.end() :]  # a variable may follow its header on one line
        variable = _VARIABLE.match(line)
        if remote and variable is not None and variable[1].lower() == "url":
            address = _value(variable[2])
            if address:
                found.setdefault(remote, address)
            else:  # an empty one takes back those before it
                found.pop(remote, None)
    return found


def _remote_of(section: str, subsection: str | None) -> str:
    """Return the remote that a header is of: `[remote "x"]`, or as git once wrote, `[remote.x]`."""
    if subsection is None:
        section, _, subsection = section.lower().partition(".")
    return re.sub(r"\\(.)", r"\1", subsection) if section.lower() == "remote" else ""


def _value(written: str) -> str:
    """Return what a variable is set to: without quotes, escapes, comment and outer blanks."""
    kept, blanks, is_quoted = "", "", False
    chars = iter(written.lstrip())
    for char in chars:
        if char == '"':
            is_quoted = not is_quoted
            continue
        if char in "#;" and not is_quoted:
            break
        if char.isspace() and not is_quoted:
            blanks += char
            continue
        if char == "\\":
            char = next(chars, "")
            char = _ESCAPES.get(char, char)
        kept, blanks = kept + blanks + char, ""
    return kept
