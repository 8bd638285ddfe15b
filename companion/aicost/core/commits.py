"""Commits as git prints them, and what became of each. Pure: bytes in, values out.

Names, paths and messages are looked at here and kept nowhere. One commit may have many ids: to
amend, rebase or pick it makes a new one, but its author and the moment it was first made stay.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

# `git rev-list --format`: a NUL is the one byte that no name and no message can hold.
FORMAT: Final = "%H%x00%P%x00%ae%x00%at%x00%ce%x00%ct%x00%B%x00"
_FIELDS: Final = 7
_ID: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_LATEST_S: Final = 2**40  # no clock is so wrong
_MOST_REVERTS: Final = 50  # that one message is believed to name
_REVERTS: Final = re.compile(r"\b[Tt]his reverts commit ([0-9a-f]{7,64})\b")
_TRAILER: Final = re.compile(r"^co-authored-by:([^<\n]{0,200})<([^>\n]{0,200})>", re.I | re.M)
_STASHED: Final = re.compile(r"(?:index|untracked files|WIP) on ")
_AGENTS: Final = re.compile(r"\b(?:claude|codex)\b", re.I)
_AGENT_ADDRESSES: Final = ("@anthropic.com", "@openai.com")
_SLACK_S: Final = 120  # between the clocks of two machines
_MOST_LATER: Final = 500  # commits that build on one and are looked at
IDLE_S: Final = 30 * 86_400  # a branch that rests so long is left: most are merged within weeks


class Commit(NamedTuple):
    """One commit. Times are seconds since 1970, addresses are in small letters."""

    id: str
    parents: tuple[str, ...]
    author: str
    authored_s: int
    committer: str
    committed_s: int
    reverts: tuple[str, ...] = ()  # ids, or beginnings of them, that its message takes back
    is_by_agent: bool = False  # its message names an agent as co-author
    is_stashed: bool = False  # a part of a stash

    @property
    def key(self) -> tuple[str, int]:
        """What stays when it is amended, rebased or picked."""
        return self.author, self.authored_s

    @property
    def made_s(self) -> int:
        """When it was first made; an author's clock that is ahead of the committer's is wrong."""
        return min(self.authored_s, self.committed_s)


class Change(NamedTuple):
    """A file before and after a commit, as ids of its content; all zeros where there is none."""

    before: str
    after: str


Changes = Mapping[str, Change]  # by path
_NO_CHANGES: Final[Mapping[str, Changes]] = MappingProxyType({})


def parse_commits(output: bytes) -> list[Commit]:
    """Return the commits in what `git rev-list --format=FORMAT` printed, in its order.

    A record that is cut off or no record is left out.
    """
    fields = output.decode(errors="replace").split("\0")
    found = []
    for at in range(0, len(fields) - _FIELDS, _FIELDS):
        commit = _commit(fields[at : at + _FIELDS])
        if commit is not None:
            found.append(commit)
    return found


def _commit(fields: Sequence[str]) -> Commit | None:
    head, parents, author, authored, committer, committed, message = fields
    name = head.rpartition("\n")[2]  # (before it: the line that rev-list puts above a format)
    times = _seconds(authored), _seconds(committed)
    if not _ID.match(name) or times[0] is None or times[1] is None:
        return None
    return Commit(
        name,
        tuple(parents.split()),
        author.lower(),
        times[0],
        committer.lower(),
        times[1],
        tuple(_REVERTS.findall(message)[:_MOST_REVERTS]),
        any(_is_agent(*trailer) for trailer in _TRAILER.findall(message)),
        _STASHED.match(message) is not None,
    )


def _seconds(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if is_number and int(text) < _LATEST_S else None


def _is_agent(name: str, address: str) -> bool:
    return _AGENTS.search(name) is not None or address.lower().endswith(_AGENT_ADDRESSES)


def parse_changes(output: bytes) -> dict[str, dict[str, Change]]:
    """Return what `git diff-tree --stdin --raw -r -z` printed: commit -> its changed files."""
    found: dict[str, dict[str, Change]] = {}
    parts = iter(output.decode(errors="replace").split("\0"))
    current: dict[str, Change] | None = None
    for part in parts:
        part = part.lstrip("\n")
        if part.startswith(":"):
            path, columns = next(parts, ""), part.split(" ")
            if current is not None and path and len(columns) == 5:
                current[path] = Change(columns[2], columns[3])
        elif _ID.match(part):
            current = found.setdefault(part, {})
    return found


def parse_paths(output: bytes) -> Iterator[str]:
    """Yield the paths in what git printed with `-z`: names alone, or `--raw` lines and names."""
    for part in output.decode(errors="replace").split("\0"):
        if part and not part.startswith(":"):
            yield part


def parse_index(output: bytes) -> Iterator[tuple[str, str]]:
    """Yield the path and the content's id of each file in what `ls-files --stage -z` printed."""
    for part in output.decode(errors="replace").split("\0"):
        columns, _, path = part.partition("\t")
        mode, _, rest = columns.partition(" ")
        blob = rest.partition(" ")[0]
        if path and mode.startswith("100") and _ID.match(blob):
            yield path, blob


