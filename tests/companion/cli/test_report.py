"""`aicost report`, for real: without a daemon, over a log on disk."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import MODEL, aicost, write_log


@pytest.fixture(autouse=True)
def log(home: Path) -> Path:
    return write_log(home)


def test_a_table_by_day_is_the_default() -> None:
    ended = aicost("report")
    assert (ended.returncode, ended.stderr) == (0, "")
    heading, day, _, total, unknown = ended.stdout.splitlines()
    assert heading.split()[0] == "Day"
    assert day.startswith("2026-11-22")
    assert total.split()[:2] == ["Total", "2"]
    assert unknown == "hidden: not known yet; aicost reconcile looks for it"


def test_hidden_spend_is_no_doubt_any_more_once_it_was_looked_for() -> None:
    assert aicost("reconcile").returncode == 0
    assert "hidden" not in aicost("report").stdout


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("day", "2026-11-22"),
        ("week", "2026-W47"),
        ("month", "2026-11"),
        ("session", "s-1"),
        ("model", MODEL),
        ("repo", "shop"),
        ("branch", "shop · main"),
        ("agent", "claude"),
    ],
)
def test_every_group_has_its_key(by: str, key: str) -> None:
    document = json.loads(aicost("report", "--by", by, "--json").stdout)
    assert document["by"] == by
    assert [row["key"] for row in document["rows"]] == [key]
    assert document["complete"] is True


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        (["--since", "2026-11-22"], 2),
        (["--since", "2026-11-23"], 0),
        (["--until", "2026-11-22"], 2),
        (["--until", "2026-11-21"], 0),
        (["--agent", "claude"], 2),
        (["--timezone", "Pacific/Kiritimati", "--since", "2026-11-23"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_filters_include_both_ends(options: list[str], requests: int) -> None:
    document = json.loads(aicost("report", "--json", *options).stdout)
    assert document["total"]["requests"] == requests


def test_csv_has_the_same_rows() -> None:
    (row,) = csv.DictReader(io.StringIO(aicost("report", "--csv").stdout))
    assert (row["key"], row["requests"], row["output_tokens"]) == ("2026-11-22", "2", "20")


def test_only_the_callers_homes_count(home: Path) -> None:
    assert json.loads(aicost("report", "--json").stdout)["total"]["requests"] == 2
    other = {"CLAUDE_CONFIG_DIR": str(home / "elsewhere")}
    assert json.loads(aicost("report", "--json", env=other).stdout)["total"]["requests"] == 0


def test_an_unknown_zone_is_a_users_error_with_the_nearest_name() -> None:
    ended = aicost("report", "--timezone", "Europe/Berln")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[0] == "aicost: there is no time zone 'Europe/Berln'"
    assert ended.stderr.endswith("   try: aicost report --timezone Europe/Berlin\n")


def test_a_range_ends_no_sooner_than_it_begins() -> None:
    ended = aicost("report", "--since", "2026-11-23", "--until", "2026-11-22")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "try: aicost report --since 2026-11-22 --until 2026-11-23" in ended.stderr
    assert aicost("report", "--since", "2026-11-22", "--until", "2026-11-22").returncode == 0


@pytest.fixture
def _daemon() -> Iterator[None]:
    assert aicost("daemon", "start").returncode == 0
    yield
    aicost("daemon", "stop")


def days_by_zone() -> list[str]:
    """Return the day of the calls in three shells, the last one as the first."""
    texts = [
        aicost("report", "--json", env={"TZ": tz}).stdout
        for tz in ("UTC", "Pacific/Kiritimati", "UTC")
    ]
    return [json.loads(text)["rows"][0]["key"] for text in texts]


DAYS_BY_ZONE = ["2026-11-22", "2026-11-23", "2026-11-22"]


def test_days_are_of_the_shells_zone() -> None:
    assert days_by_zone() == DAYS_BY_ZONE


@pytest.mark.usefixtures("_daemon")
def test_days_are_of_the_shells_zone_beside_a_daemon_too() -> None:
    assert days_by_zone() == DAYS_BY_ZONE


def test_a_broken_config_names_file_and_line(home: Path) -> None:
    (home / ".aicost").mkdir(exist_ok=True)
    (home / ".aicost" / "config.toml").write_text("\ntimezone = 3\n")
    ended = aicost("report")
    assert ended.returncode == 3
    assert "config.toml:2" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_waiting_it_says_what_is_missing(home: Path) -> None:
    document = json.loads(aicost("report", "--json", "--no-wait").stdout)
    assert document["complete"] is False
    assert document["pending_bytes"] > 0
