"""The drawings: to scale, labelled, told in words, and free of markup from names."""

from xml.etree import ElementTree

import pytest

from aicost.report.weekly_charts import chart_svg, share_bars
from aicost.report.weekly_page import Bar, Chart

SVG = dict[str, str]


def drawn(*bars: Bar, usual: str = "usual") -> ElementTree.Element:
    return ElementTree.fromstring(chart_svg(Chart("Dollars by day", bars, usual)))


def heights(svg: ElementTree.Element) -> list[float]:
    return [float(one.attrib["height"]) for one in svg.iter("rect")]


def test_bars_are_to_scale() -> None:
    small, large = heights(drawn(Bar("Mon", "$1", 1000), Bar("Tue", "$4", 4000)))
    assert large == pytest.approx(4 * small, abs=0.2)


def test_a_cent_is_seen_and_nothing_is_not_drawn() -> None:
    svg = drawn(Bar("Mon", "$0.01", 1), Bar("Tue", "$9", 10**9), Bar("Wed", "—", None))
    assert heights(svg)[0] >= 1
    assert len(heights(svg)) == 2


def test_a_usual_day_above_all_bars_is_still_in_the_drawing() -> None:
    svg = drawn(Bar("Mon", "$1", 100, usual=1000))
    (mark,) = (one for one in svg.iter("line") if one.attrib["class"] == "usual")
    assert float(mark.attrib["y1"]) > 0
    assert heights(svg)[0] < 20


@pytest.mark.parametrize("usual", [1000, 1100, 1250])
def test_an_amount_is_never_on_the_mark_of_a_usual_day(usual: int) -> None:
    svg = drawn(Bar("Mon", "$1", 1000, usual=usual), Bar("Tue", "$9", 9000))
    (mark,) = (one for one in svg.iter("line") if one.attrib["class"] == "usual")
    amount = next(one for one in svg.iter("text") if one.text == "$1")
    assert float(mark.attrib["y1"]) - float(amount.attrib["y"]) >= 5


def test_it_is_told_in_words() -> None:
    svg = drawn(Bar("Mon", "$1", 1), Bar("Tue", "", None))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == "Dollars by day: Mon $1, Tue not yet"


@pytest.mark.parametrize("bars", [(), (Bar("Mon", "—", None),), (Bar("Mon", "$0.00", 0),)])
def test_an_empty_chart_is_a_drawing(bars: tuple[Bar, ...]) -> None:
    assert heights(drawn(*bars)) == []


def test_no_label_is_markup() -> None:
    name = "\"><script>alert(1)</script>&'"
    svg = drawn(Bar(name, name, 1))
    assert [one.text for one in svg.iter("text")] == [name, name]
    assert "<script" not in chart_svg(Chart(name, (Bar(name, name, 1),)))


@pytest.mark.parametrize(
    ("share", "width"), [(-1, "0.0%"), (0, "0.0%"), (0.333, "33.3%"), (1, "100.0%"), (2, "100.0%")]
)
def test_a_share_is_a_part_of_the_whole(share: float, width: str) -> None:
    (bar,) = share_bars([share])
    assert f"width:{width}" in bar
