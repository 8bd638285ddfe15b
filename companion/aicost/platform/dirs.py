"""Every place aicost keeps something in. `AICOST_HOME` moves them all; else platformdirs says."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.platform import rundir


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirs:
    """Absolute paths. Folders exist and are private; files may not exist yet."""

    config_file: Path
    data_dir: Path  # 0700: what is in it tells who works on what
    run_dir: Path  # 0700, gone after a restart of the machine
    prices_dir: Path  # made by whoever writes into it
    ledger_file: Path
    socket_path: Path  # at most 100 bytes, so not always in run_dir
    lock_file: Path
    log_file: Path

    @property
    def journal_file(self) -> Path:
        """What the gate did and was allowed."""
        return self.data_dir / "journal.db"

    @property
    def trust_file(self) -> Path:
        """Which repositories' budgets the user trusts."""
        return self.data_dir / "trusted.json"

    @property
    def team_file(self) -> Path:
        """Which team this machine sends to; without the file it sends to none."""
        return self.data_dir / "team.json"

    @property
    def team_secret_file(self) -> Path:
        """The team's key and token, where the system has no keyring."""
        return self.data_dir / "team.secret"

    @property
    def outbox_file(self) -> Path:
        """What is to be sent to the team, and what was."""
        return self.data_dir / "team.db"

    @property
    def receipts_file(self) -> Path:
        """What left the machine."""
        return self.data_dir / "sent.jsonl"

    def weekly_file(self, week: str) -> Path:
        """Where the report of a week ("2026-W47") is kept."""
        return self.data_dir / "weekly" / f"{week}.json"

    @property
    def choices_file(self) -> Path:
        """What the user chose for the dashboard."""
        return self.data_dir / "dashboard.json"


def load_dirs(env: Mapping[str, str]) -> Dirs:
    """Find all places and make the private folders.

    Without `AICOST_HOME` in `env`, platformdirs reads the process's own environment.
    Raises ConfigError if a folder cannot be made or is not the user's own.
    """
    config_dir, data_dir = _config_and_data(env)
    run_dir = Path(rundir.find_run_dir(env))
    socket_path = Path(rundir.socket_path_in(str(run_dir)))
    rundir.make_private(str(run_dir))
    rundir.make_private(str(socket_path.parent))
    rundir.make_private(os.path.realpath(data_dir))  # a user may keep data on another disk
    return Dirs(
        config_file=config_dir / "config.toml",
        data_dir=data_dir,
        run_dir=run_dir,
        prices_dir=data_dir / "prices",
        ledger_file=data_dir / "ledger.db",
        socket_path=socket_path,
        lock_file=run_dir / "daemon.lock",
        log_file=data_dir / "daemon.log",
    )


def shown(path: Path | str, env: Mapping[str, str]) -> str:
    """Return a path as a person writes it: below the home with a `~`."""
    home = env.get("HOME", "").rstrip("/")
    text = os.fspath(path)
    return f"~{text[len(home) :]}" if home and text.startswith(f"{home}/") else text


def _config_and_data(env: Mapping[str, str]) -> tuple[Path, Path]:
    if own_home := env.get("AICOST_HOME"):
        folder = Path(rundir.aicost_home(own_home))
        return folder, folder / "data"
    import platformdirs  # 20 ms that tests, hooks and second profiles need not spend

    return (
        platformdirs.user_config_path("aicost", appauthor=False),
        platformdirs.user_data_path("aicost", appauthor=False),
    )
