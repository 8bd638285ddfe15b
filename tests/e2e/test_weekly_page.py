"""The weekly report in a real Chromium: without scripts or requests, light, dark, small, printed.

With AICOST_PICTURES=docs/screens pictures of it are kept there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Page, browser
from weekly_builders import busy_week, loss, story_week

from aicost.core.weekly import WeeklyReport
from aicost.report.weekly_html import weekly_html

KEPT = os.environ.get("AICOST_PICTURES")  # a test's own environment has none of ours
HOSTILE = "<img src=http://evil.example/x onerror=\"document.title='taken'\"><script>1</script>"
_SEEN = """(() => {
  const charts = [...document.querySelectorAll('svg.chart')];
  const texts = charts.map(chart => [...chart.querySelectorAll('text')].map(one => {
    const {left, right, top, bottom} = one.getBoundingClientRect();
    return [left, right, top, bottom];
  }));
  return texts.map(boxes => boxes.flatMap((a, at) => boxes.slice(at + 1).filter(b =>
    a[0] < b[1] - 1 && b[0] < a[1] - 1 && a[2] < b[3] - 3 && b[2] < a[3] - 3)).length);
})()"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as page:
        yield page


def opened(page: Page, folder: Path, week: WeeklyReport, width: int = 1000) -> Page:
    """Show a week's page."""
    file = folder / "week.html"
    file.write_text(weekly_html(week))
    page.errors.clear()
    page.asked.clear()
    page.prefer("light")
    page.look_like(width)
    page.go(file.as_uri())
    return page


@pytest.mark.parametrize("week", [story_week(), busy_week()], ids=["story", "busy"])
def test_it_asks_for_nothing_and_says_no_error(
    chromium: Page, tmp_path: Path, week: WeeklyReport
) -> None:
    page = opened(chromium, tmp_path, week)
    assert page.asked == [(tmp_path / "week.html").as_uri()]
    assert page.errors == []


def test_a_name_runs_and_fetches_nothing(chromium: Page, tmp_path: Path) -> None:
    hostile = loss(repo=HOSTILE, branch=HOSTILE, label=HOSTILE, session_id=HOSTILE)
    page = opened(chromium, tmp_path, busy_week(losses=(hostile,)))
    assert page.value("document.title") == "Week 47 · 16–22 November 2026"
    assert page.value("document.querySelectorAll('img, script').length") == 0
    assert len(page.asked) == 1


@pytest.mark.parametrize("width", [360, 500, 1000, 1600])
def test_nothing_is_cut_or_covered(chromium: Page, tmp_path: Path, width: int) -> None:
    page = opened(chromium, tmp_path, story_week(), width)
    assert page.value(_WIDER) == 0
    assert page.value(_SEEN) == [0, 0]


def test_a_reader_of_screens_hears_headings_charts_and_tables(
    chromium: Page, tmp_path: Path
) -> None:
    page = opened(chromium, tmp_path, story_week())
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    said = [
        (one["role"]["value"], one.get("name", {}).get("value", ""))
        for one in nodes
        if not one["ignored"]
    ]
    assert ("heading", "Worth trying") in said
    (days,) = [name for role, name in said if role == "image" and name.startswith("Dollars by day")]
    assert "Mon $" in days
    assert ("rowheader", "bugfix") in said


def test_dark_is_dark_and_print_is_on_white(chromium: Page, tmp_path: Path) -> None:
    page = opened(chromium, tmp_path, story_week())
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.value(ground) == "rgb(251, 250, 247)"
    page.prefer("dark")
    assert page.value(ground) == "rgb(20, 23, 28)"
    page.prefer("dark", "print")
    assert page.value(ground) == "rgb(255, 255, 255)"
    page.prefer("light")
    page.printed(tmp_path / "week.pdf")
    assert (tmp_path / "week.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_picture(chromium: Page, tmp_path: Path, scheme: str) -> None:
    page = opened(chromium, tmp_path, story_week())
    page.prefer(scheme)
    picture = Path(KEPT or tmp_path) / f"weekly-{scheme}.png"
    page.picture(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
