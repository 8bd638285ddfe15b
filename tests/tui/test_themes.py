"""Our colours: readable on their own ground, and the levels told apart."""

import pytest
from textual.color import Color
from textual.theme import Theme

from aicost_tui.themes import AICOST_CONTRAST, OURS


def contrast(front: Color, ground: Color) -> float:
    """Return the contrast ratio of WCAG 2: 1..21."""

    def luminance(color: Color) -> float:
        def linear(part: float) -> float:
            return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

        red, green, blue = (linear(part) for part in color.normalized)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(front), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours_of(theme: Theme) -> dict[str, str]:
    return theme.to_color_system().generate() | theme.variables


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
@pytest.mark.parametrize("role", ["accent", "primary", "secondary", "success", "warning", "error"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_coloured_text_reads_well(theme: Theme, role: str, ground: str) -> None:
    colours = colours_of(theme)
    front, under = Color.parse(colours[f"text-{role}"]), Color.parse(colours[ground])
    assert contrast(front, under) >= (7 if theme is AICOST_CONTRAST else 4.5)


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_coloured_text_reads_well_on_the_selected_row(theme: Theme) -> None:
    colours = colours_of(theme)
    ground = Color.parse(colours["background"]).blend(Color.parse(colours["accent"]), 0.20)
    for role in ("success", "warning", "error"):
        assert contrast(Color.parse(colours[f"text-{role}"]), ground) >= 3.5


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_dim_labels_read_well(theme: Theme) -> None:
    colours = colours_of(theme)
    ground = Color.parse(colours["background"])
    ink = {"aicost-light": 0.68, "aicost-contrast": 1.0}.get(theme.name, 0.58)  # as in the TCSS
    label = ground.blend(Color.parse(colours["foreground"]), ink)
    assert contrast(label, ground) >= 4.5


def test_names_are_of_their_own() -> None:
    assert [theme.name for theme in OURS] == ["aicost-dark", "aicost-light", "aicost-contrast"]
