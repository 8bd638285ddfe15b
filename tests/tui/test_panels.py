"""Which panel has text at which height, and what its page tells."""

import pytest
from builders import NOW, budget_status, busy_day, guarded_day, nudge, session_row, view

from aicost.core.view import DashboardView
from aicost_tui.panels import CHARTED, NAMES, TALL, Name, page_of, panel_of, table_height
from aicost_tui.spans import plain

NOTHING = view()


@pytest.mark.parametrize(
    ("day", "name", "height", "lines"),
    [
        (guarded_day(), "budgets", 24, 1),
        (guarded_day(), "budgets", TALL - 1, 1),
        (guarded_day(), "budgets", TALL, 3),
        (guarded_day(), "budgets", 40, 5),
        (guarded_day(), "budgets", 60, 6),
        (guarded_day(), "nudges", TALL - 1, 1),
        (guarded_day(), "nudges", TALL, 2),
        (guarded_day(), "nudges", 60, 8),
        (busy_day(), "budgets", 24, 1),
        (busy_day(), "budgets", TALL, 1),
        (busy_day(), "nudges", TALL, None),
        (NOTHING, "budgets", TALL, None),
        (view(budgets=(budget_status(1, 2),)), "budgets", TALL, 1),
        (view(session_row(), nudges=(nudge(),)), "nudges", 24, 1),
    ],
)
def test_a_panel_is_one_line_or_as_many_as_a_tall_terminal_has_room_for(
    day: DashboardView, name: Name, height: int, lines: int | None
) -> None:
    content = panel_of(name, day, NOW, height)
    assert (content and len(content(138))) == lines


def test_who_has_sessions_and_no_budget_reads_how_to_set_one() -> None:
    content = panel_of("budgets", busy_day(), NOW, 24)
    assert content is not None
    assert "no budgets; b to set one" in plain(content(80)[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_text_in_every_state(name: Name) -> None:
    assert page_of(name, None, NOW)(80) == ()
    assert len(page_of(name, NOTHING, NOW)(80)) > 1
    assert len(page_of(name, guarded_day(), NOW)(80)) > 10


@pytest.mark.parametrize(
    ("height", "wanted", "lines"),
    [
        (CHARTED - 1, 5, "1fr"),
        (CHARTED, 5, 5),
        (CHARTED, 99, 8),
        (24, 99, 9),
        (40, 99, 16),
        (40, 12, 12),
        (60, 99, 24),
    ],
)
def test_charts_get_what_the_table_does_not_need(
    height: int, wanted: int, lines: int | str
) -> None:
    assert table_height(height, wanted) == lines
