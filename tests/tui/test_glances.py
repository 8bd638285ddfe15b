"""Whom to ask about: those that went on, new ones first; answers are kept."""

from builders import session_glance, session_row

from aicost_tui.glances import Glances


def test_a_session_is_asked_about_again_only_when_it_went_on() -> None:
    glances, row = Glances(), session_row("a", requests=1)
    assert glances.stale([row]) == ("a",)
    glances.ask({"a": row}, "a")
    assert glances.stale([row]) == ()
    assert glances.stale([session_row("a", requests=2)]) == ("a",)
    assert glances.stale([session_row("a", requests=1, subagents=1)]) == ("a",)


def test_what_is_not_known_at_all_comes_first() -> None:
    glances, old = Glances(), session_row("old", requests=1)
    glances.ask({"old": old}, "old")
    glances.answer(session_glance("old"))
    assert glances.stale([session_row("old", requests=2), session_row("new")]) == ("new", "old")


def test_the_last_answer_stays_while_a_newer_one_is_asked_for() -> None:
    glances, row = Glances(), session_row("a")
    assert glances["a"] is None
    glances.ask({"a": row}, "a")
    glances.answer(session_glance("a"))
    glances.ask({"a": row}, "a")
    assert glances["a"] == session_glance("a")


def test_only_the_last_sessions_are_kept() -> None:
    glances = Glances()
    for number in range(100):
        name = f"s-{number}"
        glances.ask({name: session_row(name)}, name)
        glances.answer(session_glance(name))
    assert glances["s-99"] is not None
    assert glances["s-0"] is None
    assert sum(glances[f"s-{number}"] is not None for number in range(100)) == 64
