"""To join, to bring a key along, to leave: what is checked before anything is kept."""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fault_server import Faulty, faulty_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from teams import KEY

from aicost.core.errors import AicostError, ConfigError, SyncRejected
from aicost.core.team.pseudonyms import read_key, write_key
from aicost.daemon import joining
from aicost.daemon.joining import (
    Wish,
    accept,
    exported,
    forget,
    imported,
    join,
    leave,
    offer,
    send_since,
    told_promise,
)
from aicost.daemon.teamwork import load_member
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.secrets import SecretStore
from aicost.sync.backend import About

NOW = datetime.now(UTC)
TODAY = NOW.date()


def now() -> datetime:
    return NOW


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


@pytest.fixture
def folder(tmp_path: Path) -> Wish:
    return Wish(sink=str(tmp_path), team="acme")


def other(tmp_path: Path) -> Dirs:
    return load_dirs({"AICOST_HOME": str(tmp_path / "laptop")})


def test_an_offer_keeps_nothing(dirs: Dirs, folder: Wish) -> None:
    found = offer(dirs, folder, now)
    assert found.member.membership.since == TODAY - timedelta(days=14)
    assert found.about is None
    assert load_member(dirs) is None
    assert not dirs.team_secret_file.exists()
    assert "who sees" in told_promise(found)


@pytest.mark.parametrize(
    ("since", "first"),
    [(TODAY - timedelta(days=3), 3), (date(2020, 1, 1), 59)],
)
def test_days_are_sent_from_where_the_user_says_as_far_as_servers_take(
    dirs: Dirs, folder: Wish, since: date, first: int
) -> None:
    membership = offer(dirs, replace(folder, since=since), now).member.membership
    assert membership.since == membership.first == TODAY - timedelta(days=first)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"labels": {"x": "a/b"}}, "label"),
        ({"team": ""}, "called"),
        ({"team": "../x"}, "called"),
        ({"sink": "/no/such/folder"}, "no folder"),
        ({"sink": "http://team.example"}, "no address"),
    ],
)
def test_what_cannot_be_joined_is_an_error(
    dirs: Dirs, folder: Wish, change: dict[str, object], word: str
) -> None:
    with pytest.raises(AicostError, match=word):
        offer(dirs, replace(folder, **change), now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("about", "word"),
    [
        (About(team="acme", k=4, retention_months=13), "groups of 4"),
        (About(team="acme", k=5, retention_months=13), "no cohort"),
    ],
)
def test_a_server_that_promises_too_little_is_not_joined(
    dirs: Dirs, about: About, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "_asked", lambda _url, _now: about)
    wish = Wish(sink="https://team.example", cohort="pilot" if about.k == 5 else None)
    with pytest.raises((SyncRejected, ConfigError), match=word):
        offer(dirs, wish, now)


def test_one_team_at_a_time(dirs: Dirs, folder: Wish, tmp_path: Path) -> None:
    join(dirs, offer(dirs, folder, now), "", now)
    with pytest.raises(ConfigError, match="sends to the team acme"):
        offer(dirs, folder, now)
    leave(dirs, now)
    with pytest.raises(ConfigError, match="still has"):
        offer(dirs, replace(folder, team="other"), now)
    key = load_member(dirs)
    join(dirs, offer(dirs, folder, now), "", now)
    again = load_member(dirs)
    assert key is not None
    assert again is not None
    assert again.secrets.key == key.secrets.key
    forget(dirs, now)
    assert load_member(dirs) is not None


def test_who_joins_again_can_have_deleted_what_was_sent_before(dirs: Dirs, folder: Wish) -> None:
    long_ago = TODAY - timedelta(days=40)
    join(dirs, offer(dirs, replace(folder, since=long_ago), now), "", now)
    leave(dirs, now)
    membership = offer(dirs, folder, now).member.membership
    assert (membership.since, membership.first) == (TODAY - timedelta(days=14), long_ago)


def served(then: Callable[[Faulty], None], folder: Path) -> None:
    with faulty_server(folder, project_key=KEY.hex()) as server:
        then(server)


