"""Markdown: what a parser makes of it is what was meant, whatever names say."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from weekly_builders import busy_week, day_use, loss, report

from aicost.core.text import clean
from aicost.report.weekly_markdown import escape, weekly_markdown

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<script>alert(1)</script>", "![x](https://evil.example/a.png)", "[a](javascript:alert(1))",
    "# heading", "- item", "1. item", "1) item", "* * *", "---", "===", "> quote", "`code",
    "~~gone~~", "a | b", "**bold**", "_it_", "&amp; &#60;", "\\", "\\|", "https://evil.example",
    "www.evil.example", "$x^2$", "+ item", "<!-- ", "| --- |", "1.", "10)", "```", "~~~",
    "    code", "[^1]", "[x]: http://e",
]  # fmt: skip


def shown(markdown: str) -> str:
    """Return what is to be read, without tags."""
    return unescape(re.sub(r"<[^>]*>", "", PARSER.render(markdown)))


def tags(markdown: str) -> set[str]:
    return set(re.findall(r"<(\w+)", PARSER.render(markdown)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    assert shown(escape(clean(name))).strip().replace("\u2060", "") == clean(name)
    assert tags(escape(clean(name))) <= {"p"}


@given(st.text())
def test_any_text_is_one_paragraph_of_itself(text: str) -> None:
    cleaned = clean(text)
    found = shown(escape(cleaned)).strip().replace("\u2060", "")
    assert found == cleaned.replace("@", "＠")
    assert tags(escape(cleaned)) <= {"p"}


def test_nobody_is_called_and_nothing_becomes_a_link() -> None:
    found = escape("by @team, https://evil.example, WWW.evil.example")
    assert "@" not in found
    assert "https:" not in found
    assert "WWW." not in found


def test_money_stays_readable_where_the_backslash_is_not_known() -> None:
    text = weekly_markdown(busy_week())
    assert "\\$4" not in text
    assert "| $9.50 |" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_adds_to_the_document(name: str) -> None:
    plain = loss(repo="shop", branch="main", label="npm test")
    hostile = loss(repo=name, branch=name, label=name, session_id=name)
    expected = tags(weekly_markdown(report(day_use(), losses=(plain,))))
    found = weekly_markdown(report(day_use(category=name, model=name), losses=(hostile,)))
    assert tags(found) == expected
    rows = PARSER.render(found).count("<tr>")
    assert rows == PARSER.render(weekly_markdown(report(day_use(), losses=(plain,)))).count("<tr>")


def test_it_is_a_title_sections_tables_and_lists() -> None:
    text = weekly_markdown(busy_week())
    assert text.startswith("# Week 47 · 16–22 November 2026\n\n≥$48.70: ")
    assert tags(text) == {
        "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "strong",
        "em",
    }  # fmt: skip
