"""Keys and tokens in the system's keyring; without one, in a file for the user alone.

What a file holds is found first: a keyring is asked, and imported, only where there is none.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.platform.atomic import replace_file

_SERVICE = "aicost"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSecrets:
    """What proves who we are to a team's server. Nothing of it is ever shown by accident."""

    key: str = field(repr=False)  # as `core.team.pseudonyms.write_key` writes it
    device: str = field(repr=False)  # random; tells this machine from the user's others
    token: str = field(default="", repr=False)
    project_key: str = field(default="", repr=False)  # hex; the team's own


class SecretStore:
    """Where the secrets of one data folder are. Its methods raise ConfigError."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def file(self) -> Path:
        """Where they are if there is no keyring."""
        return self._file

    def load(self) -> TeamSecrets | None:
        """Return what is kept, None if nothing is."""
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            found = self._in_keyring()
            return None if found is None else _parsed(found, "the keyring")
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(f"{self._file}: {error}") from error
        return _parsed(text, str(self._file))

    def save(self, secrets: TeamSecrets) -> bool:
        """Keep secrets in place of others; return whether the keyring has them."""
        text = json.dumps(asdict(secrets))
        if not self._file.exists() and self._put_into_keyring(text):
            return True
        try:
            replace_file(self._file, text.encode(), mode=0o600)
        except OSError as error:
            raise _unusable(f"{self._file}: {error}") from error
        return False

    def forget(self) -> None:
        """Drop what is kept."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(f"{self._file}: {error}") from error
        import keyring
        from keyring.errors import KeyringError, NoKeyringError

        try:
            if keyring.get_password(_SERVICE, self._name) is not None:
                keyring.delete_password(_SERVICE, self._name)
        except NoKeyringError:
            return  # there is none, so there is nothing in it
        except KeyringError as error:  # it is locked: what is in it would stay
            raise _unusable(f"the keyring: {error}") from error

    @property
    def _name(self) -> str:
        """The entry's name: each data folder has its own."""
        return f"team {self._file.parent}"

    def _in_keyring(self) -> str | None:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError

        try:
            return keyring.get_password(_SERVICE, self._name)
        except NoKeyringError:
            return None
        except KeyringError as error:  # it is locked, or its service does not answer
            raise _unusable(f"the keyring: {error}") from error

    def _put_into_keyring(self, text: str) -> bool:
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, self._name, text)
        except KeyringError:
            return False
        return True


def _parsed(text: str, where: str) -> TeamSecrets:
    try:
        said: Any = json.loads(text)
        found = TeamSecrets(**said)
        if not all(isinstance(value, str) for value in asdict(found).values()):
            raise TypeError("no text")
    except (ValueError, TypeError, RecursionError) as error:
        raise _unusable(f"{where} holds something else") from error
    return found


def _unusable(why: str) -> ConfigError:
    return ConfigError(
        "the team's key and token cannot be read or kept", why=why, hint="aicost team leave"
    )
