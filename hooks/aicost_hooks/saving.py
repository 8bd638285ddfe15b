"""Which tool calls only save work that is done: edits, and a few commands of git. Pure.

They may still run when a budget is all but spent. Everything is listed; what is not listed does not
save. So a command is one call of git in plain words: no operators, variables or substitutions of a
shell, and none of git's options that run other programs, open an editor, write elsewhere or
overwrite what others have.
"""

import re
import shlex
from collections.abc import Mapping, Sequence

_EDITS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch"})
_SPAWNS = frozenset({"Agent", "Task", "spawn_agent"})
_MAX_COMMAND = 2000  # characters

# Words that any shell takes as they are. One character or one quoted part at a time: nothing in it
# can be read in two ways, so it fails as fast as it fits.
_LETTER = r"(?:[\w./:@%+,^=-]|'[^'\x00-\x1f\x7f]*'|\"[^\"$`\\\x00-\x1f\x7f]*\")"
_WORD = rf"(?!=){_LETTER}(?:{_LETTER}|~)*"
_PLAIN = re.compile(rf"{_WORD}(?: +{_WORD})* *")

_FLAG, _VALUE, _MAYBE = "flag", "value", "maybe"  # an option's value: none, the next word, after =
_Options = Mapping[str, str]


def _options(flags: str, values: str = "", maybe: str = "") -> _Options:
    kinds = ((flags, _FLAG), (values, _VALUE), (maybe, _MAYBE))
    return {name: kind for names, kind in kinds for name in names.split()}


_GIT: Mapping[str, _Options] = {
    "status": _options(
        "-s --short -b --branch --long -v --verbose -z --show-stash --renames --no-renames",
        maybe="--porcelain -u --untracked-files --ignored",
    ),
    "diff": _options(
        "--cached --staged --name-only --name-status --shortstat --numstat --summary -p --patch -w"
        " -b --check --no-color --no-ext-diff --no-textconv --compact-summary --minimal --patience"
        " --histogram --quiet --exit-code -z -R -a --text --merge-base --no-patch",
        maybe="--stat -U --unified --color --word-diff --diff-filter -M --find-renames",
    ),
    "add": _options("-A --all -u --update -v --verbose -n --dry-run -N --intent-to-add -f --force"),
    "commit": _options(
        "-a --all -q --quiet -s --signoff -n --no-verify --amend --no-edit --allow-empty"
        " --no-gpg-sign --only --include",
        values="-m --message --author --date",
    ),
    "stash": _options(
        "-u --include-untracked -a --all -k --keep-index --no-keep-index -q --quiet -S --staged",
        values="-m --message",
    ),
    "push": _options(
        "-u --set-upstream -q --quiet -v --verbose --tags --follow-tags -n --dry-run --porcelain"
        " --no-verify --atomic --progress --no-progress",
    ),
}
_COMMIT_MESSAGES = frozenset({"-m", "--message", "--no-edit"})  # without one, an editor opens
_STASH_WORDS = frozenset({"push", "list", "show"})
_REMOTE = re.compile(r"\w[\w.-]*")  # a name: an address may run a program
_BRANCH = re.compile(r"[\w@][\w./@-]*(?::[\w][\w./@-]*)?")  # no + (force), nothing to delete


def saves_work(tool: str, tool_input: object) -> bool:
    """Say whether a tool call does nothing but save work."""
    if tool in _EDITS:
        return True
    command = tool_input.get("command") if isinstance(tool_input, dict) else None
    return tool == "Bash" and isinstance(command, str) and _is_saving(command)


def spawns(tool: str) -> bool:
    """Say whether a tool starts a subagent."""
    return tool in _SPAWNS


def _is_saving(command: str) -> bool:
    if len(command) > _MAX_COMMAND or not _PLAIN.fullmatch(command.strip(" ")):
        return False
    name, rest = _git_command(shlex.split(command))
    parsed = _parsed(_GIT[name], rest) if name in _GIT else None
    if parsed is None:
        return False
    given, others = parsed
    match name:
        case "commit":
            return not given.isdisjoint(_COMMIT_MESSAGES)
        case "stash":
            return not others or others[0] in _STASH_WORDS
        case "push":
            return _is_plain_push(others)
    return True


def _git_command(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return a command of git and its words, ("", ()) for anything else.

    Of git's own options only those that name the folder and do without a pager.
    """
    program, *words = argv
    if words and words[0] in ("--no-pager", "-P"):
        del words[0]
    if len(words) > 2 and words[0] == "-C" and not words[1].startswith("-"):
        del words[:2]
    return (words[0], words[1:]) if program == "git" and words else ("", ())


def _is_plain_push(words: Sequence[str]) -> bool:
    return all(map(_REMOTE.fullmatch, words[:1])) and all(map(_BRANCH.fullmatch, words[1:]))


def _parsed(options: _Options, words: Sequence[str]) -> tuple[set[str], list[str]] | None:
    """Return the options given and the other words; None if one is not listed or lacks its value.

    Git takes options among other words, up to `--`.
    """
    given, others, left = set[str](), list[str](), list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            others += left
            break
        if not word.startswith("-") or word == "-":
            others.append(word)
            continue
        names = _long(options, word) if word.startswith("--") else _short(options, word)
        if names is None:
            return None
        found, needs_value = names
        if needs_value and not left:
            return None
        if needs_value:
            del left[0]
        given |= found
    return given, others


def _long(options: _Options, word: str) -> tuple[set[str], bool] | None:
    name, has_value, _ = word.partition("=")
    kind = options.get(name)
    if kind is None or (kind == _FLAG and has_value):
        return None
    return {name}, kind == _VALUE and not has_value


def _short(options: _Options, word: str) -> tuple[set[str], bool] | None:
    """Read `-am`, `-mtext` or `-U5`: flags, then at most one option with the rest as its value."""
    given = set[str]()
    for at, letter in enumerate(word[1:], start=1):
        kind = options.get(f"-{letter}")
        if kind is None:
            return None
        given.add(f"-{letter}")
        if kind != _FLAG:
            return given, kind == _VALUE and at == len(word) - 1
    return given, False
