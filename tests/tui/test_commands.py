"""The palette: everything a key does, and each order by name."""

from builders import busy_day
from fake_feed import Dashboard, until

from aicost_tui.commands import key_table
from aicost_tui.rows import Sort


async def test_everything_a_key_does_now_is_in_the_palette() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        titles = [command.title for command in app.get_system_commands(app.top)]
        assert "Budgets  (b)" in titles
        assert "Nudges  (n)" not in titles  # there are none
        for title in ("Sort  (s)", "Filter  (/)", "Pause  (space)", "Help  (?)", "Quit  (q)"):
            assert title in titles
        for sort in Sort:
            assert f"Sort by {sort}" in titles
        assert {"Theme", "Screenshot"} <= set(titles)
        assert "Retry  (r)" not in titles
        keys = {key for pressed, _ in key_table(app, app.top) for key in pressed.split()}
        assert {"s", "/", "b", "y", "space", "?", "^p", "q", "↑", "k", "pgup", "end"} <= keys


async def test_before_the_first_view_there_is_nothing_to_sort() -> None:
    app = Dashboard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        titles = [command.title for command in app.get_system_commands(app.top)]
        assert not [title for title in titles if title.startswith("Sort")]


async def test_a_command_from_the_palette_does_what_its_key_does() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen is not app.top)
        await pilot.press(*"sort by context")
        await until(pilot, lambda: any("Sort by context" in line for line in app.text()))
        await pilot.press("enter")
        await until(pilot, lambda: app.top.sort is Sort.CONTEXT)
        assert app.screen is app.top
