"""The team's page in a real Chromium: log in and read it without scripts, small, dark, printed.

With AICOST_PICTURES=docs/screens pictures of it are kept there.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import team_weeks
from chromium import Page, browser
from team_servers import Running, team_server

from aicost.team.database import Database
from aicost.team.page import range_of
from aicost.team.schema import migrate

KEPT = os.environ.get("AICOST_PICTURES")  # a test's own environment has none of ours
TOKEN = "a token for the lead"
_CONTRAST = """(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(one => {
      const part = one / 255;
      return part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
    });
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = getComputedStyle(node).backgroundColor;
      if (!/rgba\\(.*, 0\\)/.test(found)) return found;
    }
    return 'rgb(255, 255, 255)';
  };
  const worst = [99, ''];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    const shape = node.getBoundingClientRect();
    if (!own || !shape.width || node.tagName === 'title') continue;
    const style = getComputedStyle(node);
    const inChart = node.closest('svg.chart');
    const over = light(inChart ? style.fill : style.color);
    const under = light(ground(inChart ? inChart.parentElement : node));
    const ratio = (Math.max(over, under) + .05) / (Math.min(over, under) + .05);
    if (ratio < worst[0]) { worst[0] = ratio; worst[1] = node.outerHTML.slice(0, 120); }
  }
  return worst;
})()"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("team")
    database = Database.at(str(folder / "team.db"))
    migrate(database)
    _, until = range_of(13, datetime.now(UTC).date())
    team_weeks.team(database, weeks=13, quiet=[4], until=until)
    database.close()
    options = ("--head-count", "20", "--cohort", "pilot")
    env = {"AICOST_TEAM_READER_TOKEN": TOKEN}
    with team_server(str(folder / "team.db"), folder / "log", *options, env=env) as found:
        yield found


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("chromium")) as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        yield page


@pytest.fixture
def page(chromium: Page, server: Running) -> Page:
    """Return the page, logged in, of usual size and colours."""
    chromium.call("Network.clearBrowserCookies")
    chromium.errors.clear()
    chromium.asked.clear()
    chromium.look_like(1280)
    chromium.prefer("light")
    chromium.go(server.url)
    enter(chromium, TOKEN)
    return chromium


def enter(page: Page, token: str) -> None:
    """Type a token into the form, which has the focus by itself."""
    page.wait_until("document.hasFocus() && document.activeElement.id === 'token'")
    with page.loading():
        page.type_line(token)


def keep(page: Page, name: str, folder: Path) -> None:
    """Keep a picture where one is wanted."""
    page.picture(Path(KEPT or folder) / f"{name}.png")


def test_one_logs_in_and_sees_the_team(page: Page, server: Running, tmp_path: Path) -> None:
    says = page.value("document.body.innerText")
    for part in ("Week by week", "By category", "12 of 20", "withheld: too few people", "Log out"):
        assert part in says
    (cookie,) = page.call("Network.getCookies", urls=[server.url])["cookies"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert TOKEN not in str(cookie)
    charts = page.value(
        "[...document.querySelectorAll('svg.chart[role=img]')]"
        ".filter(one => one.getBoundingClientRect().height > 40).length"
    )
    assert charts >= 9
    keep(page, "team-page", tmp_path)


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_refused(
    page: Page, server: Running
) -> None:
    assert page.asked
    assert [url for url in page.asked if not url.startswith((server.url, "data:"))] == []
    refused = [text for text in page.errors if "401" not in text]  # of the form, before
    assert refused == []
    drawn = page.value(
        "getComputedStyle(document.querySelector('.Bar .rect')).fill + '|' +"
        "getComputedStyle(document.body).fontSize"
    )
    assert drawn == "rgb(11, 98, 196)|15px"  # so the policy lets our style sheet in


def test_a_wrong_token_is_said_where_it_is_read_aloud(chromium: Page, server: Running) -> None:
    chromium.call("Network.clearBrowserCookies")
    chromium.go(server.url)
    enter(chromium, "no such token")
    nodes = chromium.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"]: node.get("name", {}).get("value") for node in nodes}
    assert "alert" in roles
    assert roles["textbox"] == "Token for reports"
    assert roles["button"] == "Log in"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page: Page, scheme: str, tmp_path: Path) -> None:
    page.prefer(scheme)
    worst, where = page.value(_CONTRAST)
    assert worst >= 4.5, where
    keep(page, f"team-page-{scheme}", tmp_path)


def test_a_phone_shows_all_without_scrolling_sideways(page: Page, tmp_path: Path) -> None:
    page.look_like(360, 740, phone=True)
    assert page.value("document.documentElement.scrollWidth") == 360
    keep(page, "team-page-360", tmp_path)
    wide = page.value(
        "[...document.querySelectorAll('.scroll')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
    )
    assert wide == []


def test_who_hears_the_page_meets_headings_tables_and_names(page: Page) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    assert page.value("document.documentElement.lang") == "en"
    assert ("heading", "By model") in named
    for role in ("image", "table", "link", "button", "region"):
        found = [name for kind, name in named if kind == role]
        assert found, role
        assert all(found), (role, found)
    assert sum(role == "navigation" for role, _ in named) == 1


def test_paper_has_the_figures_and_no_buttons(page: Page, tmp_path: Path) -> None:
    page.prefer("dark", media="print")
    hidden = "['nav', 'form'].map(one => getComputedStyle(document.querySelector(one)).display)"
    assert page.value(hidden) == ["none", "none"]
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    keep(page, "team-page-print", tmp_path)
    page.prefer("light")
    page.printed(tmp_path / "page.pdf")
    paper = (tmp_path / "page.pdf").read_bytes()
    assert paper.startswith(b"%PDF")
    assert 2 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 8


def test_a_range_is_a_link(page: Page, server: Running) -> None:
    page.go(f"{server.url}/?weeks=4")
    assert page.value("document.querySelector('[aria-current]').innerText") == "4 weeks"
    assert page.value("document.querySelectorAll('#by-week ~ .scroll tbody tr').length") == 4


def test_who_logs_out_is_out(page: Page, server: Running) -> None:
    page.value("document.querySelector('form[action=logout] button').focus()")
    with page.loading():
        page.type_line("")
    assert page.value("document.querySelector('input[type=password]') !== null")
    assert page.call("Network.getCookies", urls=[server.url])["cookies"] == []
