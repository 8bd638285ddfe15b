"""The page's colours can be told apart in light and in dark, and every class of it is used."""

import re

import pytest
from weekly_builders import busy_week

from aicost.report.weekly_html import weekly_html
from aicost.report.weekly_style import STYLE

CLASSES = re.compile(r'class=(?:"([\w ]+)"|(\w+))')


def colours(scheme: int) -> dict[str, str]:
    """Return the colours of light (0) or dark (1)."""
    block = STYLE.split(":root {")[1 + scheme].split("}")[0]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", 7), ("ink", "card", 7), ("soft", "paper", 4.5), ("soft", "card", 4.5),
        ("accent", "card", 4.5), ("accent", "tint", 4.5), ("mark", "card", 3),
    ],
)  # fmt: skip
def test_text_can_be_read(scheme: int, front: str, back: str, least: float) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[back]) >= least


def test_every_class_of_the_page_has_a_look() -> None:
    page = weekly_html(busy_week()).partition("</style>")[2]
    names = {name for found in CLASSES.findall(page) for name in " ".join(found).split()}
    styled = set(re.findall(r"\.([a-z]+)\b", STYLE))
    assert names - styled == {"bar"}  # (its colour is that of its kind)
