"""Which response asked for a tool: pairs calls with the usage that the log tells before or after.

Clients write a response's lines in different orders: its usage before its calls (until 0.50),
after them (0.87 to 0.125, and since 0.153), or only after the answers to them (0.133 to 0.152).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from aicost.sources.codex.tools import SCRIPT, Asked

MOST_PENDING: Final = 128
_MOST_RECENT: Final = 32


class Counted(NamedTuple):
    """A tool call that counts, and the response that asked for it."""

    event_key: str
    id: str
    name: str


class _Script(msgspec.Struct, array_like=True, gc=False):
    """A script whose answer is not logged yet."""

    key: str = ""  # of the response that asked for it; "" is not known yet
    has_run: bool = False  # it ran a tool that is logged


class AskingState(msgspec.Struct, array_like=True, gc=False):
    """All that is carried from line to line."""

    key: str = ""  # of the last response
    is_answered: bool = False  # the usage of the request in force was seen
    is_owed: bool = False  # calls were answered whose response's usage is still to come
    pending: list[Asked] = msgspec.field(default_factory=list)  # of a response still to come
    scripts: dict[str, _Script] = msgspec.field(default_factory=dict)  # by id
    has_scripts: bool = False
    recent: list[str] = msgspec.field(default_factory=list)  # ids of calls
    nameless: int = 0  # calls without id of the last response


class Asking:
    """Takes calls, what was run, answers and responses; yields each call that counts once."""

    def __init__(self, state: AskingState) -> None:
        self.state = state

    def begin(self) -> None:
        """Take the begin of a request; what the one before left open stays without a response."""
        state = self.state
        state.is_answered, state.is_owed, state.pending = False, False, []

    def respond(self, event_key: str) -> Iterator[Counted]:
        """Take a response's usage."""
        state = self.state
        state.key, state.nameless = event_key, 0
        state.is_answered, state.is_owed = not state.is_owed, False
        for script in state.scripts.values():
            script.key = script.key or event_key
        pending, state.pending = state.pending, []
        for asked in pending:
            yield self._counted(asked, event_key)

    def call(self, asked: Asked, *, has_turn_ids: bool) -> Iterator[Counted]:
        """Take a call. Clients without turn ids may say first what its response used."""
        state = self.state
        is_known = state.is_answered and not has_turn_ids
        if asked.is_script:
            state.has_scripts = True
            state.scripts[asked.id] = _Script(state.key if is_known else "")
            if len(state.scripts) > MOST_PENDING:
                del state.scripts[next(iter(state.scripts))]
            return
        self._remember(asked.id)
        if is_known:
            yield self._counted(asked, state.key)
        else:
            self._wait(asked)

    def run(self, tool: Asked) -> Iterator[Counted]:
        """Take a tool that was run: it counts if a script, and no call, asked for it."""
        state = self.state
        if not state.has_scripts or tool.id in state.recent:
            return
        self._remember(tool.id)
        key = state.key
        for script in state.scripts.values():
            key, script.has_run = script.key, True
        if key:
            yield self._counted(tool, key)
        else:
            self._wait(tool)

    def answer(self, call_id: str) -> Iterator[Counted]:
        """Take the answer to a call, of a client with turn ids: the next request has it in it."""
        state = self.state
        script = state.scripts.pop(call_id, None)
        if script is not None and not script.has_run:
            asked = Asked(call_id, SCRIPT)
            if script.key:
                yield self._counted(asked, script.key)
            else:
                self._wait(asked)
        is_unpaid = bool(state.pending) or (script is not None and not script.key)
        state.is_owed = state.is_owed or is_unpaid
        state.is_answered = False

    def _wait(self, asked: Asked) -> None:
        self.state.pending = [*self.state.pending, asked][-MOST_PENDING:]

    def _remember(self, call_id: str) -> None:
        self.state.recent = [*self.state.recent, call_id][-_MOST_RECENT:]

    def _counted(self, asked: Asked, event_key: str) -> Counted:
        own_id = asked.id
        if not own_id:
            self.state.nameless += 1
            own_id = f"#{self.state.nameless}"
        return Counted(event_key, own_id, asked.name)
