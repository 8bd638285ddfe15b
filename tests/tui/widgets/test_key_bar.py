"""The footer: shows what can be done now, at any width, and a click presses the key."""

import pytest
from builders import busy_day
from fake_feed import Dashboard, until

from aicost_tui.widgets.key_bar import KeyBar


def bar_text(app: Dashboard) -> str:
    return app.top.query_one(KeyBar).render_line(0).text.strip()


async def test_keys_stand_there_in_their_order_when_they_do_something() -> None:
    app = Dashboard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert bar_text(app) == "h history   ? help   ^p palette   q quit"
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: "sort" in bar_text(app))
        assert bar_text(app).split("  ") == [
            *["⏎ open", "s sort", "/ filter", "b budgets", "h history", "c columns"],
            *["? help", "q quit"],
        ]


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (48, "⏎ open   s sort   / filter   ? help   q quit"),
        (40, "⏎ open   s sort   ? help   q quit"),
    ],
)
async def test_a_narrow_footer_keeps_help_and_quit(width: int, text: str) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(width, 24)) as pilot:
        await until(pilot, lambda: "sort" in bar_text(app))
        assert bar_text(app) == text


async def test_a_click_presses_the_key_under_the_mouse() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        await until(pilot, lambda: "pause" in bar_text(app))
        at = 1 + bar_text(app).index("pause")
        await pilot.click(KeyBar, offset=(at, 0))
        await until(pilot, lambda: app.top.paused)
        await pilot.click(KeyBar, offset=(138, 0))  # nothing there
        await pilot.pause()
        assert app.top.paused


async def test_a_remapped_key_is_shown_as_remapped() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        app.set_keymap({"top.sort": "o"})
        await until(pilot, lambda: "o sort" in bar_text(app))
