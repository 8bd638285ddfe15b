"""All keys, made from the bindings themselves, and what the signs mean."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from aicost.core.nudge import SIGNS, Severity
from aicost_tui.columns import CROWDED_AT, FULL_AT, STATE_ROLES
from aicost_tui.gauges import ROLES_OF
from aicost_tui.keymap import HELP_KEYS
from aicost_tui.rows import STATES
from aicost_tui.spans import Line, Span, pad
from aicost_tui.widgets.painted import PaintedLines

_COLUMNS = (
    ("LOOP", "behind a branch: in a loop; its nudge says which"),
    ("▸2", "behind a branch: subagents; ▾ where they are shown below"),
    ("flags", "⟳ loop and how often; cold cache: the next prompt is dearer"),
    ("context", f"share of the model's window; yellow {CROWDED_AT:.0%}, red {FULL_AT:.0%}"),
    ("tok/min", "tokens a minute over the last 10 minutes"),
    ("$/h", "dollars an hour, the same minutes; ? = no price known"),
    ("cost", "list price so far; ≥ = some tokens have no price"),
    ("next", "sending this context once more; the answer is extra"),
    ("cache", "share of the prompt read from cache, last 20 calls"),
    ("last", "time since the last answer"),
    ("▾ ▴", "the order: from the largest, or turned round"),
    ("unreadable", "log lines that are broken; a call in one is not counted"),
)


_CHARTS = (
    ("context", "the prompt of each call; the scale ends at the window"),
    ("▲", "compacted: a summary took the conversation's place"),
    ("~", "an estimate"),
    ("burn", "up: dollars an hour; down: tokens a minute; each minute"),
)
_FILTER = (
    ("repo:shop", "also branch: model: agent: task: state:"),
    (">$5 <=$1", "cost so far; >$2/h is what it burns"),
    (">50%", "filled share of the context"),
    ("shop", "any of these, or the session's id"),
)

_SIGNS: dict[Severity, str] = {
    "info": "a note; a budget below 80 %",
    "warning": "a warning; 80 % of a budget, or over it at this rate",
    "serious": "95 % of a budget, or a command that fails on and on",
}


def help_lines(keys: Iterable[tuple[str, str]]) -> tuple[Line, ...]:
    """Return the page; `keys` are pairs of what to press and what it does."""
    return (
        _title("Keys"),
        *(_entry(key, says) for key, says in keys),
        (),
        _title("States"),
        *(
            (
                Span(f"  {look.sign} ", STATE_ROLES[state]),
                *pad((Span(look.word, "text"),), 9),
                Span(look.meaning, "label"),
            )
            for state, look in STATES.items()
        ),
        (Span(f"{'':13}Codex does not tell that it waits: it is shown as busy", "label"),),
        (),
        _title("Budgets and nudges"),
        *(
            (Span(f"  {SIGNS[severity]} ", ROLES_OF[severity]), *pad((), 9), Span(says, "label"))
            for severity, says in _SIGNS.items()
        ),
        _entry("→ ↺", "where a budget's window ends at this rate; when it resets", role="text"),
        (),
        _title("Columns"),
        *(_entry(name, says, role="text") for name, says in _COLUMNS),
        (),
        _title("Charts"),
        *(_entry(name, says, role="text") for name, says in _CHARTS),
        (),
        _title("Filter"),
        *(_entry(name, says, role="text") for name, says in _FILTER),
    )


def _title(text: str) -> Line:
    return (Span(text, "figure"),)


def _entry(name: str, says: str, *, role: str = "accent") -> Line:
    shown = Span(name, "accent" if role == "accent" else "text")
    return (Span("  "), *pad((shown,), 11), Span(says, "label"))


class HelpScreen(ModalScreen[None]):
    """A page over the dashboard. `keys`: what to press, what it does."""

    BINDINGS: ClassVar[list[BindingType]] = HELP_KEYS

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Yield the page in a frame that scrolls."""
        with VerticalScroll(id="help-frame") as frame:
            frame.border_title = "aicost top"
            frame.border_subtitle = "esc closes"
            yield PaintedLines(id="help")

    def on_mount(self) -> None:
        """Fill the page."""
        self.query_one(PaintedLines).lines = help_lines(self._keys)
        self.query_one("#help-frame").focus()