class Fate(StrEnum):
    """What became of a commit."""

    MERGED = "merged"  # it, or what it made of its files, is in the default branch
    REVERTED = "reverted"
    ALIVE = "alive"  # on another branch
    IDLE = "idle"  # on a branch that rests for long
    GONE = "gone"  # on none any more
    UNCLEAR = "unclear"  # on none; but later its files were changed in the default branch


@dataclass(frozen=True)  # no slots: indexes are made when they are asked for, and kept
class History:
    """What one repository tells of the time since some moment."""

    commits: Sequence[Commit]  # on branches, then those that only the reflog still names
    alive: frozenset[str]  # ids of those on a branch or tag
    merged: frozenset[str]  # ids in the default branch
    changes: Mapping[str, Changes] = field(default_factory=lambda: _NO_CHANGES)  # not of merges
    patches: Mapping[str, str] = field(default_factory=dict)  # commit -> the same for equal patches
    default_branch: str = ""  # "": none is known, so nothing is merged
    users: frozenset[str] = frozenset()  # addresses that are this user's
    since_s: int = 0  # nothing earlier is known

    def fate(self, commit: Commit, now_s: int) -> Fate:
        """Return what became of a commit."""
        known = self._fates.get((commit.id, now_s))
        if known is None:
            known = self._fates[commit.id, now_s] = self._fate(commit, now_s)
        return known

    def _fate(self, commit: Commit, now_s: int) -> Fate:
        forms = self.forms(commit)
        landed = self._within(commit, forms, self.merged)
        standing = landed or self._within(commit, forms, self.alive)
        effective = self.merged if landed else self.alive
        if self._is_taken_back({*standing, *(one.id for one in forms)}, commit, effective):
            return Fate.REVERTED
        if landed:
            return Fate.MERGED
        if standing:
            newest = max(self._newest_above(self._by_id[name]) for name in standing)
            return Fate.IDLE if newest < now_s - IDLE_S else Fate.ALIVE
        files = self.changes.get(commit.id, {})
        is_redone = all(
            any(True for _ in self._changing(path, commit.made_s, self.merged)) for path in files
        )
        return Fate.UNCLEAR if files and is_redone else Fate.GONE

    def forms(self, commit: Commit) -> list[Commit]:
        """Return the commit with all that was made of it by amending, rebasing and picking.

        Two that were made in one second are forms of one only if they share a file, and neither
        builds on the other.
        """
        alike = self._by_key[commit.key]
        if len(alike) == 1:
            return alike
        files = self.changes.get(commit.id, {}).keys()
        above = {one.id for one in self._later(commit)}
        return [
            one
            for one in alike
            if one is commit
            or (
                not files.isdisjoint(self.changes.get(one.id, {}))
                and one.id not in above
                and all(later is not commit for later in self._later(one))
            )
        ]

    def unlanded(self, commits: Iterable[Commit]) -> list[Commit]:
        """Return those that are in the default branch neither by id nor by content."""
        return [one for one in commits if not self._within(one, self.forms(one), self.merged)]

    def alike(self, commit: Commit) -> list[str]:
        """Return commits of the default branch that changed just the same files, later."""
        files = self.changes.get(commit.id, {}).keys()
        return [
            one.id
            for path in list(files)[:1]
            for one in self._changing(path, commit.made_s, self.merged)
            if self.changes[one.id].keys() == files
        ]

    @cached_property
    def _fates(self) -> dict[tuple[str, int], Fate]:
        return {}

    @cached_property
    def _by_path(self) -> dict[str, list[Commit]]:
        found: dict[str, list[Commit]] = {}
        for commit in self.commits:
            for path in self.changes.get(commit.id, ()):
                found.setdefault(path, []).append(commit)
        return found

    @cached_property
    def _reverting(self) -> list[Commit]:
        return [commit for commit in self.commits if commit.reverts]

    @cached_property
    def _by_key(self) -> dict[tuple[str, int], list[Commit]]:
        found: dict[tuple[str, int], list[Commit]] = {}
        for commit in self.commits:
            found.setdefault(commit.key, []).append(commit)
        return found

    @cached_property
    def _by_id(self) -> dict[str, Commit]:
        return {commit.id: commit for commit in self.commits}

    @cached_property
    def _children(self) -> dict[str, list[Commit]]:
        found: dict[str, list[Commit]] = {}
        for commit in self.commits:
            for parent in commit.parents:
                found.setdefault(parent, []).append(commit)
        return found

    def _later(self, commit: Commit) -> Iterator[Commit]:
        """Yield a commit and those that build on it."""
        waiting, seen = [commit], {commit.id}
        while waiting and len(seen) < _MOST_LATER:
            one = waiting.pop()
            yield one
            for child in self._children.get(one.id, ()):
                if child.id not in seen:
                    seen.add(child.id)
                    waiting.append(child)

    def _newest_above(self, commit: Commit) -> int:
        return max(one.committed_s for one in self._later(commit))

    def _changing(self, path: str, since_s: int, within: frozenset[str]) -> Iterator[Commit]:
        """Yield the commits of a set that changed a file since a moment."""
        for one in self._by_path.get(path, ()):
            if one.id in within and one.committed_s >= since_s - _SLACK_S:
                yield one

    def _within(self, commit: Commit, forms: Sequence[Commit], within: frozenset[str]) -> list[str]:
        """Return the commits of a set that are a form of this one, or hold what it made.

        A squash of its branch does: it leaves files as the branch's last commits left them.
        """
        if found := [one.id for one in forms if one.id in within]:
            return found
        patch = self.patches.get(commit.id)
        alike = self.alike(commit) if patch and within is self.merged else []
        if same := [one for one in alike if self.patches.get(one) == patch]:
            return same
        files = self.changes.get(commit.id, {})
        made = self._made_of(commit, forms)
        brought: dict[str, str] = {}
        for path, contents in made.items():
            for one in self._changing(path, commit.made_s, within):
                if self.changes[one.id][path].after in contents:
                    brought.setdefault(path, one.id)
        return list(dict.fromkeys(brought.values())) if files and len(brought) == len(files) else []

    def _made_of(self, commit: Commit, forms: Sequence[Commit]) -> dict[str, set[str]]:
        """Return by file what a commit, and those that build on it, made of its content."""
        made: dict[str, set[str]] = {path: set() for path in self.changes.get(commit.id, ())}
        for form in forms:
            for later in self._later(form):
                for path, change in self.changes.get(later.id, {}).items():
                    if path in made:
                        made[path].add(change.after)
        return made

    def _is_taken_back(self, ids: set[str], commit: Commit, effective: frozenset[str]) -> bool:
        """Say whether a later commit takes these back, and none takes that one back."""
        path = next(iter(self.changes.get(commit.id, ())), "")
        undoing = [one for one in self._by_path.get(path, ()) if self._undoes(one, commit)]
        for one in (*self._naming(ids, effective), *undoing):
            if one.id in effective and one.id not in ids:
                again = {form.id for form in self.forms(one)}
                if not any(True for _ in self._naming(again, effective)):
                    return True
        return False

    def _naming(self, ids: set[str], effective: frozenset[str]) -> Iterator[Commit]:
        """Yield commits whose message takes one of these back."""
        for one in self._reverting:
            is_other = one.id in effective and one.id not in ids
            if is_other and any(name.startswith(part) for part in one.reverts for name in ids):
                yield one

    def _undoes(self, later: Commit, commit: Commit) -> bool:
        """Say whether a commit puts every file of another one back to what it was before."""
        if later.committed_s < commit.made_s:
            return False
        done, undone = self.changes.get(commit.id, {}), self.changes.get(later.id, {})
        return bool(done) and all(
            path in undone and undone[path] == Change(change.after, change.before)
            for path, change in done.items()
        )
