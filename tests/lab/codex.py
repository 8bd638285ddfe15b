"""A fresh home for the real Codex, and the client run in it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
from lab.homes import LabHome, commit_project
from lab.terminal import Terminal

FAKE_KEY = "sk-test-fake"
MODEL, SCRIPTING_MODEL = "gpt-5.5", "gpt-6-sol"  # the second asks for scripts, not for tools
_TIMEOUT_S = 90
_UNASKED = ("--dangerously-bypass-approvals-and-sandbox",)
_CONFIG = """\
model = "{model}"
model_provider = "fake"
[model_providers.fake]
name = "Fake"
base_url = "{api_url}"
wire_api = "responses"
env_key = "FAKE_KEY"
[projects."{project}"]
trust_level = "trusted"
[notice.model_migrations]
"{model}" = "{other}"
"""


@dataclass(frozen=True, slots=True)
class Codex:
    """One client binary in one home, talking to one API. Starts no background daemon."""

    client: Path
    home: LabHome

    @property
    def folder(self) -> Path:
        """The client's own folder: what CODEX_HOME would name."""
        return self.home.path / ".codex"

    def environment(self) -> dict[str, str]:
        """Return all that the client sees."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home.path),
            "CODEX_HOME": str(self.folder),
            "FAKE_KEY": FAKE_KEY,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
        }

    def start(self, *arguments: str, below: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        """Start `codex exec` (or a command below it); the caller waits for it."""
        return subprocess.Popen(
            [str(self.client), "exec", *below, "--json", *_UNASKED, *arguments],
            cwd=self.home.project,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, below: tuple[str, ...] = ()) -> str:
        """Run `codex exec`; return its thread's id. Raises TimeoutExpired, AssertionError."""
        with self.start(*arguments, below=below) as process:
            try:
                output = process.communicate(timeout=_TIMEOUT_S)[0]
            finally:
                process.kill()
        assert process.returncode == 0, output
        thread = re.search(r'"thread_id":"([0-9a-f-]{36})"', output)
        assert thread is not None, output
        return thread[1]

    def terminal(self, *arguments: str) -> Terminal:
        """Return a terminal that runs the interactive client once entered."""
        asking = ("-s", "danger-full-access", "-a", "never")
        argv = [str(self.client), "--no-daemon", "--no-alt-screen", *asking, *arguments]
        return Terminal(argv, env=self.environment(), cwd=self.home.project)

    def processes(self) -> list[str]:
        """Return the command lines of all processes that run for this home."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            if (process.info["environ"] or {}).get("CODEX_HOME") == str(self.folder):
                found.append(" ".join(process.info["cmdline"] or []))
        return found


def make_codex(client: Path, path: Path, api_url: str) -> Codex:
    """Make a home at `path` (must not exist): client set up and trusted, one commit."""
    codex = Codex(client, LabHome(path.resolve()))
    codex.folder.mkdir(parents=True)
    (codex.folder / "config.toml").write_text(
        _CONFIG.format(
            model=MODEL, other=SCRIPTING_MODEL, api_url=api_url, project=codex.home.project
        )
    )
    commit_project(codex.home)
    return codex
