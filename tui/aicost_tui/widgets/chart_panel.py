"""A frame with a title, a chart, and lines above and below it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content as Title
from textual.message import Message
from textual.reactive import reactive

from aicost.core.session import session_name
from aicost.core.session_glance import SessionGlance
from aicost.core.view import DashboardView, SessionRow, TaskTotal
from aicost_tui.charts import LEAST_HEIGHT, Chart
from aicost_tui.dashboard_charts import (
    burn_chart,
    burn_line,
    context_chart,
    context_line,
    parts_line,
    task_lines,
)
from aicost_tui.feed import Pacer
from aicost_tui.spans import Line, Span, plain
from aicost_tui.widgets.painted import Painted
from aicost_tui.widgets.plot import Plot

Content = Callable[[int, int], Sequence[Line]]  # cells, lines -> lines
Below = Callable[[int], Sequence[Line]]  # cells -> lines, the one that matters most last
_FRAME = 4  # cells beside what a frame says


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """What the charts show, at a moment, in the zone its times are told in."""

    view: DashboardView
    row: SessionRow | None  # the selected session
    glance: SessionGlance | None  # None: not known yet
    now: datetime
    zone: tzinfo
    is_low: bool = False  # there is no line to spare below a chart


class Sized(Painted):
    """Shows what `content` returns for the width and the height it has."""

    content: reactive[Content | None] = reactive(None, repaint=False, always_update=True)

    def watch_content(self) -> None:
        """Draw what changed."""
        before = len(self._built[1]) if self._built else 0
        self.changed()
        if self.styles.is_auto_height and len(self._lines()) != before:
            self.refresh(layout=True)

    def on_resize(self) -> None:
        """Make the lines anew: another height is other lines."""
        self._built = None
        self.refresh()

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return self.content(width, self.size.height) if self.content and width > 0 else ()


class ChartPanel(Vertical):
    """A chart with one line below it; or a word in its place."""

    _named = ("", "")  # what the frame says
    _title = ""
    _below: Below = staticmethod(lambda _width: ())
    _is_low = False

    def compose(self) -> ComposeResult:
        """Yield the chart, what stands in place of it, and the line below."""
        yield Plot()
        yield Sized(classes="instead")
        yield Sized(classes="below")

    def show(
        self, title: str, chart: Chart | None, below: Below, instead: str = "", *, is_low: bool
    ) -> None:
        """Show a chart, or say why there is none. Texts are safe to print."""
        self._title, self._below, self._is_low = title, below, is_low
        self.set_class(chart is None and bool(instead), "-empty")  # (a class lays out all anew)
        self.query_one(Plot).chart = chart
        self.query_one(".instead", Sized).content = lambda _width, _height: _said(instead)
        self._fill()

    def on_resize(self) -> None:
        """What stands in the frame and below the chart depends on the room there is."""
        self._fill()

    def _fill(self) -> None:
        width = self.size.width
        if width > _FRAME:  # it has its place
            self._frame(self._title, _last(self._below(width - _FRAME)) if self._is_low else "")
        self.query_one(".below", Sized).content = self._lines_below

    def _lines_below(self, width: int, _height: int) -> Sequence[Line]:
        """Return the lines; only the last one where with more of them the chart has no room."""
        lines = self._below(width)
        return lines[-1:] if self.size.height < len(lines) + LEAST_HEIGHT else lines

    def _frame(self, title: str, subtitle: str) -> None:
        """Name the frame; the same name is nothing to draw."""
        if (title, subtitle) != self._named:
            self._named = (title, subtitle)
            self.border_title, self.border_subtitle = Title(title), Title(subtitle)  # no markup


class TaskPanel(Sized):
    """What today went for. A click on a task asks for its history."""

    class Opened(Message):
        """Somebody wants to see the task of a line."""

        def __init__(self, line: int) -> None:
            self.line = line
            super().__init__()

    def on_click(self, event: events.Click) -> None:
        """Say which line it was."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.post_message(self.Opened(offset.y))


class ChartRow(Horizontal):
    """The selected session's context, the last hour, and what today went for, side by side."""

    facts: reactive[ChartFacts | None] = reactive(None, init=False, repaint=False)

    def __init__(self, rest_s: float = 0.0, *, id: str | None = None) -> None:
        """Draw what all sessions do together every `rest_s` seconds at most."""
        super().__init__(id=id)
        self._pacer = Pacer(self._show_all, self.set_timer, rest_s)
        self._tasks: tuple[TaskTotal, ...] | None = None  # as shown

    def compose(self) -> ComposeResult:
        """Yield the panels; TCSS hides those that have no room."""
        yield ChartPanel(id="context")
        yield ChartPanel(id="burn")
        yield TaskPanel(id="tasks")

    def watch_facts(self, facts: ChartFacts | None) -> None:
        """Draw what changed."""
        self.set_class(facts is not None, "-shown")
        if facts is None:
            return
        self._show_context(self.query_one("#context", ChartPanel), facts)
        if self._tasks != facts.view.today_by_task:  # at once: together they are the header's sum
            self._tasks = facts.view.today_by_task
            self.query_one(TaskPanel).content = partial(task_lines, self._tasks)
        self._pacer.offer(facts)

    def on_mount(self) -> None:
        """Name what has one name."""
        self.query_one(TaskPanel).border_title = "Today by task"

    def _show_all(self, facts: ChartFacts) -> None:
        hour, zone = facts.view.last_hour, facts.zone
        self.query_one("#burn", ChartPanel).show(
            "Burn, last hour: $/h ▲ tok/min ▼",
            burn_chart(hour, zone) if hour and any(hour.tokens) else None,
            lambda width: (burn_line(hour, zone, width),) if hour else (),
            "nothing burnt in the last hour",
            is_low=facts.is_low,
        )

    def _show_context(self, panel: ChartPanel, facts: ChartFacts) -> None:
        row, glance = facts.row, facts.glance
        if row is None:
            panel.show(
                "Context", None, lambda _width: (), "no session selected", is_low=facts.is_low
            )
            return
        has_points = glance is not None and len(glance.points) > 1
        panel.show(
            f"Context of {session_name(row)}",
            context_chart(row, glance, facts.zone) if glance and has_points else None,
            lambda width: [
                *_parts(glance, width),
                context_line(row, facts.now, facts.zone, width),
            ],
            "" if glance is None else "a chart comes with the second call",
            is_low=facts.is_low,
        )


def _parts(glance: SessionGlance | None, width: int) -> Sequence[Line]:
    """Return what fills the context; its place while it is asked for: nothing is to move then."""
    if glance is None:
        return ((),)
    return (parts_line(glance, width),) if glance.parts else ()


def _last(lines: Sequence[Line]) -> str:
    return plain(lines[-1]).strip() if lines else ""


def _said(text: str) -> Sequence[Line]:
    return ((Span(text, "label"),),)
