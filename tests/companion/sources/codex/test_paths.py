"""Where Codex's logs are looked for, and what is found there."""

from pathlib import Path

import pytest

from aicost.sources.codex.paths import find_logs, place_of

THREAD = "rollout-2026-11-22T05-48-06-01a201cc-26b2-7c50-9ce9-6e6ce029f61b"
DAY = "sessions/2026/11/22"


def write(path: Path, text: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(home: Path) -> set[str]:
    return {str(Path(path).relative_to(home)) for path, _ in find_logs(home)}


def test_logs_of_both_folders_and_both_forms_are_found_and_nothing_else(tmp_path: Path) -> None:
    logs = {
        f"{DAY}/{THREAD}.jsonl",
        f"{DAY}/{THREAD}_01a201cd-cbc4-75a1-933b-9d01b51e6954.jsonl",
        f"archived_sessions/{THREAD}.jsonl.zst",
        f"sessions/{THREAD}.jsonl",
    }
    others = {
        f"{DAY}/{THREAD}.json",
        f"{DAY}/{THREAD}.zst",
        f"{DAY}/{THREAD}.jsonl.gz",
        f"{DAY}/notes.jsonl",
        f"elsewhere/{THREAD}.jsonl",
        "history.jsonl",
    }
    for name in logs | others:
        write(tmp_path / name)
    assert found(tmp_path) == logs


def test_a_log_in_both_forms_is_read_in_the_plain_one(tmp_path: Path) -> None:
    """The client removes the other form; both are there only while it compresses or unpacks."""
    for name in (f"{DAY}/{THREAD}.jsonl", f"{DAY}/{THREAD}.jsonl.zst"):
        write(tmp_path / name)
    assert found(tmp_path) == {f"{DAY}/{THREAD}.jsonl"}


def test_the_other_form_of_another_log_hides_nothing(tmp_path: Path) -> None:
    logs = {
        f"{DAY}/{THREAD}.jsonl",
        f"{DAY}/rollout-2.jsonl.zst",
        f"archived_sessions/{THREAD}.jsonl.zst",
    }
    for name in logs:
        write(tmp_path / name)
    assert found(tmp_path) == logs


def test_a_home_that_does_not_exist_has_no_logs(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == set()


@pytest.mark.parametrize(
    ("log", "home"),
    [
        (f"/home/ada/.codex/{DAY}/{THREAD}.jsonl", "/home/ada/.codex"),
        (f"/home/ada/.codex/{DAY}/{THREAD}.jsonl.zst", "/home/ada/.codex"),
        (f"/home/ada/.codex/archived_sessions/{THREAD}.jsonl", "/home/ada/.codex"),
        (f"/home/ada/sessions/.codex/{DAY}/{THREAD}.jsonl", "/home/ada/sessions/.codex"),
        (f"/home/ada/x/../.codex//sessions/./2026/{THREAD}.jsonl", "/home/ada/.codex"),
        (f"//home/ada/.codex/{DAY}/{THREAD}.jsonl", "/home/ada/.codex"),
        (f"/var/log/{THREAD}.jsonl", None),
        (f"/etc/sessions/../{THREAD}.jsonl", None),
        (f"/home/ada/.codex/{DAY}/{THREAD}.jsonl/../../../../../.netrc", None),
        (f"/home/ada/.codex/{DAY}/{THREAD}.json", None),
        (f"/home/ada/.codex/{DAY}/{THREAD}", None),
        (f"/home/ada/.codex/{DAY}/s.jsonl", None),
        (f".codex/{DAY}/{THREAD}.jsonl", None),
        (f"/home/ada/.codex/{DAY}/rollout-\0.jsonl", None),
        ("", None),
    ],
)
def test_the_home_of_a_log(log: str, home: str | None) -> None:
    place = place_of(log)
    assert (place and place[1]) == home
    if place:
        assert place[0].startswith(f"{home}/")
        assert ".." not in place[0]
        assert place_of(place[0]) == place
