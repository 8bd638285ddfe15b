"""Real git repositories for tests: commits at chosen moments, by chosen people."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ME, OTHER, ROBOT = "ada@example.com", "bob@example.com", "noreply@anthropic.com"
NOON_S = 1_795_348_800  # 2026-11-22 12:00 UTC
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400

_GIT = shutil.which("git") or "git"


@dataclass(slots=True)
class Repository:
    """A checkout whose clock stands still until it is set."""

    top: Path
    now_s: int = NOON_S
    author: str = ME
    env: dict[str, str] = field(default_factory=dict)

    def git(self, *arguments: str, author_s: int | None = None) -> str:
        """Run git here, at this repository's time. Raises CalledProcessError."""
        author_s = self.now_s if author_s is None else author_s
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.top.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": self.author,
            "GIT_AUTHOR_DATE": f"@{author_s} +0000",
            "GIT_COMMITTER_NAME": "C",
            "GIT_COMMITTER_EMAIL": self.author,
            "GIT_COMMITTER_DATE": f"@{self.now_s} +0000",
            "GIT_EDITOR": "true",
            **self.env,
        }
        done = subprocess.run(
            [_GIT, *arguments], cwd=self.top, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> Path:
        """Write a file of the checkout."""
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def commit(
        self, path: str, text: str, message: str = "change", author_s: int | None = None
    ) -> str:
        """Write a file, commit it, and return the commit's id."""
        self.write(path, text)
        self.git("add", "--", path)
        self.git("commit", "-q", "-m", message, author_s=author_s)
        return self.git("rev-parse", "HEAD")

    def later(self, seconds: int) -> None:
        """Move this repository's clock."""
        self.now_s += seconds


def make_repository(top: Path) -> Repository:
    """Make a repository whose user is ME, with one commit of OTHER on `main`."""
    top.mkdir(parents=True)
    made = Repository(top)
    made.git("init", "-q", "-b", "main")
    made.git("config", "user.email", ME)
    made.author = OTHER
    made.now_s -= 30 * DAY_S
    made.commit("README", "hello\n", "first")
    made.now_s, made.author = NOON_S, ME
    return made
