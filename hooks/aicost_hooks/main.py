"""What agents call: silent, quick, out of the way.

- `aicost-hook gate claude|codex EVENT`, of a hook's event: may it go on? gate.sh adds words of its
  own: FAIL RUN_DIR HOOKS_DIR PARENT_PID, and gives the agent's stderr as descriptor 3.
- `aicost-hook told AGENT EVENT RUN_DIR`, of an answer that gate.sh gave: where a run has no screen,
  its user is told.

Whatever goes wrong with us, the agent hears nothing and goes on: 0, but for an answer that refuses
by 2. To gate.sh that is 22, which nothing that breaks ends with; and where the user wants it
closed, it hears 1 for a fault, and refuses. Command lines are compared, not parsed, since argparse
ends with that very 2.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from aicost.platform.rundir import find_run_dir
from aicost_hooks import log
from aicost_hooks.events import NotAnEvent, read_event

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any, BinaryIO, NoReturn

FAULT, REFUSED = 1, 22  # to gate.sh only
_GATE_WORDS = 4  # of gate.sh
_STDERR, _STDERR_OF_GATE = 2, 3


def main() -> "NoReturn":
    """Run the hook on this process's arguments, input and environment, and end the process.

    At once: nothing is left to be written, and an orderly end of Python takes milliseconds that an
    agent waits for.
    """
    os._exit(run(sys.argv[1:], sys.stdin.buffer, os.environ))


def run(argv: Sequence[str], stdin: "BinaryIO", env: Mapping[str, str]) -> int:
    """Handle one event. A fault becomes a line in our log."""
    try:
        command = _COMMANDS.get(argv[0]) if argv else None
        if command is None:
            raise NotAnEvent(f"not called with {', '.join(_COMMANDS)}")
        return command(argv[1:], stdin, env)
    except Exception as error:  # noqa: BLE001 - our faults are ours: the agent goes on
        closed = argv[:1] == ["gate"] and argv[3:4] == ["closed"]
        log.note(_run_dir(argv, env), log.words_of(error))
        return FAULT if closed else 0


def _gate(words: Sequence[str], stdin: "BinaryIO", env: Mapping[str, str]) -> int:
    from aicost_hooks.gate import GATE_S, Caller, Event, answer_event

    until = time.monotonic() + GATE_S
    agent, event_name, others = words[:1], "".join(words[1:2]), list(words[2:])
    if (
        agent not in (["claude"], ["codex"])
        or not event_name
        or len(others) not in (0, _GATE_WORDS)
    ):
        raise NotAnEvent("not called with gate claude|codex EVENT")
    stderr = _STDERR_OF_GATE if others else _STDERR
    if others:
        os.set_inheritable(stderr, False)  # a daemon that we start must not hold it open
    caller = Caller(others, env, sys.argv[0])
    answer = answer_event(Event(agent[0], event_name, read_event(stdin)), caller, until=until)
    _write(stderr, answer.stderr)
    _write(1, answer.stdout)
    return REFUSED if others and answer.exit_code else answer.exit_code


def _told(words: Sequence[str], stdin: "BinaryIO", env: Mapping[str, str]) -> int:
    from aicost_hooks.gate import client_pid, tell

    if len(words) != 3:
        raise NotAnEvent("not called with told AGENT EVENT RUN_DIR")
    agent, event_name, run_dir = words
    answer = read_event(stdin)
    reason = answer.get("systemMessage", answer.get("stopReason"))
    if isinstance(reason, str):
        tell(f"{agent} {event_name}", reason, run_dir, client_pid(env))
    return 0


_Command = Callable[[Sequence[str], "BinaryIO", Mapping[str, str]], int]
_COMMANDS: "Mapping[str, _Command]" = {"gate": _gate, "told": _told}


def _run_dir(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the run folder that gate.sh names, else the environment's."""
    named: Any = {"gate": argv[4:5], "told": argv[3:4]}.get(argv[0]) if argv else None
    return named[0] if named and named[0].startswith("/") else find_run_dir(env)


def _write(descriptor: int, text: str) -> None:
    content = f"{text}\n".encode("utf-8", "replace") if text else b""
    while content:
        content = content[os.write(descriptor, content) :]


if __name__ == "__main__":
    main()
