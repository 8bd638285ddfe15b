"""Settings files of agents: read, replaced with a backup beside them, and given back.

What we changed is noted with its hash. A file that nobody touched since gets its old bytes back.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.hook_files import FOLDER
from aicost.platform.atomic import replace_file
from aicost.platform.opening import open_unblocked
from aicost.platform.rundir import make_private

MAX_BYTES = 16 * 2**20  # settings of that size are none
NOTES = "installed.json"  # in the folder of `gate.sh`
_BACKUP = "aicost-backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file as it was read, and as it shall be; None where there is no file."""

    path: Path
    before: bytes | None
    after: bytes | None
    holds_more: bool = False  # something else of ours stays in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A settings file as it was before our change, and after."""

    path: str  # as it was named: a link is not followed
    agent: str
    before: str | None  # SHA-256; None: there was no file
    after: str
    backup: str | None = None  # a file with the bytes of before
    made_folder: bool = False  # the folder was made for the file, too


def read_file(path: Path) -> bytes | None:
    """Return what a settings file holds, None if there is none. Raises ConfigError."""
    try:
        with os.fdopen(open_unblocked(path), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(path, "it is no file")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    if len(content) > MAX_BYTES:
        raise _unreadable(path, f"it is larger than {MAX_BYTES} bytes")
    return content


def as_text(content: bytes | None, path: Path) -> str:
    """Return what a settings file says, "" if there is none. Raises ConfigError."""
    try:
        return (content or b"").decode()
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is no UTF-8") from error


def _unreadable(path: Path, why: str) -> ConfigError:
    return ConfigError(f"cannot read {path}", why=why, hint=f"ls -l {path}")


def change_file(
    change: Change, agent: str, *, data_dir: Path, stamp: str, is_new: bool
) -> Path | None:
    """Replace a settings file, and note it; return the backup of what it held.

    `stamp` is the time for the backup's name. `is_new` says that nothing of ours was in it: then
    its bytes are those to come back to, as they are if it is just as we left it.
    Raises ConfigError, also if the file is no longer as it was read.
    """
    path, before, after = change.path, change.before, change.after or b""
    noted = note_of(path, data_dir)
    is_as_left = noted is not None and before is not None and noted.after == digest(before)
    made_folder = not path.parent.exists()
    backup = None
    try:
        if before is not None and not is_as_left:
            backup = _backup(path, before, stamp)
        _check_unchanged(change)
        replace_file(path, after)
    except OSError as error:
        raise _unwritable(path, error) from error
    note = None
    if is_as_left and noted is not None:
        note = replace(noted, after=digest(after))
    elif is_new:
        note = Note(
            path=str(path),
            agent=agent,
            before=None if before is None else digest(before),
            after=digest(after),
            backup=None if backup is None else str(backup),
            made_folder=made_folder,
        )
    _write_notes(data_dir, path, note)
    return backup


def change_back(
    path: Path, now: bytes, without: bytes, data_dir: Path, *, holds_more: bool = False
) -> Change:
    """Return the change to what a file held before us, if nobody else changed it since.

    Else to `without`: what it holds now without what is to go; so too if that `holds_more` of ours.
    """
    note = note_of(path, data_dir)
    if holds_more:
        return Change(path=path, before=now, after=without, holds_more=True)
    if note is None or note.after != digest(now):
        return Change(path=path, before=now, after=without)
    if note.before is None:
        return Change(path=path, before=now, after=None)
    try:
        old = read_file(Path(note.backup or ""))
    except ConfigError:  # no backup to trust
        old = None
    is_whole = old is not None and digest(old) == note.before
    return Change(path=path, before=now, after=old if is_whole else without)


def give_back(change: Change, data_dir: Path) -> Path | None:
    """Carry out a change back, and forget the file; return a backup that stays.

    A backup that holds what the file now holds is taken away. A file that holds more of ours is not
    forgotten. Raises ConfigError, also if the file is no longer as it was read.
    """
    path, then = change.path, change.after
    note = note_of(path, data_dir)
    if change.holds_more and then is not None:
        _change_on(change, then, note, data_dir)
        return None
    backup = Path(note.backup) if note and note.backup else None
    try:
        _check_unchanged(change)
        if then is None:
            Path(os.path.realpath(path)).unlink(missing_ok=True)
            if note and note.made_folder:
                _remove_if_empty(path.parent)
        else:
            replace_file(path, then)
        if backup and note and then is not None and digest(then) == note.before:
            backup.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    _write_notes(data_dir, path, None)
    return backup if backup and backup.exists() else None


def _change_on(change: Change, then: bytes, note: Note | None, data_dir: Path) -> None:
    """Replace a file in which something of ours stays; its first bytes are still to come back."""
    try:
        _check_unchanged(change)
        replace_file(change.path, then)
    except OSError as error:
        raise _unwritable(change.path, error) from error
    if note is not None and change.before is not None and note.after == digest(change.before):
        _write_notes(data_dir, change.path, replace(note, after=digest(then)))


def note_of(path: Path, data_dir: Path) -> Note | None:
    """Return what is noted of a file; None if nothing is, or nothing that can be read."""
    return _read_notes(data_dir).get(str(path))


def noted_files(agent: str, data_dir: Path) -> list[Path]:
    """Return an agent's files that we changed, wherever they are."""
    notes = _read_notes(data_dir).values()
    return [Path(note.path) for note in notes if note.agent == agent]


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes as hex digits."""
    return hashlib.sha256(content).hexdigest()


def _backup(path: Path, content: bytes, stamp: str) -> Path:
    """Write the bytes beside the file, for its user alone, under a name that is free."""
    for number in range(1, 1000):
        more = f"-{number}" if number > 1 else ""
        backup = path.with_name(f"{path.name}.{_BACKUP}-{stamp}{more}")
        try:
            fd = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(fd)
        return backup
    raise FileExistsError(17, "there are too many backups", str(path.parent))


def _check_unchanged(change: Change) -> None:
    if read_file(change.path) != change.before:
        raise ConfigError(
            f"{change.path} was changed at this very moment",
            why="an agent that runs may have written it",
            hint="aicost hooks status",
        )


def _unwritable(path: Path, error: OSError) -> ConfigError:
    why = error.strerror or str(error)
    return ConfigError(f"cannot write {path}", why=why, hint=f"ls -ld {path.parent}")


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _read_notes(data_dir: Path) -> dict[str, Note]:
    try:
        found = json.loads((data_dir / FOLDER / NOTES).read_bytes())
        return {note["path"]: Note(**note) for note in found["files"]}
    except (OSError, ValueError, TypeError, LookupError):  # then entries are taken out one by one
        return {}


def _write_notes(data_dir: Path, path: Path, note: Note | None) -> None:
    notes: dict[str, Any] = {name: asdict(found) for name, found in _read_notes(data_dir).items()}
    notes.pop(str(path), None)
    if note is not None:
        notes[str(path)] = asdict(note)
    file = data_dir / FOLDER / NOTES
    try:
        if notes:
            make_private(str(file.parent))
            content = json.dumps({"version": 1, "files": list(notes.values())}, indent=2)
            replace_file(file, f"{content}\n".encode())
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(file, error) from error
