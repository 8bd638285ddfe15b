"""Our colours: readable on their own ground, and the levels told apart."""

import pytest
from textual.color import Color

from aicost_tui.themes import AICOST_DARK, OURS


def contrast(front: Color, ground: Color) -> float:
    """Return the contrast ratio of WCAG 2: 1..21."""

    def luminance(color: Color) -> float:
        def linear(part: float) -> float:
            return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

        red, green, blue = (linear(part) for part in color.normalized)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(front), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("role", ["accent", "success", "warning", "error"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_coloured_text_reads_well(role: str, ground: str) -> None:
    colours = AICOST_DARK.to_color_system().generate() | AICOST_DARK.variables
    front, under = Color.parse(colours[f"text-{role}"]), Color.parse(colours[ground])
    assert contrast(front, under) >= 4.5


def test_dim_labels_read_well() -> None:
    colours = AICOST_DARK.to_color_system().generate()
    ground = Color.parse(colours["background"])
    label = ground.blend(Color.parse(colours["foreground"]), 0.58)
    assert contrast(label, ground) >= 4.5


def test_names_are_of_their_own() -> None:
    assert [theme.name for theme in OURS] == ["aicost-dark"]
