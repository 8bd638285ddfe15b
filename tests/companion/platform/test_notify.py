"""Desktop notifications: against a bus and a server of our own, and what fails."""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from desktops import Desktop, desktop_on, session_bus

from aicost.core.errors import AicostError
from aicost.platform.notify import Notification, Notifier, notify

NOTE = Notification(title="aicost: shop · main", body="$20.00 of $25.00", urgency="critical")


@pytest.fixture
def bus(home: Path) -> Iterator[str]:
    with session_bus(home) as address:
        yield address


@pytest.fixture
def desktop(bus: str) -> Iterator[Desktop]:
    with desktop_on(bus) as desktop:
        yield desktop


def test_the_desktop_is_told_the_title_the_text_and_how_urgent_it_is(desktop: Desktop) -> None:
    notify(NOTE, desktop.env)
    app, replaces, icon, title, body, actions, hints, expires_ms = desktop.shown[0]
    assert (app, replaces, icon, actions, expires_ms) == ("aicost", 0, "", [], -1)
    assert (title, body) == ("aicost: shop · main", "$20.00 of $25.00")
    assert hints == {"urgency": ("y", 2)}


@pytest.mark.parametrize(
    ("abilities", "shown"),
    [
        (["body"], '<a href="x">&shop</a>'),
        (["body", "body-markup"], '&lt;a href="x"&gt;&amp;shop&lt;/a&gt;'),
    ],
)
def test_text_stays_text_where_the_desktop_reads_markup(
    desktop: Desktop, abilities: list[str], shown: str
) -> None:
    desktop.abilities = abilities
    notify(Notification(title="<b>", body='<a href="x">&shop</a>'), desktop.env)
    assert desktop.shown[0][3:5] == ("<b>", shown)


def test_the_bus_is_found_where_the_variable_is_missing(desktop: Desktop, home: Path) -> None:
    notify(NOTE, {"XDG_RUNTIME_DIR": str(home)})
    assert len(desktop.shown) == 1


def test_a_desktop_that_refuses_is_an_error_with_its_reason(desktop: Desktop) -> None:
    desktop.refuses = True
    with pytest.raises(AicostError, match="no desktop notification") as caught:
        notify(NOTE, desktop.env)
    assert "ExcessNotificationGeneration" in caught.value.why


def test_a_bus_without_a_desktop_is_an_error(bus: str) -> None:
    with pytest.raises(AicostError) as caught:
        notify(NOTE, {"DBUS_SESSION_BUS_ADDRESS": bus})
    assert "ServiceUnknown" in caught.value.why


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({}, "no session bus"),
        ({"XDG_RUNTIME_DIR": "{home}"}, "no session bus"),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path={home}/none"}, "No such file"),
        ({"DBUS_SESSION_BUS_ADDRESS": "tcp:host=127.0.0.1,port=1"}, "no address that can be used"),
        ({"DBUS_SESSION_BUS_ADDRESS": "nonsense"}, "no address that can be used"),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:"}, "no address that can be used"),
    ],
)
def test_without_a_bus_it_is_an_error_that_says_why(
    env: dict[str, str], why: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(AicostError) as caught:
        notify(NOTE, {name: value.format(home=home) for name, value in env.items()})
    assert why in caught.value.why
    assert caught.value.hint == "aicost config set nudges.desktop false"


def fake_osascript(folder: Path, then: str) -> dict[str, str]:
    """Put a program of that name on the path: it writes its arguments down."""
    script = folder / "osascript"
    said = str(folder / "said")
    lines = ("import json, sys", f"json.dump(sys.argv[1:], open({said!r}, 'w'))", then)
    script.write_text("\n".join((f"#!{sys.executable}", *lines)))
    script.chmod(0o700)
    return {"PATH": str(folder)}


def test_on_macos_texts_are_arguments_of_a_fixed_program(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    env = fake_osascript(home, "")
    monkeypatch.setenv("PATH", env["PATH"])
    notify(Notification(title='" & quit', body="end run"), env)
    said = json.loads((home / "said").read_text())
    assert said[-2:] == ['" & quit', "end run"]
    assert said[:2] == ["-e", "on run texts"]
    assert len(said) == 8


def test_on_macos_a_failing_program_is_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    env = fake_osascript(home, "sys.exit(1)")
    monkeypatch.setenv("PATH", env["PATH"])
    with pytest.raises(AicostError):
        notify(NOTE, env)
    (home / "osascript").unlink()
    with pytest.raises(AicostError):
        notify(NOTE, env)


class Screen:
    """Stands in for a desktop: shows when it may, and can be broken."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.may_go_on = threading.Event()
        self.is_asked = threading.Event()
        self.why = ""

    def __call__(self, notification: Notification, env: Mapping[str, str]) -> None:
        self.is_asked.set()
        assert self.may_go_on.wait(10)
        if self.why:
            raise AicostError("no desktop notification can be shown", why=self.why)
        self.shown.append(notification.title)


def test_nobody_waits_for_a_desktop_and_too_many_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    screen = Screen()
    notifier = Notifier({}, screen)
    notifier.send(Notification(title="first", body=""))
    assert screen.is_asked.wait(10)
    for number in range(9):
        notifier.send(Notification(title=str(number), body=""))
    assert screen.shown == []
    assert caplog.messages == ["no desktop notification: 8 are waiting"]
    screen.may_go_on.set()
    notifier.close(timeout_s=10)
    assert screen.shown == ["first", *map(str, range(8))]


def test_what_cannot_be_shown_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    screen = Screen()
    screen.why = "no session bus"
    screen.may_go_on.set()
    notifier = Notifier({}, screen)
    notifier.send(NOTE)
    notifier.close()
    assert caplog.messages == ["no desktop notification can be shown: no session bus"]
    screen.why = ""
    notifier = Notifier({}, screen)
    notifier.send(NOTE)
    notifier.close()
    assert screen.shown == [NOTE.title]


def test_without_a_notification_there_is_no_thread() -> None:
    notifier = Notifier({})
    notifier.close()
    assert notifier._thread is None


def test_the_real_desktop_is_reached_from_the_thread(desktop: Desktop) -> None:
    notifier = Notifier(desktop.env)
    notifier.send(NOTE)
    notifier.close(timeout_s=10)
    assert len(desktop.shown) == 1
