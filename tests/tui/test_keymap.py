"""The key lists: every key can be remapped, says what it does, and its action exists."""

import pytest
from textual.binding import Binding, BindingType

from aicost_tui import keymap
from aicost_tui.app import DashboardApp
from aicost_tui.screens.columns import ColumnList, ColumnsScreen
from aicost_tui.screens.dashboard import DashboardScreen
from aicost_tui.screens.explain import ExplainScreen
from aicost_tui.screens.help import HelpScreen
from aicost_tui.screens.panel import PanelScreen
from aicost_tui.screens.session import SessionScreen
from aicost_tui.widgets.entry_list import EntryList
from aicost_tui.widgets.filter_bar import FilterInput
from aicost_tui.widgets.session_table import SessionTable

LISTS: dict[type, list[BindingType]] = {
    DashboardApp: keymap.APP_KEYS,
    DashboardScreen: keymap.DASHBOARD_KEYS,
    SessionTable: keymap.TABLE_KEYS,
    FilterInput: keymap.FILTER_KEYS,
    HelpScreen: keymap.HELP_KEYS,
    PanelScreen: keymap.PANEL_KEYS,
    EntryList: keymap.ENTRY_KEYS,
    ExplainScreen: keymap.EXPLAIN_KEYS,
    SessionScreen: keymap.SESSION_KEYS,
    ColumnList: keymap.COLUMN_LIST_KEYS,
    ColumnsScreen: keymap.COLUMN_KEYS,
}
EVERY = [
    (owner, binding)
    for owner, bindings in LISTS.items()
    for binding in bindings
    if isinstance(binding, Binding)
]


def test_the_lists_are_complete_bindings_with_ids_of_their_own() -> None:
    assert sum(map(len, LISTS.values())) == len(EVERY)
    ids = [binding.id for _, binding in EVERY]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("owner", "binding"), EVERY, ids=lambda value: getattr(value, "id", None))
def test_every_key_is_described_and_its_action_exists(owner: type, binding: Binding) -> None:
    assert binding.id
    assert binding.description
    assert binding.tooltip
    where, _, action = binding.action.partition("(")[0].rpartition(".")
    assert hasattr(DashboardApp if where == "app" else owner, f"action_{action}")
    assert binding in owner.BINDINGS  # type: ignore[attr-defined]
