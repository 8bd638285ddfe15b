"""An agent for tests of guards: it registers, writes calls to a log as Claude Code does, ends.

    python guarded_agent.py HOME SESSION CALLS [TOKENS] [CODE] [DEAF…]

CALLS is a number, or `forever`. Each call is of so many fresh TOKENS (66,667 are 20 cents). It ends
with CODE, and does not hear the signals named after that. With GUARDED_AGENT_UNTIL it stays until
that file is there. Standard library only: it starts quickly.
"""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

MODEL = "claude-sonnet-4-5-20250929"
PAUSE_S = 0.02
LIFE_S = 1.0  # at least: the real clients take longer to start and to end


def call(session: str, number: int, tokens: int) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    usage = {"input_tokens": tokens, "output_tokens": 0}
    message = {"id": f"msg_{session}_{number}", "role": "assistant", "model": MODEL, "usage": usage}
    row = {
        "type": "assistant",
        "uuid": f"u-{session}-{number}",
        "sessionId": session,
        "timestamp": at,
        "cwd": "/src/shop",
        "isSidechain": False,
        "message": message,
    }
    return json.dumps(row) + "\n"


def main(home: Path, session: str, calls: str, tokens: int, deaf: list[str]) -> None:
    began_s = time.monotonic()
    for name in deaf:
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    entry = home / "sessions" / f"{os.getpid()}.json"
    entry.parent.mkdir(parents=True, exist_ok=True)
    about = {"pid": os.getpid(), "sessionId": session, "cwd": "/src/shop", "status": "busy"}
    entry.write_text(json.dumps(about | {"startedAt": time.time() * 1000}))
    log = home / "projects" / "-src-shop" / f"{session}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", buffering=1) as file:
        for number in count(1) if calls == "forever" else range(1, int(calls) + 1):
            file.write(call(session, number, tokens))
            time.sleep(PAUSE_S)
    time.sleep(max(0.0, began_s + LIFE_S - time.monotonic()))
    while (until := os.environ.get("GUARDED_AGENT_UNTIL")) and not Path(until).exists():
        time.sleep(PAUSE_S)
    entry.unlink()


if __name__ == "__main__":
    folder, name, how_often, *rest = sys.argv[1:]
    tokens, code, *deaf = [*rest, *("66667", "0")[len(rest) :]]
    main(Path(folder), name, how_often, int(tokens), deaf)
    sys.exit(int(code))
