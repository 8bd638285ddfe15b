"""Every key of the dashboard. Footer, help and palette are made from these lists.

The ids are what a user's keymap refers to. `tooltip` is the sentence for help and palette; `show`
is False for what the footer has no room for.
"""

from textual.binding import Binding, BindingType


def _key(key: str, action: str, says: str, *, id: str, tooltip: str) -> Binding:
    return Binding(key, action, says, id=id, tooltip=tooltip)


def _hidden(key: str, action: str, says: str, *, id: str, tooltip: str) -> Binding:
    return Binding(key, action, says, id=id, tooltip=tooltip, show=False)


APP_KEYS: list[BindingType] = [
    _key("question_mark", "help", "help", id="app.help", tooltip="All keys and signs"),
    Binding(
        "ctrl+p",
        "command_palette",
        "palette",
        id="app.palette",
        tooltip="Find any command",
        priority=True,
    ),
    _key("q", "quit", "quit", id="app.quit", tooltip="Leave the dashboard; the daemon goes on"),
    _hidden("ctrl+c", "quit", "quit", id="app.interrupt", tooltip="Leave the dashboard"),
    Binding(
        "ctrl+q",
        "quit",
        "quit",
        id="app.quit_anywhere",
        tooltip="Leave from anywhere",
        show=False,
        priority=True,
    ),
]
DASHBOARD_KEYS: list[BindingType] = [
    _key("r", "retry", "retry", id="top.retry", tooltip="Try to reach the daemon now"),
    _key("s", "sort", "sort", id="top.sort", tooltip="Next order: $/h, cost, context, last, repo"),
    _key("slash", "filter", "filter", id="top.filter", tooltip="Show only the sessions that match"),
    _key(
        "escape",
        "clear_filter",
        "show all",
        id="top.clear_filter",
        tooltip="Show all sessions again",
    ),
    _key("b", "budgets", "budgets", id="top.budgets", tooltip="All budgets and plan windows"),
    _key("n", "nudges", "nudges", id="top.nudges", tooltip="All advice, with what to do"),
    _key(
        "y",
        "copy_session",
        "copy id",
        id="top.copy",
        tooltip="Copy the id of the selected session",
    ),
    _key("space", "pause", "pause", id="top.pause", tooltip="Freeze the table, or let it go on"),
]
TABLE_KEYS: list[BindingType] = [
    _hidden("up,k", "cursor(-1)", "up", id="table.up", tooltip="Select the session above"),
    _hidden("down,j", "cursor(1)", "down", id="table.down", tooltip="Select the session below"),
    _hidden("pageup", "page(-1)", "page up", id="table.page_up", tooltip="Go up a page"),
    _hidden("pagedown", "page(1)", "page down", id="table.page_down", tooltip="Go down a page"),
    _hidden("home,g", "end(0)", "first", id="table.first", tooltip="Select the first session"),
    _hidden("end,G", "end(-1)", "last", id="table.last", tooltip="Select the last session"),
]
FILTER_KEYS: list[BindingType] = [
    _key("enter", "keep", "keep", id="filter.keep", tooltip="Keep the filter, go to the table"),
    _hidden("down", "keep", "keep", id="filter.down", tooltip="Keep the filter, go to the table"),
    _key("escape", "clear", "show all", id="filter.clear", tooltip="Show all sessions again"),
]
HELP_KEYS: list[BindingType] = [
    _key(
        "escape,question_mark,q",
        "dismiss",
        "close",
        id="help.close",
        tooltip="Back to the dashboard",
    ),
]
PANEL_KEYS: list[BindingType] = [
    _key("escape,b,n,q", "dismiss", "close", id="panel.close", tooltip="Back to the dashboard"),
]
