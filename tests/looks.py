"""How every screen is looked at: two sizes, three themes."""

from collections.abc import Awaitable, Callable

import pytest
from fake_feed import Dashboard, until
from textual.pilot import Pilot
from textual.widgets import Input

from aicost.core.view import DashboardView

SIZES = [(80, 24), (140, 40)]
_THEMES = {"dark": "aicost-dark", "light": "aicost-light", "contrast": "aicost-contrast"}

in_every_theme = pytest.mark.parametrize("theme", _THEMES)
in_every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))


def themed(
    theme: str, view: DashboardView | None, *keys: str
) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Return what brings a dashboard to the picture: the view, the theme, then keys."""

    async def prepare(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Dashboard)
        await until(pilot, lambda: view is None or app.top.view == view)
        app.theme = _THEMES[theme]
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        for field in app.screen.query(Input):
            field.cursor_blink = False  # or it is in every second picture
        await settled(pilot)

    return prepare


async def settled(pilot: Pilot[None]) -> None:
    """Let what was asked be answered and shown."""
    for _ in range(8):
        await pilot.pause()
