"""Where Claude Code's logs are looked for, and what is found there."""

import os
from pathlib import Path
from typing import Any

import pytest

from aicost.sources.claude.paths import config_files, find_logs, place_of
from aicost.sources.folders import look_of


def write(path: Path, text: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(home: Path) -> set[str]:
    return {str(Path(path).relative_to(home / "projects")) for path, _ in find_logs(home)}


def test_transcripts_are_found_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    logs = {
        "-src-shop/s-1.jsonl",
        "-src-shop/s-1/subagents/agent-a1.jsonl",
        "-src-shop/s-1/subagents/deep/er/agent-a2.jsonl",
        "-src-api/s-2.jsonl",
    }
    others = {"-src-shop/s-1/subagents/agent-a1.meta.json", "-src-shop/memory/MEMORY.md"}
    for name in logs | others:
        write(tmp_path / "projects" / name)
    write(tmp_path / "history.jsonl")
    (tmp_path / "projects" / "folder.jsonl").mkdir()
    assert found(tmp_path) == logs


def test_a_home_that_does_not_exist_has_no_logs(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == set()


def test_linked_folders_cannot_make_a_ring_and_linked_logs_are_read(tmp_path: Path) -> None:
    log = write(tmp_path / "projects" / "p" / "s.jsonl")
    (tmp_path / "projects" / "p" / "ring").symlink_to(tmp_path / "projects")
    (tmp_path / "projects" / "p" / "linked.jsonl").symlink_to(log)
    (tmp_path / "projects" / "p" / "dangling.jsonl").symlink_to(tmp_path / "gone")
    assert found(tmp_path) == {"p/s.jsonl", "p/linked.jsonl"}


def test_a_folder_that_is_forbidden_hides_only_its_own_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "projects" / "open" / "s.jsonl")
    closed = write(tmp_path / "projects" / "closed" / "s.jsonl").parent
    list_folder = os.scandir

    def refuse_closed(folder: str) -> Any:
        if folder == str(closed):
            raise PermissionError(folder)
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", refuse_closed)  # root may read whatever its mode
    assert found(tmp_path) == {"open/s.jsonl"}


def test_a_look_is_what_the_file_system_says(tmp_path: Path) -> None:
    log = write(tmp_path / "projects" / "p" / "s.jsonl", "12345\n")
    [(path, look)] = find_logs(tmp_path)
    assert path == str(log)
    assert look == look_of(log.stat())
    assert (look.size_bytes, look.inode) == (6, log.stat().st_ino)
    assert (look.device, look.modified_ns) == (log.stat().st_dev, log.stat().st_mtime_ns)


@pytest.mark.parametrize(
    ("transcript", "home"),
    [
        ("/home/ada/.claude/projects/-src/s.jsonl", "/home/ada/.claude"),
        ("/home/ada/.claude/projects/-src/s/subagents/a.jsonl", "/home/ada/.claude"),
        (
            "/home/ada/projects/shop/.claude/projects/-src/s.jsonl",
            "/home/ada/projects/shop/.claude",
        ),
        ("/home/ada/x/../.claude//projects/./-src/s.jsonl", "/home/ada/.claude"),
        ("//home/ada/.claude/projects/-src/s.jsonl", "/home/ada/.claude"),
        ("/var/log/s.jsonl", None),
        ("/etc/projects/../shadow.jsonl", None),
        ("/home/ada/.claude/projects/-src/s.jsonl/../../../../.netrc", None),
        ("/home/ada/.claude/projects/-src/s.json", None),
        ("/home/ada/.claude/projects/-src", None),
        ("/home/ada/.claude/projects.jsonl", None),
        (".claude/projects/-src/s.jsonl", None),
        ("/home/ada/.claude/projects/\0.jsonl", None),
        ("", None),
    ],
)
def test_the_home_of_a_transcript(transcript: str, home: str | None) -> None:
    place = place_of(transcript)
    assert (place and place[1]) == home
    if place:
        assert place[0].startswith(f"{home}/projects/-src/s")
        assert ".." not in place[0]


def test_a_drive_that_fails_in_mid_listing_ends_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "projects" / "a.jsonl")
    real = os.scandir

    class Failing:
        def __init__(self, folder: str) -> None:
            self.entries = real(folder)

        def __enter__(self) -> Any:
            def listing() -> Any:
                yield from self.entries
                raise OSError(5, "Input/output error")

            return listing()

        def __exit__(self, *_: object) -> None:
            self.entries.close()

    monkeypatch.setattr(os, "scandir", Failing)
    assert found(tmp_path) == {"a.jsonl"}


def test_the_config_of_the_default_home_lies_beside_it() -> None:
    assert config_files("/home/ada/.claude") == (
        "/home/ada/.claude/.claude.json",
        "/home/ada/.claude.json",
    )
    assert config_files("/srv/claude") == ("/srv/claude/.claude.json",)
