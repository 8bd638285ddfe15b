"""A list of entries: keys, mouse, and a place that is kept when what it shows changes."""

from typing import ClassVar

import pytest
from fake_feed import until
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from aicost_tui.entries import Entry, Listing, NoteTarget, heading
from aicost_tui.spans import Span
from aicost_tui.widgets.entry_list import EntryList

HEIGHT = 10


def entry(number: int, lines: int = 1) -> Entry:
    text = tuple((Span(f"entry {number}" if not at else "  more"),) for at in range(lines))
    target = NoteTarget(title=f"{number}", paragraphs=()) if number % 2 else None
    return Entry(key=f"k{number}", lines=text, target=target)


def some(*entries: Entry, head: str = "") -> Listing:
    return Listing(entries=entries, head=(Span(head),) if head else ())


def many(count: int, first: int = 0) -> Listing:
    return some(*(entry(number) for number in range(first, first + count)))


class ListApp(App[None]):
    """One list, as high as the screen."""

    CSS = "EntryList { height: 100%; overflow-x: hidden; overflow-y: auto; }"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, listing: Listing, *, follows: bool = False) -> None:
        super().__init__()
        self._listing, self._follows = listing, follows
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield EntryList(id="list", follows=self._follows)

    def on_mount(self) -> None:
        self.entries.content = lambda _width: self._listing
        self.entries.focus()

    def on_entry_list_opened(self, message: EntryList.Opened) -> None:
        self.opened.append(message.entry.key)

    @property
    def entries(self) -> EntryList:
        return self.query_one(EntryList)

    def show(self, listing: Listing) -> None:
        self.entries.content = lambda _width: listing

    def lines(self) -> list[str]:
        return [self.entries.render_line(y).text.rstrip() for y in range(HEIGHT)]


async def ready(app: ListApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.entries.cursor_key and app.entries.has_focus)


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ("down", 1), ("down down up", 1), ("j j k", 1), ("up", 0), ("end", 49), ("G", 49),
        ("end home", 0), ("G g", 0), ("pagedown", 9), ("pagedown pageup", 0), ("end down", 49),
    ],
)  # fmt: skip
async def test_keys_move_the_cursor_and_keep_it_in_sight(keys: str, at: int) -> None:
    app = ListApp(many(50))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        await pilot.press(*keys.split())
        await pilot.pause()
        assert app.entries.cursor_key == f"k{at}"
        assert f"▌entry {at}" in app.lines()


async def test_headings_are_passed_over_and_shown_at_the_top() -> None:
    listing = some(
        heading("a", (Span("First"),)), entry(1), heading("b", (Span("Then"),)), entry(3)
    )
    app = ListApp(listing)
    async with app.run_test(size=(40, 3)) as pilot:
        await ready(app, pilot)
        assert app.entries.cursor_key == "k1"
        await pilot.press("down")
        assert app.entries.cursor_key == "k3"
        await pilot.press("up")
        await pilot.pause()
        assert app.entries.render_line(0).text.strip() == "First"


async def test_an_entry_of_several_lines_is_seen_whole() -> None:
    app = ListApp(some(*(entry(number, lines=3) for number in range(9)), head="titles"))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert app.lines()[0].strip() == "titles"
        assert app.lines()[-3:] == ["▌entry 3", "▌  more", "▌  more"]


async def test_the_cursor_stays_on_its_entry_when_others_come_and_go() -> None:
    app = ListApp(many(20))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        await pilot.press("down", "down")
        app.show(many(20, first=1))
        await pilot.pause()
        assert app.entries.cursor_key == "k2"
        app.show(many(20, first=30))
        await pilot.pause()
        assert app.entries.cursor_key == "k31"  # its place, as it is gone
        app.show(some())
        await pilot.pause()
        assert app.entries.cursor_entry is None


async def test_the_scroll_stays_when_something_is_added() -> None:
    app = ListApp(many(50))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        await pilot.press("end", *["up"] * 15)
        await pilot.pause()
        before = app.lines()
        app.show(many(51))
        await pilot.pause()
        assert app.lines() == before


async def test_who_looks_at_the_last_one_goes_with_it() -> None:
    app = ListApp(many(20), follows=True)
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await until(pilot, lambda: app.entries.cursor_key == "k19")
        app.show(many(21))
        await until(pilot, lambda: app.entries.cursor_key == "k20")
        assert app.lines()[-1] == "▌entry 20"
        await pilot.press("up")
        app.show(many(22))
        await pilot.pause()
        assert app.entries.cursor_key == "k19"


async def test_enter_opens_what_can_be_explained() -> None:
    app = ListApp(many(3))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        assert app.entries.check_action("open", ()) is False
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert app.opened == ["k1"]
        assert app.entries.check_action("open", ()) is True


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = ListApp(some(heading("h", (Span("Title"),)), entry(1), entry(3), head="titles"))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        for y in (0, 1, 8):  # titles, a heading, nothing
            await pilot.click(EntryList, offset=(4, y))
        assert (app.entries.cursor_key, app.opened) == ("k1", [])
        await pilot.click(EntryList, offset=(4, 3))
        assert (app.entries.cursor_key, app.opened) == ("k3", [])
        await pilot.click(EntryList, offset=(4, 3))
        await pilot.pause()
        assert app.opened == ["k3"]


async def test_text_without_entries_scrolls_by_the_same_keys() -> None:
    text = some(*(heading(str(number), (Span(f"line {number}"),)) for number in range(30)))
    app = ListApp(text)
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await until(pilot, lambda: app.entries.line_count == 30)
        await pilot.press("down", "down")
        await until(pilot, lambda: app.lines()[0].strip() == "line 2")
        await pilot.press("end")
        await until(pilot, lambda: app.lines()[-1].strip() == "line 29")


async def test_a_scrollbar_takes_room_from_the_lines_not_from_their_ends() -> None:
    widths: list[int] = []

    def content(width: int) -> Listing:
        widths.append(width)
        line = (Span("x" * (width - 1) + "!"),)
        return some(*(Entry(key=str(number), lines=(line,)) for number in range(30)))

    app = ListApp(some())
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        app.entries.content = content
        await until(pilot, lambda: app.entries.show_vertical_scrollbar)
        assert widths[-2:] == [38, 37]
        assert all(line.endswith("!") for line in app.lines())


async def test_only_the_list_with_the_keys_marks_its_cursor() -> None:
    app = ListApp(many(3))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await ready(app, pilot)
        assert app.lines()[0].startswith("▌")
        app.set_focus(None)
        await pilot.pause()
        assert app.lines()[0].startswith(" ")
