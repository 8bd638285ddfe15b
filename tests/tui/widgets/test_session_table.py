"""The table: the cursor stays on its session and keeps colours; only what changed is redrawn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from builders import (
    NOW,
    burn,
    busy_day,
    session_glance,
    session_row,
    subagent_glance,
    usd,
    view,
)
from fake_feed import GLANCE, Dashboard, until
from rich.segment import Segment
from textual.geometry import Region
from textual.pilot import Pilot

from aicost.core.errors import DaemonDown
from aicost.core.view import Reading, SessionRow
from aicost_tui.rows import Sort
from aicost_tui.widgets.session_table import SessionTable


def many(count: int) -> list[SessionRow]:
    """Sessions in the order of their names, the first burning most."""
    return [
        session_row(f"id-{n:03}", repo=f"repo-{n:03}", burn=burn(count - n)) for n in range(count)
    ]


def table_of(app: Dashboard) -> SessionTable:
    return app.top.query_one(SessionTable)


async def start(app: Dashboard, pilot: Pilot[None]) -> SessionTable:
    await until(pilot, lambda: table_of(app).rows)
    return table_of(app)


def shown(table: SessionTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ("down", 1),
        ("down down up", 1),
        ("j j k", 1),
        ("up", 0),
        ("end", 49),
        ("G", 49),
        ("end down", 49),
        ("end home", 0),
        ("end g", 0),
        ("pagedown", 7),
        ("pagedown pagedown pageup", 7),
        ("pageup", 0),
    ],
)
async def test_keys_move_the_cursor_and_keep_it_in_sight(keys: str, at: int) -> None:
    app = Dashboard(view(*many(50)))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.press(*keys.split())
        await pilot.pause()
        assert table.cursor_id == f"id-{at:03}"
        (marked,) = [line for line in shown(table) if line.startswith("▌")]
        assert f"repo-{at:03}" in marked


async def test_the_cursor_stays_on_its_session_when_the_order_changes() -> None:
    rows = many(50)
    app = Dashboard(view(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.press("down", "down")
        now_first = replace(rows[40], burn=burn(1000))
        app.fake_feed.send(view(*rows[:40], now_first, *rows[41:]))
        await until(pilot, lambda: table.rows[0].session_id == "id-040")
        assert table.cursor_id == "id-002"
        assert shown(table)[4].startswith("▌")
        await pilot.press("s", "s", "s", "s")
        await until(pilot, lambda: table.sort is Sort.NAME)
        assert table.cursor_id == "id-002"


@pytest.mark.parametrize(("key", "at"), [("", 39), ("down", 41), ("up", 40)])
async def test_while_logs_are_read_the_cursor_stays_on_the_first_row_until_it_is_moved(
    key: str, at: int
) -> None:
    rows, reading = many(50), Reading(files_done=1, files_total=2, bytes_done=10, bytes_total=20)
    app = Dashboard(view(*rows[40:], reading=reading))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        if key:
            await pilot.press(key)
        app.fake_feed.send(view(*rows[39:]))
        await until(pilot, lambda: len(table.rows) == 11)
        assert table.cursor_id == f"id-{at:03}"
        app.fake_feed.send(view(*rows))
        await until(pilot, lambda: len(table.rows) == 50)
        assert table.cursor_id == f"id-{at:03}"


async def test_the_cursor_goes_with_its_session_out_of_sight_and_is_followed() -> None:
    rows = many(50)
    app = Dashboard(view(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        app.fake_feed.send(view(replace(rows[0], burn=burn()), *rows[1:]))
        await until(pilot, lambda: table.rows[-1].session_id == "id-000")
        assert any(line.startswith("▌") and "repo-000" in line for line in shown(table))


async def test_when_its_session_is_gone_the_cursor_stays_at_its_place() -> None:
    rows = many(4)
    app = Dashboard(view(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.press("down")
        app.fake_feed.send(view(rows[0], *rows[2:]))
        await until(pilot, lambda: len(table.rows) == 3)
        assert table.cursor_id == "id-002"
        app.fake_feed.send(view(rows[0]))
        await until(pilot, lambda: len(table.rows) == 1)
        assert table.cursor_id == "id-000"
        app.fake_feed.send(view())
        await until(pilot, lambda: not table.rows)
        assert table.cursor_id == ""
        assert table.cursor_row is None


async def test_only_lines_whose_text_changed_are_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many(10)
    app = Dashboard(view(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        redrawn: list[Region] = []
        real = SessionTable.refresh

        def refresh(self: SessionTable, *regions: Region, **options: Any) -> SessionTable:
            redrawn.extend(regions or [Region(0, 0, 999, 999)])
            return real(self, *regions, **options)

        monkeypatch.setattr(SessionTable, "refresh", refresh)
        changed = replace(rows[3], cost_nusd=usd(77))
        app.fake_feed.send(view(*rows[:3], changed, *rows[4:]))
        await until(pilot, lambda: "$77.00" in shown(table)[4])
        assert [region.y for region in redrawn] == [4]
        redrawn.clear()
        app.fake_feed.send(view(*rows[:3], replace(changed, requests=413), *rows[4:]))
        await until(pilot, lambda: table.rows[3].requests == 413)
        assert redrawn == []  # no column on this width shows the calls


async def test_ages_go_on_with_the_clock() -> None:
    app = Dashboard(view(session_row()))
    async with app.run_test(size=(140, 24)) as pilot:
        table = await start(app, pilot)
        assert shown(table)[1].rstrip().endswith("3s")
        app.move_clock(NOW + timedelta(seconds=10))
        await until(pilot, lambda: shown(table)[1].rstrip().endswith("13s"))


def colours(line: list[Segment], text: str) -> set[str]:
    return {
        str(segment.style.color.get_truecolor().hex)
        for segment in line
        if segment.style and segment.style.color and text in segment.text
    }


async def test_the_cursor_row_keeps_the_colours_of_its_cells() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        table = await start(app, pilot)
        plain_line = list(table.render_line(3))
        await pilot.press("down", "down")
        await pilot.pause()
        cursor_line = list(table.render_line(3))
        for text in ("88%", "40%", "busy", "$6.02"):
            assert colours(cursor_line, text) == colours(plain_line, text) != set()
        grounds = [
            {segment.style.bgcolor for segment in line if segment.style}
            for line in (plain_line, cursor_line)
        ]
        assert grounds[0].isdisjoint(grounds[1])


async def test_a_click_selects_and_a_click_on_a_title_sorts() -> None:
    app = Dashboard(view(*many(50)))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.click(SessionTable, offset=(10, 5))
        await pilot.pause()
        assert table.cursor_id == "id-004"
        at = shown(table)[0].index("cost")
        await pilot.click(SessionTable, offset=(at, 0))
        await until(pilot, lambda: table.sort is Sort.COST)
        await pilot.click(SessionTable, offset=(1, 0))  # the sign has no order
        await pilot.pause()
        assert table.sort is Sort.COST


async def test_a_click_below_the_last_row_selects_nothing_else() -> None:
    app = Dashboard(view(*many(2)))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.click(SessionTable, offset=(10, 9))
        await pilot.pause()
        assert table.cursor_id == "id-000"


async def test_scrolling_away_from_the_cursor_is_not_undone_by_new_numbers() -> None:
    rows = many(50)
    app = Dashboard(view(*rows))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        table.scroll_to(y=30, animate=False)
        await pilot.pause()
        app.fake_feed.send(view(*rows[:-1], replace(rows[-1], cost_nusd=usd(1))))
        await until(pilot, lambda: table.rows[-1].cost_nusd == usd(1))
        assert table.scroll_offset.y == 30
        await pilot.click(SessionTable, offset=(10, 1))
        await pilot.pause()
        assert table.cursor_id == "id-030"


async def test_titles_stay_when_rows_scroll() -> None:
    app = Dashboard(view(*many(50)))
    async with app.run_test(size=(80, 24)) as pilot:
        table = await start(app, pilot)
        await pilot.press("end")
        await pilot.pause()
        assert "repo · branch" in shown(table)[0]
        assert "repo-049" in shown(table)[-1]


def folded() -> Dashboard:
    """Fifty sessions with two subagents each."""
    app = Dashboard(view(*[replace(row, subagents=2) for row in many(50)]))
    helpers = [subagent_glance(f"{name}-helper") for name in "ab"]
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(
        session_glance(params["id"], *helpers)
    )
    return app


async def unfold(app: Dashboard, pilot: Pilot[None], session_id: str) -> SessionTable:
    table = await start(app, pilot)
    app.top.unfolded = frozenset({session_id})
    await until(pilot, lambda: table.unfolded.get(session_id))
    return table


async def test_subagents_are_lines_that_the_cursor_passes_over() -> None:
    app = folded()
    async with app.run_test(size=(140, 24)) as pilot:
        table = await unfold(app, pilot, "id-001")
        assert table.lines_wanted == 50 + 2 + 1
        assert "└ Explore a-helper" in table.render_line(3).text
        await pilot.press("down", "down")
        assert table.cursor_id == "id-002"
        assert table.render_line(5).text.startswith("▌")
        await pilot.press("end")
        assert table.cursor_id == "id-049"
        assert any(line.startswith("▌") for line in shown(table))


async def test_a_click_on_a_subagent_selects_its_session() -> None:
    app = folded()
    async with app.run_test(size=(140, 24)) as pilot:
        table = await unfold(app, pilot, "id-001")
        await pilot.click(SessionTable, offset=(20, 4))
        assert table.cursor_id == "id-001"
        await pilot.click(SessionTable, offset=(20, 5))
        assert table.cursor_id == "id-002"


async def test_unfolding_the_last_line_brings_its_subagents_into_sight() -> None:
    app = folded()
    async with app.run_test(size=(140, 24)) as pilot:
        await start(app, pilot)
        await pilot.press("end")
        table = await unfold(app, pilot, "id-049")
        await until(pilot, lambda: "b-helper" in shown(table)[-1])


async def test_subagents_not_known_yet_say_so() -> None:
    app = folded()
    app.daemon.answers[GLANCE] = DaemonDown("gone")
    async with app.run_test(size=(140, 24)) as pilot:
        table = await start(app, pilot)
        app.top.unfolded = frozenset({"id-000", "another"})
        await until(pilot, lambda: "asking the daemon" in table.render_line(2).text)
        assert "repo-001" in table.render_line(3).text


async def test_chosen_columns_are_the_only_ones() -> None:
    app = Dashboard(view(*many(3)))
    async with app.run_test(size=(140, 24)) as pilot:
        table = await start(app, pilot)
        table.wanted = frozenset({"cost"})
        await pilot.pause()
        assert table.render_line(0).text.split() == ["repo", "·", "branch", "cost", "so", "far"]
        assert "$3.20" in table.render_line(1).text
