"""The settings of a run: from the config, the environment, and what a caller names."""

import logging
import os
from pathlib import Path

import pytest

from aicost.core.errors import ConfigError
from aicost.core.live_counters import Receiver
from aicost.daemon import setup as settings
from aicost.daemon.setup import Setup, load_book, load_setup, named_homes, renew_price_book
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.timezone import local_zone
from aicost.prices.book import load_price_book
from aicost.store.cursors import read_homes
from aicost.store.queries import meta


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


def configured(dirs: Dirs, *lines: str) -> Setup:
    dirs.config_file.parent.mkdir(parents=True, exist_ok=True)
    dirs.config_file.write_text("\n".join(lines))
    return load_setup(dirs, os.environ)


def test_without_a_config_the_environment_counts(dirs: Dirs, home: Path) -> None:
    setup = load_setup(dirs, os.environ)
    assert setup.homes == (str(home / ".claude"), str(home / ".codex"))
    assert setup.zone.key == "UTC"
    assert setup.book.book_id == load_price_book(None).book_id


def test_the_users_prices_lie_beside_the_config(dirs: Dirs) -> None:
    path = dirs.config_file.with_name("prices.toml")
    path.write_text('[[price]]\nmodel = "qwen-coder"\ninput_mtok = 1\noutput_mtok = 2\n')
    book = load_setup(dirs, os.environ).book
    assert book.book_id == load_book(dirs).book_id != load_price_book(None).book_id
    assert book.model_price("qwen-coder") is not None
    path.write_text("[[price]")
    with pytest.raises(ConfigError, match=r"prices\.toml: not TOML"):
        load_setup(dirs, os.environ)


def test_the_config_adds_homes_and_sets_the_zone(dirs: Dirs, home: Path) -> None:
    setup = configured(
        dirs, 'timezone = "Asia/Tokyo"', "[sources.claude]", 'homes = ["/srv/claude", "~/.claude"]'
    )
    assert setup.homes == (str(home / ".claude"), "/srv/claude", str(home / ".codex"))
    assert setup.configured == ("/srv/claude",)
    assert setup.zone.key == "Asia/Tokyo"


def test_the_config_says_who_is_told_of_live_counters(dirs: Dirs) -> None:
    assert load_setup(dirs, os.environ).receiver is None
    setup = configured(dirs, '[otlp]\nendpoint = "http://127.0.0.1:4318"')
    assert setup.receiver == Receiver("http://127.0.0.1:4318", "cumulative")


def test_a_broken_config_names_its_place(dirs: Dirs) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml:1"):
        configured(dirs, 'timezone = "Asia/Tokio"')


def test_a_home_whose_name_is_no_text_is_refused(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", os.fsdecode(b"/home/\xff"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_setup(dirs, os.environ)


def test_an_engine_knows_the_homes_of_all(dirs: Dirs, home: Path) -> None:
    engine = load_setup(dirs, os.environ).open_engine(["/elsewhere"])
    assert set(engine.homes) == {str(home / ".claude"), str(home / ".codex"), "/elsewhere"}
    assert read_homes(engine.ledger.db) == ()
    engine.close()


def test_a_caller_asks_about_its_own_homes_and_the_configured_ones(dirs: Dirs) -> None:
    setup = configured(dirs, "[sources.claude]", 'homes = ["/srv/claude"]')
    assert setup.asked_homes(["/home/bob/.claude", "/srv/claude"]) == [
        "/home/bob/.claude",
        "/srv/claude",
    ]
    assert setup.asked_homes(None) == setup.asked_homes([]) == []


@pytest.mark.parametrize(
    ("tz", "own", "configured"),
    [
        ("America/New_York", "America/New_York", "Asia/Tokyo"),
        (":Europe/Berlin", "Europe/Berlin", "Asia/Tokyo"),
        (None, "UTC", "Asia/Tokyo"),
    ],
)
def test_a_callers_days_are_of_the_config_else_of_its_own_environment(
    dirs: Dirs, tz: str | None, own: str, configured: str
) -> None:
    assert load_setup(dirs, os.environ).asked_zone(tz).key == own
    dirs.config_file.write_text('timezone = "Asia/Tokyo"')
    assert load_setup(dirs, os.environ).asked_zone(tz).key == configured


def test_a_caller_without_tz_has_the_machines_days(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    setup = load_setup(dirs, os.environ)
    assert setup.zone.key == "Asia/Tokyo"
    assert setup.asked_zone("").key == local_zone({})


def test_a_zone_that_is_no_text_is_refused(dirs: Dirs) -> None:
    with pytest.raises(ConfigError, match="tz"):
        load_setup(dirs, os.environ).asked_zone(7)


@pytest.mark.parametrize(
    ("before", "config", "keeps_days", "after"),
    [
        (None, "", True, "UTC"),
        ("Asia/Tokyo", "", True, "Asia/Tokyo"),
        ("Asia/Tokyo", "", False, "UTC"),
        ("Asia/Tokyo", 'timezone = "Europe/Berlin"', True, "Europe/Berlin"),
        ("Mars/Olympus", "", True, "UTC"),
    ],
)
def test_a_ledger_changes_its_zone_for_a_config_or_a_daemon_only(
    dirs: Dirs, before: str | None, config: str, keeps_days: bool, after: str
) -> None:
    setup = configured(dirs, config)
    if before is not None:
        engine = setup.open_engine()
        engine.ledger.db.execute("UPDATE meta SET value = ? WHERE key = 'timezone'", (before,))
        engine.close()
    engine = setup.open_engine(keeps_days=keeps_days)
    assert meta(engine.ledger.db, "timezone") == engine.ledger.days.zone.key == after
    engine.close()


@pytest.mark.parametrize("homes", ["/home", {"a": 1}, [1], ["relative"], [""], [["/a"]]], ids=repr)
def test_homes_that_are_no_folders_are_refused(homes: object) -> None:
    with pytest.raises(ConfigError, match="home"):
        named_homes(homes)


def test_a_fresh_price_book_is_left_alone(dirs: Dirs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "is_stale", lambda _: False)
    renew_price_book(dirs)
    assert not dirs.prices_dir.exists()


def test_a_stale_price_book_is_renewed(dirs: Dirs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "is_stale", lambda _: True)
    renew_price_book(dirs)
    assert (dirs.prices_dir / "current").exists()


def test_a_price_book_that_is_refused_is_only_said(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: Path) -> None:
        raise ConfigError("claude-opus-5: the output price fell by half")

    monkeypatch.setattr(settings, "is_stale", lambda _: True)
    monkeypatch.setattr(settings, "refresh_price_book", refuse)
    renew_price_book(dirs)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "the output price fell by half" in caplog.text
