"""The form of a budget: a new one, or another limit for one that is set."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from aicost.core.budget import STEPS, Budget, Scope
from aicost.core.budget_page import BudgetChange
from aicost.core.budget_words import (
    EXAMPLES,
    SCOPES,
    AmountError,
    config_amount,
    limit_words,
    parse_amount,
)
from aicost.core.categories import TaskCategory
from aicost.core.errors import AicostError
from aicost.core.nudge_words import amount
from aicost.ipc.answers import value_in
from aicost_tui.dialog_lines import change_lines, said
from aicost_tui.feed import Ask
from aicost_tui.screens.dialog import Dialog
from aicost_tui.widgets.field import Field
from aicost_tui.widgets.tick import Tick

_SCOPE_WORDS: dict[Scope, str] = {
    "day": "a day",
    "week": "a week, from Monday on",
    "month": "a month",
    "5h": "any five hours",
    "session": "each session",
    "turn": "each turn",
    "plan-5h": "a plan's 5 hours",
    "plan-week": "a plan's week",
}
_GLOBS = {"repo": "shop, or github.com/acme/*", "branch": "main, feature/*", "model": "*opus*"}
_CHOICES: dict[str, tuple[str, ...]] = {
    "category": tuple(TaskCategory),
    "agent": ("claude", "codex"),
    "env": ("interactive", "headless", "ci"),
}
_LABELS = {"repo": "repository", "category": "task", "env": "run as"}
_MOST_CHARS = 120
_PAUSE_S = 0.2  # after the last key, before the daemon is asked what would change
assert set(_SCOPE_WORDS) == set(SCOPES)


class BudgetForm(Dialog[BudgetChange]):
    """Sets a budget; with `known` another limit or effect of that one."""

    HEADING: ClassVar[str] = "Budget"
    AUTO_FOCUS = "#amount"

    def __init__(self, ask: Ask, known: Budget | None = None) -> None:
        super().__init__()
        self._ask, self._known = ask, known
        self._shown: dict[str, Any] | None = None  # the row of which the change is shown

    def body(self) -> Iterable[Widget]:
        """Return the fields; of a known budget only what can change."""
        known = self._known
        if known is None:
            scopes = [(words, scope) for scope, words in _SCOPE_WORDS.items()]
            yield Field(
                "limit of", Select(scopes, value="day", allow_blank=False, id="scope", compact=True)
            )
        value = "" if known is None else limit_text(known)
        yield Field(
            "at most", Input(value, placeholder="25, or 300k tokens", id="amount", max_length=40)
        )
        is_hard = known is not None and known.is_hard
        yield Field("there", Tick("stop agents (hard)", is_hard, id="hard", compact=True))
        if known is None:
            for name, example in _GLOBS.items():
                hint = f"any; e.g. {example}"
                box = Input(placeholder=hint, id=name, max_length=_MOST_CHARS)
                yield Field(_LABELS.get(name, name), box)
            for name, values in _CHOICES.items():
                choice = Select([(one, one) for one in values], prompt="any", id=name, compact=True)
                yield Field(_LABELS.get(name, name), choice)

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done."""
        return {"write": "Write it", "close": "Cancel"}

    def on_mount(self) -> None:
        """Say what is set now, and what would change."""
        known = self._known
        if known is not None:
            self.show_text(lambda width: [*said(limit_words(known), width, "figure"), ()])
        self._check()

    def on_input_changed(self) -> None:
        """Say what it would do."""
        self._check()

    on_select_changed = on_checkbox_changed = on_input_changed

    def on_input_submitted(self) -> None:
        """Go on to the next field."""
        self.focus_next()

    def pressed(self, name: str) -> None:
        """Write what is shown."""
        if self._shown == self._row():
            self._write()

    def _check(self) -> None:
        """Look at what was typed; ask the daemon what it would change."""
        self._shown = None
        self.query_one("#write", Button).disabled = True
        row = self._row()
        if not row["amount"]:
            self.workers.cancel_group(self, "preview")
            self.show_said(lambda width: said(EXAMPLES, width, "label"))
            return
        try:
            parse_amount(row["amount"], row["scope"])
        except AmountError as error:
            self.workers.cancel_group(self, "preview")
            text = f"✕ {error}"
            self.show_said(lambda width: said(text, width, "bad"))
            return
        self._preview(row)

    @work(exclusive=True, group="preview")
    async def _preview(self, row: dict[str, Any]) -> None:
        try:
            change = await self._called(row, dry=True)
        except AicostError as error:
            self.show_error(error)
            return
        self._shown = row
        self.query_one("#write", Button).disabled = not change.lines
        self.show_said(partial(change_lines, change))

    @work(exclusive=True, group="write")
    async def _write(self) -> None:
        try:
            self.dismiss(await self._called(self._row(), dry=False))
        except AicostError as error:
            self.show_error(error)

    async def _called(self, row: Mapping[str, Any], *, dry: bool) -> BudgetChange:
        replaces = self._known.budget_id if self._known else ""
        asked = {"row": _as_written(row), "replaces": replaces, "dry": dry}
        return value_in(await self._ask("budget.set", asked), BudgetChange)

    def _row(self) -> dict[str, Any]:
        """Return the budget as `[[budgets]]` has it; the amount as it was typed."""
        typed = {"amount": self.query_one("#amount", Input).value.strip()}
        is_hard = self.query_one("#hard", Tick).value
        if self._known is not None:
            effect = {"hard": is_hard} if is_hard != self._known.is_hard else {}
            return {**row_of(self._known), **typed, **effect}
        row: dict[str, Any] = {"scope": self.query_one("#scope", Select).value, **typed}
        row |= {"hard": True} if is_hard else {}
        row |= {
            name: text
            for name in _GLOBS
            if (text := self.query_one(f"#{name}", Input).value.strip())
        }
        chosen = {name: self.query_one(f"#{name}", Select) for name in _CHOICES}
        return row | {name: box.value for name, box in chosen.items() if not box.is_blank()}


def row_of(budget: Budget) -> dict[str, Any]:
    """Return a budget as `[[budgets]]` has it, but whether it is hard."""
    fields = asdict(budget.filter)
    fields.pop("is_repo_exact")
    fields["env"] = fields.pop("environment")
    known = {name: text for name, text in fields.items() if text}
    return {"scope": budget.scope, "amount": config_amount(limit_text(budget)), **known}


def limit_text(budget: Budget) -> str:
    """Return a limit as one types it, to its last step: `25`, `12.50`, `300,000 tokens`."""
    number = (Decimal(budget.limit) / STEPS[budget.unit]).normalize()
    if budget.unit == "usd":
        return (
            f"{number:,.2f}".removesuffix(".00") if number == round(number, 2) else f"{number:,f}"
        )
    return f"{number:,f} {amount(budget, budget.limit).partition(' ')[2]}"


def _as_written(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with plain dollars as a number, as one writes them by hand."""
    return {**row, "amount": config_amount(row["amount"])}
