"""The answer to `session.glance`."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOW
from claude_logs import append, call_line, log_of, prompt_line
from ledgers import BOOK, opened, read_everything

from aicost.core.errors import ConfigError
from aicost.core.session_glance import SessionGlance
from aicost.daemon.answers import Question
from aicost.daemon.engine import Engine
from aicost.daemon.glances import session_glance


@pytest.fixture
def engine(home: Path) -> Iterator[Engine]:
    append(log_of(home / "one"), prompt_line("u-1"), call_line("msg_1"), call_line("msg_2"))
    with opened(home / "aicost", [home / "one"]) as found:
        read_everything(found)
        yield found


def asked(engine: Engine, **params: object) -> SessionGlance:
    return session_glance(Question(engine.ledger.db, BOOK, ZoneInfo("UTC"), NOW), params)


def test_a_session_is_told_from_the_ledger(engine: Engine) -> None:
    glance = asked(engine, id="s-1", homes=["/elsewhere"])
    assert glance.session_id == "s-1"
    assert [point.turn_id for point in glance.points] == ["u-1", "u-1"]
    assert glance.points[0].tokens > 0
    assert glance.subagents == ()


def test_a_session_without_a_call_has_nothing_to_tell(engine: Engine) -> None:
    assert asked(engine, id="starting") == SessionGlance(session_id="starting")


@pytest.mark.parametrize("params", [{}, {"id": 3}, {"id": "s-1", "colour": "red"}])
def test_what_cannot_be_asked_is_said(engine: Engine, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="cannot be asked"):
        asked(engine, **params)


def test_what_fills_the_context_adds_up_to_it_where_that_is_quickly_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    glance = asked(engine, id="s-1")
    assert sum(part.tokens for part in glance.parts) == glance.points[-1].tokens
    monkeypatch.setattr("aicost.daemon.glances.MOST_CALLS", 1)
    assert asked(engine, id="s-1").parts == ()
    monkeypatch.setattr("aicost.daemon.glances.MOST_CALLS", 2)
    assert asked(engine, id="s-1").parts == glance.parts
