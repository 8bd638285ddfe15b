"""A fresh home for the real client: a small git project, and what the client's process sees."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.scenario import Json

FAKE_KEY = "sk-ant-test-fake"
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class LabHome:
    """The home folder of one made-up developer."""

    path: Path

    @property
    def project(self) -> Path:
        """The git checkout that the client works in."""
        return self.path / "proj"

    @property
    def claude(self) -> Path:
        """The client's own folder: what CLAUDE_CONFIG_DIR would name."""
        return self.path / ".claude"

    def environment(self, api_url: str) -> dict[str, str]:
        """Return all that a client in this home sees; it can reach the API at `api_url` only."""
        return {
            "PATH": _PATH,
            "HOME": str(self.path),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "USER": "dev",
            "SHELL": "/bin/bash",
            "IS_SANDBOX": "1",  # else root may not use bypassPermissions
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "ANTHROPIC_BASE_URL": api_url,
            "ANTHROPIC_API_KEY": FAKE_KEY,
        }


def make_home(path: Path, settings: Json | None = None) -> LabHome:
    """Make the home at `path` (must not exist): client set up and trusted, one commit."""
    home = LabHome(path.resolve())
    home.claude.mkdir(parents=True)
    (home.path / ".claude.json").write_text(json.dumps(_client_state(home.project)))
    if settings is not None:
        (home.claude / "settings.json").write_text(json.dumps(settings))
    commit_project(home)
    return home


def commit_project(home: LabHome) -> None:
    """Make the checkout that the client works in, with one commit."""
    home.project.mkdir(parents=True)
    (home.project / "hello.py").write_text('print("hello")\n')
    (home.project / "README.md").write_text("# demo\n\nA small project.\n")
    for command in ("init -q -b main", "add .", "commit -qm first"):
        subprocess.run(
            ["git", *command.split()],
            cwd=home.project,
            env={"PATH": _PATH, "HOME": str(home.path)} | _AUTHOR,
            check=True,
            capture_output=True,
        )


_AUTHOR = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "dev"), ("EMAIL", "dev@example.com"))
}


def _client_state(project: Path) -> Json:
    """Return the client's state file as after its first start, so that it asks nothing."""
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    return {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "numStartups": 5,
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": [FAKE_KEY[-20:]], "rejected": []},
        "projects": {str(project): trusted},
    }
