"""A member: what is loaded, how its days are named, and a round from the files of a machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace as with_other
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from commands import own_environment
from fault_server import Faulty, faulty_server
from log_builders import calls_read, event
from msgspec.structs import replace
from teams import KEY, join

from aicost.core.audit import GateEvent
from aicost.core.errors import ConfigError
from aicost.core.team.checking import PATTERNS
from aicost.core.team.documents import canonical_bytes
from aicost.core.team.pseudonyms import project_label
from aicost.daemon.teamwork import CLIENT, Member, load_member, naming, previewed, send
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.membership import Membership, save_membership
from aicost.platform.secrets import SecretStore, TeamSecrets
from aicost.prices.book import load_price_book
from aicost.store.journal import Journal
from aicost.store.ledger import Ledger

NOW = datetime.now(UTC)
DAY = NOW - timedelta(days=2)
REPO = "github.com/acme/shop"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Faulty]:
    with faulty_server(tmp_path) as found:
        yield found


@pytest.fixture
def dirs() -> Iterator[Dirs]:
    found = load_dirs(os.environ)
    ledger = Ledger(found.ledger_file, book=load_price_book(None), zone=ZoneInfo("UTC"))
    with ledger:
        ledger.record([calls_read(event(1, at=DAY, model="claude-opus-4-5"))])
        ledger.settle()
        yield found


def now() -> datetime:
    return NOW


def member_of(dirs: Dirs) -> Member:
    found = load_member(dirs)
    assert found is not None
    return found


def test_nobody_is_a_member_before_joining(dirs: Dirs) -> None:
    assert load_member(dirs) is None


def test_a_member_without_its_key_is_an_error(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    SecretStore(dirs.team_secret_file).save(TeamSecrets(key="a", device="d"))
    with pytest.raises(ConfigError, match="damaged"):
        assert member_of(dirs).key
    dirs.team_secret_file.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        load_member(dirs)


def test_a_round_sends_what_the_files_say(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    journal = Journal.open(dirs.journal_file)
    journal.note(GateEvent(at=DAY, kind="stop", session_id="s-1", agent="claude"))
    journal.note(GateEvent(at=NOW, kind="stop", session_id="s-1", agent="claude"))
    journal.close()
    done = send(dirs, member_of(dirs), now=now)
    assert done.sent == [DAY.date().isoformat()]
    assert server.rows("SELECT model, requests, budget_stops FROM day_row") == [
        ("claude-opus-4-5", 1, 1)
    ]
    assert send(dirs, member_of(dirs), now=now, at_once=True).sent == []


def test_a_preview_is_the_very_bytes_and_changes_nothing(dirs: Dirs, server: Faulty) -> None:
    since = (NOW - timedelta(days=14)).date()
    (before,) = previewed(dirs, None, since, NOW)
    assert not dirs.outbox_file.exists()
    join(dirs, server)
    (one,) = previewed(dirs, member_of(dirs), since, NOW)
    assert one.body == before.body == canonical_bytes(one.document.at_revision(1))
    send(dirs, member_of(dirs), now=now)
    assert server.puts
    (found,) = server.rows("SELECT body_hash FROM source_day")
    from aicost.core.team.documents import body_hash

    assert found == (body_hash(one.body),)
    assert previewed(dirs, member_of(dirs), since, NOW) == ()


def test_a_pause_holds_until_the_user_sends(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server, k=6)
    assert "promised" in send(dirs, member_of(dirs), now=now).stopped
    save_membership(dirs.team_file, replace(member_of(dirs).membership, k=5))
    again = send(dirs, member_of(dirs), now=now)
    assert ("promised" in again.stopped, again.sent) == (True, [])
    assert send(dirs, member_of(dirs), now=now, at_once=True).sent


def test_a_wait_holds_until_its_end_or_the_user_sends(dirs: Dirs, server: Faulty) -> None:
    join(dirs, server)
    server.faults.extend(["busy"] * 2)
    assert send(dirs, member_of(dirs), now=now).failed
    assert send(dirs, member_of(dirs), now=now).failed
    assert len(server.puts) == 1
    assert send(dirs, member_of(dirs), now=now, at_once=True).failed
    later = NOW + timedelta(seconds=121)
    assert send(dirs, member_of(dirs), now=lambda: later).sent


def test_a_day_that_was_sent_is_looked_at_every_six_hours_or_when_asked(
    dirs: Dirs, server: Faulty
) -> None:
    membership = join(dirs, server)
    moment = NOW

    def then() -> datetime:
        return moment

    assert send(dirs, member_of(dirs), now=then).sent
    save_membership(dirs.team_file, replace(membership, billing="api"))  # it changes each row
    moment += timedelta(hours=5)
    assert send(dirs, member_of(dirs), now=then).sent == []
    moment += timedelta(hours=1)
    assert send(dirs, member_of(dirs), now=then).sent
    save_membership(dirs.team_file, replace(membership, billing="credits"))
    assert send(dirs, member_of(dirs), now=then).sent == []
    assert send(dirs, member_of(dirs), now=then, at_once=True).sent
    assert server.rows("SELECT revision FROM source_day") == [(3,)]


def test_what_sends_nothing_loads_no_network(dirs: Dirs) -> None:
    program = "import sys, aicost.daemon.teamwork; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=own_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {"httpx", "ssl", "keyring", "truststore"}.isdisjoint(ran.stdout.split())


def test_a_folder_is_a_team_too(dirs: Dirs, tmp_path: Path) -> None:
    membership = Membership(
        sink=str(tmp_path), team="acme", k=0, retention_months=0, since=DAY.date(), first=DAY.date()
    )
    save_membership(dirs.team_file, membership)
    secrets = TeamSecrets(key="-".join(["aaaa"] * 13), device="d1")
    SecretStore(dirs.team_secret_file).save(secrets)
    assert send(dirs, member_of(dirs), now=now).sent
    assert len(list(tmp_path.rglob("r000001.json"))) == 1


def test_days_are_named_as_was_chosen_at_joining(dirs: Dirs, server: Faulty) -> None:
    plain = naming(dirs, None)
    assert (plain.billing, plain.cohort, plain.projects.label(REPO, "shop")) == (
        "unknown", None, None,
    )  # fmt: skip
    assert PATTERNS["client"].fullmatch(CLIENT)
    assert plain.client == CLIENT
    join(dirs, server, cohort="pilot", billing="api", labels={REPO: "Shop"}, hashes_projects=True)
    member = member_of(dirs)
    member = with_other(member, secrets=with_other(member.secrets, project_key=KEY.hex()))
    named = naming(dirs, member)
    assert (named.billing, named.cohort) == ("api", "pilot")
    assert named.projects.label(REPO, "") == "Shop"
    assert named.projects.label("github.com/acme/x", "") == project_label(KEY, "github.com/acme/x")


def test_prices_of_ones_own_are_told_by_no_number(dirs: Dirs) -> None:
    assert naming(dirs, None).price_book == load_price_book(None).book_id
    dirs.config_file.with_name("prices.toml").write_text(
        'schema = 1\n[[price]]\nmodel = "secret"\ninput_mtok = 1\noutput_mtok = 2\n'
    )
    found = naming(dirs, None)
    assert found.price_book == "own"
    assert found.known("secret") is None
