"""What is known of the turn that a log is in, from one block of lines to the next."""

import msgspec

from aicost.core.facts import WorkSeen
from aicost.core.turn_features import packed
from aicost.core.turn_work import TurnWork

MOST_RUNNING = 64  # commands whose end is still to come
LONGEST_ID = 200

Place = tuple[str, str, str]  # session, turn, subagent: as in a WorkSeen


class WorkState(msgspec.Struct, array_like=True):
    """All that is carried from block to block."""

    place: Place = ("", "", "")
    work: TurnWork = msgspec.field(default_factory=TurnWork)
    running: dict[str, tuple[int, ...]] = {}  # kinds of commands by tool call, oldest first
    last_line: str = ""  # id of the line of an answer that was taken last


class Gathering:
    """The work of one turn after the other; says what is known of each."""

    def __init__(self, state: WorkState) -> None:
        self.state = state
        self._told = state.work.steps
        self._seen: list[WorkSeen] = []

    @property
    def work(self) -> TurnWork:
        """That of the turn in force."""
        return self.state.work

    def move(self, place: Place) -> None:
        """Begin anew at another place."""
        self._tell()
        self.state.place, self.state.work = place, TurnWork()
        self.state.running.clear()
        self._told = 0

    def run(self, call_id: str, command: str) -> None:
        """Take a command that a tool call runs; a call that was taken stays as it is."""
        running = self.state.running
        if call_id in running or len(call_id) > LONGEST_ID:
            return
        running[call_id] = self.work.run(command)
        if len(running) > MOST_RUNNING:
            del running[next(iter(running))]

    def end(self, call_id: str, *, failed: bool) -> None:
        """Take how a command ended."""
        kinds = self.state.running.pop(call_id, None)
        if kinds is not None:
            self.work.end(kinds, failed=failed)

    def seen(self) -> tuple[WorkSeen, ...]:
        """Return what is new since the block began; the last is of the turn in force."""
        self._tell()
        self.work.in_order()
        return tuple(self._seen)

    def _tell(self) -> None:
        work, (session_id, turn_id, subagent_id) = self.work, self.state.place
        if work.steps > self._told and session_id:
            self._told = work.steps
            self._seen.append(
                WorkSeen(
                    session_id=session_id,
                    turn_id=turn_id,
                    subagent_id=subagent_id,
                    steps=work.steps,
                    features=packed(work.features()),
                )
            )
