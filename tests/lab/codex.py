"""A fresh home for the real Codex, and the client run in it."""

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from lab.homes import LabHome, commit_project
from lab.scenario import Json
from lab.terminal import Terminal

FAKE_KEY = "sk-test-fake"
MODEL, SCRIPTING_MODEL = "gpt-5.5", "gpt-6-sol"  # the second asks for scripts, not for tools
_TIMEOUT_S = 90
_UNASKED = ("--dangerously-bypass-approvals-and-sandbox",)
_UNMATCHED = ("user_prompt_submit", "stop")  # events whose matchers the client drops
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
    extra: Mapping[str, str] = field(default_factory=dict)  # variables beside the client's own

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
            **self.extra,
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

    def terminal(self, *arguments: str, columns: int = 160) -> Terminal:
        """Return a terminal that runs the interactive client once entered."""
        asking = ("-s", "danger-full-access", "-a", "never")
        argv = [str(self.client), "--no-daemon", "--no-alt-screen", *asking, *arguments]
        return Terminal(argv, env=self.environment(), cwd=self.home.project, columns=columns)

    def trust_hooks(self) -> None:
        """Trust every hook of the client's hooks.json, as its user does in `/hooks`."""
        file = self.folder / "hooks.json"
        text = (self.folder / "config.toml").read_text()
        for event, groups in json.loads(file.read_text())["hooks"].items():
            snake = re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()
            for group_number, group in enumerate(groups):
                for number, hook in enumerate(group["hooks"]):
                    digest = _hook_digest(snake, group.get("matcher"), hook)
                    key = json.dumps(f"{file}:{snake}:{group_number}:{number}")
                    text += f'\n[hooks.state.{key}]\ntrusted_hash = "sha256:{digest}"\n'
        (self.folder / "config.toml").write_text(text)

    def processes(self) -> list[str]:
        """Return the command lines of all processes that run for this home."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            if (process.info["environ"] or {}).get("CODEX_HOME") == str(self.folder):
                found.append(" ".join(process.info["cmdline"] or []))
        return found


def _hook_digest(event: str, matcher: str | None, hook: Json) -> str:
    """Return what the client calls the identity of a hook: of its definition, not of its place."""
    fields = {"async": False, "command": hook["command"], "type": "command"}
    definition: Json = {"event_name": event, "hooks": [fields | {"timeout": hook["timeout"]}]}
    if matcher is not None and event not in _UNMATCHED:
        definition["matcher"] = matcher
    compact = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(compact.encode()).hexdigest()


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
