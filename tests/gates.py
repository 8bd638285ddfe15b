"""A daemon with budgets for tests, sessions that spend money, and hooks that ask at its gate."""

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claude_logs import TOO_LATE_S, append, call_line, log_of, prompt_line

from aicost.daemon.service import Service
from aicost.daemon.setup import load_setup
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs

USD_PER_MTOK = 15  # what the output of claude_logs.MODEL costs

Answer = dict[str, Any]


def output_of(usd: float) -> dict[str, int]:
    """Return the tokens of a call that costs so much, or a fraction of a cent more."""
    return {"input_tokens": 0, "output_tokens": math.ceil(usd / USD_PER_MTOK * 10**6)}


def budgets_toml(*budgets: Mapping[str, object], gate: str = "") -> str:
    """Return a config with these budgets, hard unless they say otherwise."""
    rows = [{"hard": True} | dict(one) for one in budgets]
    tables = [
        "[[budgets]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in row.items())
        for row in rows
    ]
    return "\n".join([*tables, gate])


@dataclass
class Agent:
    """A session of Claude Code: what its hooks ask, and what it writes into its log."""

    daemon: "Daemon"
    session_id: str = "s-1"
    cwd: str = "/src/shop"
    calls: int = 0
    spent_usd: float = 0.0
    tool: str = ""  # the tool use that it asked for last
    last: Answer = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return log_of(self.daemon.logs, self.session_id)

    async def asks(self, event: str, **params: object) -> str:
        """Ask at the gate; return what is to be done. `last` is the whole answer."""
        named: dict[str, object] = {
            "agent": "claude",
            "event": event,
            "session_id": self.session_id,
            "path": str(self.log),
            "cwd": self.cwd,
        }
        if event in ("PreToolUse", "PostToolBatch", "PostToolUse") and self.tool:
            named["tool_use_ids"] = [self.tool]
        self.last = await self.daemon.ask("gate", **(named | params))
        return str(self.last["action"])

    def prompts(self, uuid: str) -> None:
        """Write a prompt into the log."""
        append(self.log, prompt_line(uuid, self.session_id, datetime.now(UTC)))

    def calls_model(self, usd: float = 0.3, *, subagent: str = "", **changes: Any) -> None:
        """Write a call that asks for a tool into the log."""
        self.calls += 1
        name = f"{self.session_id}-{subagent}{self.calls}"
        self.tool = f"toolu_{name}"
        self.spent_usd += usd
        row = json.loads(
            call_line(
                f"msg_{name}",
                self.session_id,
                at=datetime.now(UTC),
                tokens=output_of(usd),
                **changes,
            )
        )
        use = {"type": "tool_use", "id": self.tool, "name": "Bash", "input": {"command": "ls"}}
        row["message"]["content"] = [use]
        log = self.log
        if subagent:
            row |= {"isSidechain": True, "agentId": subagent}
            log = log.parent / self.session_id / "subagents" / f"agent-{subagent}.jsonl"
        append(log, json.dumps(row).encode() + b"\n")


@dataclass
class Daemon:
    """A running service and its clients."""

    service: Service
    dirs: Dirs
    logs: Path

    async def ask(self, method: str, **params: object) -> Answer:
        async with asyncio.timeout(TOO_LATE_S):
            return await asyncio.to_thread(
                wire.call, self.dirs.socket_path, method, params, timeout_s=TOO_LATE_S
            )

    def agent(self, session_id: str = "s-1", **changes: Any) -> Agent:
        return Agent(self, session_id, **changes)

    def verdict(self, name: str) -> str:
        """Return what a verdict's file says, "" for none."""
        try:
            return (self.dirs.run_dir / "verdict" / name).read_text()
        except FileNotFoundError:
            return ""

    def word(self, name: str) -> str:
        """Return the first word of a verdict, "" for none."""
        return self.verdict(name).partition("\n")[0].partition(" ")[0]


def _made(folder: str) -> Path:
    path = Path(folder)
    path.mkdir(exist_ok=True)
    return path


@asynccontextmanager
async def gated(config: str = "") -> AsyncIterator[Daemon]:
    """Run a daemon with this config, in the home that the environment names."""
    dirs = load_dirs(os.environ)
    dirs.config_file.write_text(config)
    logs = _made(os.environ["CLAUDE_CONFIG_DIR"])
    service = Service(load_setup(dirs, os.environ))
    ready = asyncio.Event()
    task = asyncio.create_task(service.run(ready.set))
    try:
        await asyncio.wait_for(ready.wait(), TOO_LATE_S)
        yield Daemon(service, dirs, logs)
    finally:
        service.stop()
        await asyncio.wait_for(task, TOO_LATE_S)
