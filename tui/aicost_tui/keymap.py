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
    _key("d", "daemon", "start daemon", id="app.daemon", tooltip="Start the daemon, or restart it"),
    _hidden("e", "export", "export", id="app.export", tooltip="Write this table to a file"),
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
    _key("enter", "open", "open", id="top.open", tooltip="Look into the selected session"),
    _key("s", "sort", "sort", id="top.sort", tooltip="Next order: $/h, cost, context, last, repo"),
    _hidden("S", "reverse", "reverse", id="top.reverse", tooltip="Turn the order round"),
    _key("f", "fold", "agents", id="top.fold", tooltip="Show or hide the session's subagents"),
    _key("slash", "filter", "filter", id="top.filter", tooltip="Show only the sessions that match"),
    _key(
        "escape",
        "clear_filter",
        "show all",
        id="top.clear_filter",
        tooltip="Show all sessions again",
    ),
    _key("b", "budgets", "budgets", id="top.budgets", tooltip="Budgets: see, set, change"),
    _key("n", "nudges", "nudges", id="top.nudges", tooltip="All advice, with what to do"),
    _key("h", "app.history", "history", id="top.history", tooltip="Days, weeks, months: what for"),
    _hidden("H", "tasks", "tasks", id="top.tasks", tooltip="The history, by task"),
    _key("c", "columns", "columns", id="top.columns", tooltip="Choose the table's columns"),
    _key("space", "pause", "pause", id="top.pause", tooltip="Freeze the table, or let it go on"),
    _hidden("1", "list(1)", "live", id="top.list_live", tooltip="List live sessions only"),
    _hidden("2", "list(2)", "hour", id="top.list_hour", tooltip="List those of the last hour"),
    _hidden("3", "list(3)", "today", id="top.list_today", tooltip="List today's sessions"),
    _hidden("4", "list(4)", "all", id="top.list_all", tooltip="List all sessions again"),
]
# What can be done with the selected session, on each screen that selects one.
ACTION_KEYS: list[BindingType] = [
    _key("t", "tag", "task", id="act.tag", tooltip="Say what the turn was for"),
    _key("a", "allow", "allow", id="act.allow", tooltip="Let agents go on over a hard budget"),
    _key("x", "interrupt", "interrupt", id="act.interrupt", tooltip="Interrupt the agent: asks"),
    _key("y", "copy", "copy", id="act.copy", tooltip="Copy the id, the log's path, how to resume"),
    _hidden("o", "resume", "resume", id="act.resume", tooltip="How to resume it; where its log is"),
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
COLUMN_LIST_KEYS: list[BindingType] = [
    _key("space", "take", "show/hide", id="columns.take", tooltip="Show the column, or hide it"),
    _hidden("up,k", "move(-1)", "up", id="columns.up", tooltip="The column above"),
    _hidden("down,j", "move(1)", "down", id="columns.down", tooltip="The column below"),
]
COLUMN_KEYS: list[BindingType] = [
    _key("a", "every", "all", id="columns.every", tooltip="Take all columns"),
    _key("enter", "keep", "keep", id="columns.keep", tooltip="Keep these columns"),
    _key("escape,c,q", "leave", "cancel", id="columns.leave", tooltip="Leave them as they were"),
]
DIALOG_KEYS: list[BindingType] = [
    _key("escape", "close", "close", id="dialog.close", tooltip="Close, and change nothing"),
    _key("tab", "app.focus_next", "next", id="dialog.tab", tooltip="The next field or button"),
    _hidden("right,down", "app.focus_next", "next", id="dialog.next", tooltip="The next button"),
    _hidden("left,up", "app.focus_previous", "back", id="dialog.back", tooltip="The button before"),
]
MENU_KEYS: list[BindingType] = [
    _key("enter", "select", "choose", id="menu.choose", tooltip="Take what is selected"),
]
TAG_KEYS: list[BindingType] = [
    _key("w", "whole", "turn/session", id="tag.whole", tooltip="This turn, or the whole session"),
]
BUDGET_KEYS: list[BindingType] = [
    _key("n", "new", "new", id="budgets.new", tooltip="Set a new budget"),
    _key("enter", "change", "change", id="budgets.change", tooltip="Change its limit"),
    _key(
        "s", "effect", "soft/hard", id="budgets.effect", tooltip="Let it stop agents, or only tell"
    ),
    _key("d,delete", "remove", "remove", id="budgets.remove", tooltip="Take the budget away"),
    _key("r", "reload", "reload", id="budgets.reload", tooltip="Ask the daemon again"),
    _key("escape,b", "close", "back", id="budgets.close", tooltip="Back to the dashboard"),
]
BUDGET_LIST_KEYS: list[BindingType] = [
    _hidden("up,k", "cursor(-1)", "up", id="budgets.up", tooltip="Select the budget above"),
    _hidden("down,j", "cursor(1)", "down", id="budgets.down", tooltip="Select the budget below"),
    _hidden("home,g", "cursor(-999)", "first", id="budgets.first", tooltip="The first budget"),
    _hidden("end,G", "cursor(999)", "last", id="budgets.last", tooltip="The last budget"),
]
PANEL_KEYS: list[BindingType] = [
    _key("escape,b,n,q", "dismiss", "close", id="panel.close", tooltip="Back to the dashboard"),
]
HISTORY_KEYS: list[BindingType] = [
    _key("r", "retry", "retry", id="history.retry", tooltip="Ask the daemon again now"),
    _key("escape", "back", "back", id="history.back", tooltip="One step back up"),
    _key("right", "step(1)", "range", id="history.longer", tooltip="A longer time; later days"),
    _hidden(
        "left", "step(-1)", "range", id="history.shorter", tooltip="A shorter time; days before"
    ),
    _key("b", "regroup(1)", "by", id="history.by", tooltip="Next grouping: repo, branch, model …"),
    _hidden("B", "regroup(-1)", "by", id="history.by_back", tooltip="The grouping before"),
    _key("c", "calendar", "calendar", id="history.calendar", tooltip="The year, day by day"),
    _key("s", "order", "sort", id="history.sort", tooltip="Next order: cost, tokens, calls …"),
    _key("slash", "filter", "filter", id="history.filter", tooltip="Show only rows that match"),
    _key("u", "units", "$/tokens", id="history.units", tooltip="Dollars or tokens"),
    _hidden("S", "flip", "turn order", id="history.flip", tooltip="The order the other way round"),
    _hidden("d", "grain('day')", "days", id="history.days", tooltip="A bar for each day"),
    _hidden("w", "grain('week')", "weeks", id="history.weeks", tooltip="A bar for each week"),
    _hidden("m", "grain('month')", "months", id="history.months", tooltip="A bar for each month"),
    _hidden("1", "range('7 d')", "7 days", id="history.7d", tooltip="The last 7 days"),
    _hidden("2", "range('30 d')", "30 days", id="history.30d", tooltip="The last 30 days"),
    _hidden("3", "range('90 d')", "90 days", id="history.90d", tooltip="The last 90 days"),
    _hidden("4", "range('year')", "year", id="history.year", tooltip="The last 365 days"),
    _hidden("5", "range('all')", "all", id="history.all", tooltip="All there is"),
    _hidden(
        "y", "copy_key", "copy", id="history.copy", tooltip="Copy the name of the selected row"
    ),
    _hidden("h", "leave", "dashboard", id="history.leave", tooltip="Back to the dashboard"),
]
HISTORY_TABLE_KEYS: list[BindingType] = [
    _key("enter", "open", "open", id="history.open", tooltip="Look into the selected row"),
    _hidden("up,k", "cursor(-1)", "up", id="rows.up", tooltip="Select the row above"),
    _hidden("down,j", "cursor(1)", "down", id="rows.down", tooltip="Select the row below"),
    _hidden("pageup", "page(-1)", "page up", id="rows.page_up", tooltip="Go up a page"),
    _hidden("pagedown", "page(1)", "page down", id="rows.page_down", tooltip="Go down a page"),
    _hidden("home,g", "end(0)", "first", id="rows.first", tooltip="Select the first row"),
    _hidden("end,G", "end(-1)", "last", id="rows.last", tooltip="Select the last row"),
]
CALENDAR_KEYS: list[BindingType] = [
    _key("enter", "open_day", "open", id="calendar.open", tooltip="Look into the chosen day"),
    _hidden("left", "day(-7)", "week before", id="calendar.left", tooltip="The week before"),
    _hidden("right", "day(7)", "week after", id="calendar.right", tooltip="The week after"),
    _hidden("up,k", "day(-1)", "day before", id="calendar.up", tooltip="The day before"),
    _hidden("down,j", "day(1)", "day after", id="calendar.down", tooltip="The day after"),
    _hidden("home,g", "day(-370)", "first day", id="calendar.first", tooltip="The first day"),
    _hidden("end,G", "day(370)", "today", id="calendar.last", tooltip="Today"),
]
SESSION_KEYS: list[BindingType] = [
    _key("r", "retry", "retry", id="session.retry", tooltip="Ask the daemon again now"),
    _key("tab", "pane(1)", "next pane", id="session.next", tooltip="The next pane"),
    _hidden("shift+tab", "pane(-1)", "pane before", id="session.before", tooltip="The pane before"),
    _key(
        "i", "explain", "total", id="session.explain", tooltip="All calls behind the session's cost"
    ),
    *(
        _hidden(str(n), f"show_pane({n - 1})", name, id=f"session.pane{n}", tooltip=f"To pane {n}")
        for n, name in enumerate(("turns", "context", "results", "agents", "waste", "work"), 1)
    ),
    _key("escape", "back", "back", id="session.back", tooltip="Back to where you came from"),
]
ENTRY_KEYS: list[BindingType] = [
    _key("enter", "open", "explain", id="entry.open", tooltip="Where the figures come from"),
    _hidden("up,k", "cursor(-1)", "up", id="entry.up", tooltip="Select the line above"),
    _hidden("down,j", "cursor(1)", "down", id="entry.down", tooltip="Select the line below"),
    _hidden("pageup", "page(-1)", "page up", id="entry.page_up", tooltip="Go up a page"),
    _hidden("pagedown", "page(1)", "page down", id="entry.page_down", tooltip="Go down a page"),
    _hidden("home,g", "end(0)", "first", id="entry.first", tooltip="Select the first line"),
    _hidden("end,G", "end(-1)", "last", id="entry.last", tooltip="Select the last line"),
]
EXPLAIN_KEYS: list[BindingType] = [
    _key("escape,q", "dismiss", "close", id="explain.close", tooltip="One step back"),
]
