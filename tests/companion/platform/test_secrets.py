"""Secrets go into a keyring where there is one, else into a file for the user alone."""

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from aicost.core.errors import ConfigError
from aicost.platform.secrets import SecretStore, TeamSecrets

MINE = TeamSecrets(key="abcd-efgh", device="d1", token="tok", project_key="00ff")


class Memory(KeyringBackend):
    """A keyring that forgets at the end of the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, own = keyring.get_keyring(), Memory()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "team.secret")


def test_a_keyring_has_them_and_no_file_does(memory: Memory, store: SecretStore) -> None:
    assert store.load() is None
    assert store.save(MINE) is True
    assert not store.file.exists()
    assert store.load() == MINE
    store.forget()
    assert (store.load(), memory.kept) == (None, {})


def test_two_data_folders_do_not_meet(memory: Memory, store: SecretStore, tmp_path: Path) -> None:
    store.save(MINE)
    assert SecretStore(tmp_path / "other" / "team.secret").load() is None


def test_without_a_keyring_a_private_file_has_them(store: SecretStore) -> None:
    assert store.load() is None
    assert store.save(MINE) is False
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    assert store.load() == MINE
    store.forget()
    assert not store.file.exists()


def test_what_is_in_a_file_stays_there(memory: Memory, store: SecretStore) -> None:
    memory.is_locked = True
    assert store.save(MINE) is False
    memory.is_locked = False
    assert store.save(TeamSecrets(key="new", device="d2")) is False
    assert memory.kept == {}
    assert store.load() == TeamSecrets(key="new", device="d2")


def test_a_locked_keyring_is_an_error_and_no_answer(memory: Memory, store: SecretStore) -> None:
    store.save(MINE)
    memory.is_locked = True
    with pytest.raises(ConfigError) as error:
        store.load()
    assert "locked" in error.value.why


def test_what_a_locked_keyring_keeps_is_not_called_forgotten(
    memory: Memory, store: SecretStore
) -> None:
    store.save(MINE)
    memory.is_locked = True
    with pytest.raises(ConfigError, match="cannot be read or kept"):
        store.forget()
    memory.is_locked = False
    store.forget()
    assert memory.kept == {}


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"key": 7}', b"\xff", b'{"key": "a"}'])
def test_what_is_no_secret_is_an_error_that_does_not_repeat_it(
    content: bytes, store: SecretStore
) -> None:
    store.file.write_bytes(content)
    with pytest.raises(ConfigError):
        store.load()


def test_they_are_never_shown() -> None:
    assert repr(MINE) == "TeamSecrets()"


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError):
        SecretStore(tmp_path / "file" / "team.secret").save(MINE)
