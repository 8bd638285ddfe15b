"""What the daemon answers comes back as the value that it was."""

import msgspec
import pytest

from aicost.core.at_hand import AgentProcess, SessionAtHand
from aicost.core.errors import DaemonDown
from aicost.ipc.answers import value_in


def test_a_value_comes_back_as_it_was() -> None:
    process = AgentProcess(pid=4411, mark="77", command=("claude", "-c"))
    value = SessionAtHand(process=process, transcript="/h/s-1.jsonl")
    wire = msgspec.json.decode(msgspec.json.encode(value))
    assert value_in(wire, SessionAtHand) == value


@pytest.mark.parametrize("answer", [{"process": 7}, {"transcript": None}])
def test_what_is_no_such_value_is_an_error(answer: dict[str, object]) -> None:
    with pytest.raises(DaemonDown, match="cannot be read"):
        value_in(answer, SessionAtHand)
