"""A weekly report as one HTML page: no script, nothing that is fetched; light, dark and printed."""

from collections.abc import Iterator
from html import escape

from aicost.core.weekly import WeeklyReport
from aicost.report.weekly_charts import chart_svg, share_bars
from aicost.report.weekly_page import Block, Chart, Items, Lines, Page, Steps, Table, weekly_page
from aicost.report.weekly_style import STYLE

# Nothing may be loaded or run, whatever stood in a name: should an escape ever be forgotten.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def weekly_html(report: WeeklyReport) -> str:
    """Return the report as a page."""
    page = weekly_page(report)
    return "\n".join((*_head(page), *_body(page), "</html>", ""))


def _head(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{escape(page.title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"


def _body(page: Page) -> Iterator[str]:
    yield "<body><main>"
    yield f"<header><p class=kicker>Weekly report</p><h1>{escape(page.title)}</h1>"
    yield f"<p class=lead>{escape(' '.join(page.headline))}</p></header>"
    yield "<dl class=tiles>"
    for figure, name, more in page.tiles:
        yield (
            f"<div><dt>{escape(name)}</dt><dd>{escape(figure)}</dd>"
            f"<dd class=more>{escape(more)}</dd></div>"
        )
    yield "</dl>"
    for section in page.sections:
        yield f"<section><h2>{escape(section.heading)}</h2>"
        for block in section.blocks:
            yield from _block(block)
        yield "</section>"
    yield f"<footer>{escape(page.footer)}</footer>"
    yield "</main></body>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Lines():
            yield "<ul>" if len(block.lines) > 1 else ""
            tag = "li" if len(block.lines) > 1 else "p"
            yield from (f"<{tag}>{escape(line)}</{tag}>" for line in block.lines)
            yield "</ul>" if len(block.lines) > 1 else ""
        case Steps():
            yield "<ol class=steps>"
            for what, why, amount in block.steps:
                yield (
                    f"<li><b>{escape(what)}</b><span class=why>{escape(why)}</span>"
                    f"<span class=amount>{escape(amount)}</span></li>"
                )
            yield "</ol>"
        case Items():
            yield "<ul class=items>"
            for what, where, amount in block.items:
                place = f"<span class=why>{escape(where)}</span>" if where else ""
                cost = f"<span class=amount>{escape(amount)}</span>"
                yield f"<li><b>{escape(what)}</b>{place}{cost}</li>"
            yield "</ul>"
        case Table():
            yield from _table(block)
        case Chart():
            yield from _chart(block)


def _chart(chart: Chart) -> Iterator[str]:
    yield f"<figure><figcaption>{escape(chart.name)}"
    if chart.usual:
        yield f'<span class=key><i class=mark aria-hidden="true"></i>{escape(chart.usual)}</span>'
    yield "</figcaption>"
    yield chart_svg(chart)
    yield "<details><summary>As a table</summary>"
    headings = ("", chart.name, chart.usual) if chart.usual else ("", chart.name)
    rows = tuple(
        (one.label, one.text, one.usual_text) if chart.usual else (one.label, one.text)
        for one in chart.bars
    )
    yield from _table(Table(headings, rows))
    yield "</details></figure>"


def _table(table: Table) -> Iterator[str]:
    bars = list(share_bars(table.shares))
    yield "<div class=scroll><table><thead><tr>"
    for at, heading in enumerate(table.headings):
        yield f"<th scope=col{_side(table, at)}>{escape(heading)}</th>"
    yield "</tr></thead><tbody>"
    for number, row in enumerate(table.rows):
        yield "<tr>"
        for at, cell in enumerate(row):
            bar = bars[number] if bars and at == 0 else ""
            tag = "th scope=row" if at == 0 else "td"
            yield f"<{tag}{_side(table, at)}>{escape(cell)}{bar}</{tag[:2]}>"
        yield "</tr>"
    yield "</tbody></table></div>"


def _side(table: Table, at: int) -> str:
    return " class=text" if at in table.texts else ""
