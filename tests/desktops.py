"""A desktop of the test's own: a session bus, and a server that keeps what it was asked to show."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
)
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

NAME = "org.freedesktop.Notifications"


class Desktop:
    """A notification server: keeps what it was asked to show."""

    def __init__(self, address: str, abilities: list[str]) -> None:
        self.address, self.abilities = address, abilities
        self.shown: list[tuple[Any, ...]] = []
        self.refuses = False
        self._bus: DBusConnection = open_dbus_connection(address)
        Proxy(message_bus, self._bus).RequestName(NAME)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def env(self) -> dict[str, str]:
        return {"DBUS_SESSION_BUS_ADDRESS": self.address}

    def _serve(self) -> None:
        while True:
            call = self._bus.receive()
            method = call.header.fields.get(HeaderFields.member)
            if method == "Quit":
                self._bus.send(new_method_return(call))
                return
            if method == "GetCapabilities":
                self._bus.send(new_method_return(call, "as", (self.abilities,)))
            elif method == "Notify" and self.refuses:
                self._bus.send(new_error(call, f"{NAME}.Error.ExcessNotificationGeneration"))
            elif method == "Notify":
                self.shown.append(call.body)
                self._bus.send(new_method_return(call, "u", (len(self.shown),)))

    def close(self) -> None:
        with open_dbus_connection(self.address) as bus:
            place = DBusAddress("/", bus_name=NAME, interface=NAME)
            bus.send_and_get_reply(new_method_call(place, "Quit"), timeout=10)
        self._thread.join()
        self._bus.close()


@contextmanager
def session_bus(folder: Path) -> Iterator[str]:
    """Run a session bus; give its address. Skips the test where there is no such program."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("no dbus-daemon on this machine")
    address = f"unix:path={folder}/bus"
    command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@contextmanager
def desktop_on(address: str) -> Iterator[Desktop]:
    """Run a notification server on a bus."""
    desktop = Desktop(address, ["body", "actions"])
    try:
        yield desktop
    finally:
        desktop.close()
