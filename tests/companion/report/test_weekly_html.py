"""The page: whole, valid, for itself, and deaf to markup in names."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weekly_builders import busy_week, day_use, loss, report

from aicost.core.weekly import WeeklyReport
from aicost.core.weekly_share import shared
from aicost.report.weekly_html import weekly_html

VOID = {"meta", "line", "rect"}
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>", "'><b>",
    "</title>", "<!--", "&lt;script&gt;", "]]>", "javascript:alert(1)", "</svg>", "</main></body>",
]  # fmt: skip


class Outline(HTMLParser):
    """The tags of a page with their attributes; complains of what is not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags = list[tuple[str, tuple[str, ...]]]()
        self.text, self._open = "", list[str]()
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_week(name: str) -> WeeklyReport:
    return report(
        day_use(category=name, model=name),
        losses=(loss(repo=name, branch=name, label=name, session_id=name),),
        unpriced_models=(name,),
        timezone=name,
    )


def test_a_page_is_closed_in_order_and_names_its_language() -> None:
    page = weekly_html(busy_week())
    assert page.startswith('<!doctype html>\n<html lang="en">')
    outline = Outline(page)
    assert [tag for tag, _ in outline.tags].count("h1") == 1
    assert "svg" in {tag for tag, _ in outline.tags}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_adds_markup(name: str) -> None:
    expected, found = Outline(weekly_html(hostile_week("plain"))), weekly_html(hostile_week(name))
    assert Outline(found).tags == expected.tags
    assert name in Outline(found).text or name.startswith("&")


@given(st.text(max_size=60))
def test_no_text_adds_markup(name: str) -> None:
    tags = Outline(weekly_html(hostile_week(f"x{name}"))).tags
    assert {tag for tag, _ in tags} <= {tag for tag, _ in Outline(weekly_html(busy_week())).tags}
    assert not {one for _, names in tags for one in names if one.startswith("on")}


@pytest.mark.parametrize("is_shared", [False, True])
def test_nothing_is_fetched_or_run(is_shared: bool) -> None:
    week = busy_week()
    page = weekly_html(shared(week, lambda _: True) if is_shared else week)
    assert "default-src 'none'" in page
    assert re.findall(r"https?:|//|url\(|@import|<script|<link|\bsrc=|\bhref=", page) == []


def test_light_dark_and_print_are_there() -> None:
    page = weekly_html(busy_week())
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert '<meta name="color-scheme" content="light dark">' in page


def test_every_chart_has_its_table() -> None:
    page = weekly_html(busy_week())
    assert page.count("<svg") == page.count("<details>") == 2