def test_a_code_brings_a_token_and_the_teams_key(dirs: Dirs, tmp_path: Path) -> None:
    def then(server: Faulty) -> None:
        found = offer(dirs, Wish(sink=server.url, hashes_projects=True), now)
        promise = told_promise(found)
        assert (promise["kept"], promise["server"]) == ("13 months", server.url)
        assert join(dirs, found, server.invite(), now) is False  # no keyring
        member = load_member(dirs)
        assert member is not None
        assert member.secrets.token
        assert member.secrets.project_key == KEY.hex()
        assert leave(dirs, now) == ""
        left = load_member(dirs)
        assert left is not None
        assert (left.secrets.token, left.membership.left) == ("", True)

    served(then, tmp_path)


def test_a_key_brings_all_to_a_second_device(dirs: Dirs, tmp_path: Path) -> None:
    def then(server: Faulty) -> None:
        join(dirs, offer(dirs, Wish(sink=server.url), now), server.invite(), now)
        laptop = other(tmp_path)
        found = imported(laptop, f"  {exported(dirs)}\n", now)
        assert found is not None
        assert load_member(laptop) is None
        accept(laptop, found)
        first, second = load_member(dirs), load_member(laptop)
        assert first is not None
        assert second is not None
        assert (first.key, first.secrets.token) == (second.key, second.secrets.token)
        assert first.secrets.device != second.secrets.device
        assert first.membership == second.membership
        again = imported(laptop, exported(dirs), now)
        assert again is not None
        assert again.member.secrets.device == second.secrets.device

    served(then, tmp_path)


def test_a_bare_key_waits_for_a_code_of_its_own(dirs: Dirs, folder: Wish) -> None:
    assert imported(dirs, write_key(KEY), now) is None
    found = offer(dirs, folder, now)
    assert read_key(found.member.secrets.key) == KEY


@pytest.mark.parametrize(
    ("sink", "team"),
    [("/mnt/share", "../../home"), ("/mnt/share", "/etc"), ("http://team.example", "acme")],
)
def test_a_key_of_somebody_else_brings_no_place_that_one_could_not_join(
    dirs: Dirs, sink: str, team: str
) -> None:
    day = "2026-11-20"
    beside = {"membership": {"sink": sink, "team": team, "k": 5, "retention_months": 13,
                             "since": day, "first": day}}  # fmt: skip
    packed = urlsafe_b64encode(json.dumps(beside).encode()).decode().rstrip("=")
    with pytest.raises(AicostError):
        imported(dirs, f"{write_key(KEY)}.{packed}", now)
    assert load_member(dirs) is None


@pytest.mark.parametrize("text", ["", "abc", "8" * 52, f"{'a' * 52}.%%%", f"{'a' * 52}.e30x", "."])
def test_what_is_no_key_is_an_error_that_does_not_repeat_it(dirs: Dirs, text: str) -> None:
    with pytest.raises(ConfigError, match="no key") as error:
        imported(dirs, text, now)
    assert len(text) < 3 or text not in error.value.render()
    assert SecretStore(dirs.team_secret_file).load() is None


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text(alphabet="abcdefgh234567-.", max_size=80))
def test_no_text_breaks_the_reading_of_keys(any_text: str, like_one: str) -> None:
    dirs = load_dirs(os.environ)
    for text in (
        any_text,
        like_one,
        f"{write_key(KEY)}.{like_one}",
        f"{write_key(KEY)}.{any_text}",
    ):
        with suppress(ConfigError):
            imported(dirs, text, now)


def test_a_key_in_use_is_not_replaced(dirs: Dirs, folder: Wish) -> None:
    join(dirs, offer(dirs, folder, now), "", now)
    with pytest.raises(ConfigError, match="another key"):
        imported(dirs, write_key(KEY), now)


def test_older_days_can_be_added(dirs: Dirs, folder: Wish) -> None:
    join(dirs, offer(dirs, folder, now), "", now)
    send_since(dirs, TODAY - timedelta(days=30), now)
    member = load_member(dirs)
    assert member is not None
    assert member.membership.since == member.membership.first == TODAY - timedelta(days=30)
    send_since(dirs, TODAY, now)
    assert load_member(dirs) == member
