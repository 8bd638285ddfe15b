"""What every test gets: a home of its own, one clock zone, plain colours, and no network."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Whoever starts the tests in the background has them ignore these, and every child would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)

# Two busy cores make any deadline a coin toss; speed is measured in tests/bench.
settings.register_profile("aicost", deadline=None, print_blob=True)
settings.load_profile("aicost")

# The developer's own settings: where agents and we keep things, which CI job this is (calls would
# belong to it), and how output looks and when it is written.
_FOREIGN_PREFIXES = (
    "AICOST_",
    "ANTHROPIC_",
    "BUILDKITE",
    "CI",
    "CLAUDE",
    "CODEX_",
    "DRONE",
    "GITHUB_",
    "GITLAB_",
    "GIT_",
    "JENKINS_",
    "OPENAI_",
    "TEAMCITY_",
    "TEXTUAL",
    "TF_BUILD",
    "XDG_",
)
_FOREIGN_NAMES = (
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "LINES",
    "NO_COLOR",
    "PYTHONUNBUFFERED",
)
# Asked for by whoever runs the tests, so it reaches them.
_ALLOWED = frozenset({"AICOST_CORPUS", "CLAUDE_BIN"})

pytest_plugins = ("corpora", "team_databases")  # recorded logs, databases: fixtures for every test

_home_number = count()


class NetworkBlocked(AssertionError):
    """A test tried to leave the machine."""


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that holds the home of every test (one scan, not one per test)."""
    return tmp_path_factory.mktemp("h")  # short: a Unix socket's path has about 100 bytes


@pytest.fixture
def home(_own_home: Path) -> Path:
    """Return the test's empty home; agents' logs and aicost's own files would be below it."""
    return _own_home


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every variable that leads to the developer's files or taste to an empty home."""
    path = _homes / str(next(_home_number))
    path.mkdir()
    for name in os.environ:
        foreign = name in _FOREIGN_NAMES or name.startswith(_FOREIGN_PREFIXES)
        if foreign and name not in _ALLOWED:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("AICOST_HOME", str(path / ".aicost"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(path / ".claude"))
    monkeypatch.setenv("CODEX_HOME", str(path / ".codex"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")  # not theirs
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()  # a test may have left another zone behind
    return path


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse to look up or connect to anything but this machine, in this process."""
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    real_getaddrinfo = socket.getaddrinfo

    def guarded(name: str) -> Any:
        def call(self: socket.socket, *arguments: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _refuse_unless_local(arguments[-1][0])
            return real[name](self, *arguments)

        return call

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        _refuse_unless_local(host)
        return real_getaddrinfo(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


def _refuse_unless_local(host: str | bytes | None) -> None:
    """Raise NetworkBlocked unless `host` is this machine (None and "" mean: to listen)."""
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    try:
        is_local = ip_address(name).is_loopback or ip_address(name).is_unspecified
    except ValueError:
        is_local = name == "localhost"
    if not is_local:
        raise NetworkBlocked(f"tests stay on this machine; this one asked for {name}")
