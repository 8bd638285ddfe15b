"""What an action needs of a session, and what of its turns goes into a file."""

from session_builders import MODEL, PROMPTS, SESSION, session_page, turn

from aicost_tui.session_table import exported_turns, row_of


def test_a_session_of_long_ago_is_a_row_of_one_that_ended() -> None:
    row = row_of(session_page())
    assert (row.session_id, row.state, row.pid) == (SESSION, "ended", None)
    assert (row.model, row.requests, row.subagents) == (MODEL, 140, 3)
    assert row_of(session_page(models=())).model == ""


def test_turns_are_exported_without_their_prompts() -> None:
    table = exported_turns(session_page())
    assert table is not None
    assert all(len(row) == len(table.headers) for row in table.rows)
    first = dict(zip(table.headers, table.rows[0]))
    assert (first["turn"], first["turn_id"], first["category"]) == (1, "t-1", "bugfix")
    assert (first["cost_usd"], first["seconds"], first["tool_calls"]) == (1.25, 890.0, 27)
    assert not any(prompt in str(table.rows) for prompt in PROMPTS)


def test_what_is_not_known_is_none() -> None:
    page = session_page(
        turns=(turn(turn_id="", purpose=None, cost_nusd=None, duration_us=None, started_at=None),)
    )
    table = exported_turns(page)
    assert table is not None
    row = dict(zip(table.headers, table.rows[0]))
    unknown = ("turn", "started_at", "category", "category_confidence", "cost_usd", "seconds")
    assert {name: row[name] for name in unknown} == dict.fromkeys(unknown)


def test_without_turns_there_is_no_table() -> None:
    assert exported_turns(session_page(turns=())) is None
