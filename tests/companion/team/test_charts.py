"""Charts are SVG that a strict page may hold, and say what they show to who cannot see it."""

import re
from xml.etree import ElementTree

import pytest

from aicost.team.charts import USUAL_PX, WIDE_PX, Series, bars, lines, lying_bars, ticks

SVG = "{http://www.w3.org/2000/svg}"


def dollars(value: float) -> str:
    return f"${value:,.0f}"


def drawn() -> list[str]:
    cost = Series("cost", [10, None, 30])
    return [
        bars(["a", "b", "c"], cost, dollars, "costs", USUAL_PX),
        lines(["a", "b", "c"], [cost, cost], dollars, "costs", WIDE_PX),
        lying_bars(["a", "b", "c"], Series("cost", [10, 20, 30]), dollars, "costs"),
        bars([], Series("cost", []), dollars, "costs", USUAL_PX),
        lying_bars(["a"], Series("cost", [0]), dollars, "costs"),
    ]


@pytest.mark.parametrize("chart", drawn())
def test_nothing_is_in_it_that_a_policy_forbids(chart: str) -> None:
    root = ElementTree.fromstring(chart)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg", "g", "rect", "path", "text", "title", "circle", "defs",
    }  # fmt: skip
    assert not [node for node in root.iter() if "style" in node.attrib or "id" in node.attrib]
    assert not re.search(r"http(?!://www\.w3\.org/2000/svg)|<!--|href|javascript", chart)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "costs"


def titles(chart: str) -> list[str | None]:
    return [node.text for node in ElementTree.fromstring(chart).iter(f"{SVG}title")]


def test_every_mark_says_its_value_and_none_is_made_up() -> None:
    cost = Series("cost", [1_234, None, 30])
    assert titles(bars(["a", "b", "c"], cost, dollars, "", 440)) == ["a: $1,234", "c: $30"]
    assert titles(lines(["a", "b", "c"], [cost], dollars, "", 440)) == ["a: $1,234", "c: $30"]


def test_the_first_lying_bar_is_on_top() -> None:
    chart = lying_bars(["first", "last"], Series("cost", [1, 2]), dollars, "")
    heights = {
        (node.text or ""): float(node.attrib["y"])
        for node in ElementTree.fromstring(chart).iter(f"{SVG}text")
    }
    assert heights["first"] < heights["last"]


def test_a_line_does_not_bridge_a_gap() -> None:
    chart = lines(list("abcde"), [Series("x", [1, 2, None, 4, 5])], dollars, "", 440)
    assert len(re.findall(r'd="[^"]+" class="line reactive', chart)) == 2


def test_labels_are_whole_and_few_enough() -> None:
    weeks = [f"{number} Nov" for number in range(1, 27)]
    chart = bars(weeks, Series("x", [1.0] * 26), dollars, "", USUAL_PX)
    shown = re.findall(r">(\d+ Nov)<", chart)
    assert 5 <= len(shown) <= 7
    assert "26 Nov" in shown
    assert "…" not in chart


def test_text_of_others_stays_text() -> None:
    chart = lying_bars(["<script>&"], Series("x", [1]), dollars, '"<b>')
    assert "<script>" not in chart
    assert ElementTree.fromstring(chart).attrib["aria-label"] == '"<b>'


@pytest.mark.parametrize(
    ("most", "axis"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (5, [0, 1, 2, 3, 4, 5]),
        (5.1, [0, 2, 4, 6]),
        (99, [0, 20, 40, 60, 80, 100]),
        (100, [0, 20, 40, 60, 80, 100]),
        (101, [0, 50, 100, 150]),
        (12_345, [0, 5_000, 10_000, 15_000]),
    ],
)
def test_an_axis_has_round_steps_up_to_the_most(most: float, axis: list[float]) -> None:
    assert ticks(most) == pytest.approx(axis)
