"""What a report can be grouped by: the SQL of each group's key, and the rows it is counted from.

Rows of usage or evidence are `u`: day, span, model, place and sums. Where a day's rows cannot tell
groups apart, single calls take their place, which have a `key` and a `variant` too.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from aicost.core.attribution import environment_of, mcp_server_of, workflow_of
from aicost.core.days import LocalDays
from aicost.core.reports import UNALLOCATED, GroupBy, Within
from aicost.store.calls import USAGE
from aicost.store.evidence import EVIDENCE, evidence_moments
from aicost.store.schema import TOKENS

Rows = Literal["usage", "evidence"]
_JOINS = " JOIN span s ON s.id = u.span JOIN session x ON x.id = s.session"
_MODEL = " LEFT JOIN model m ON m.id = u.model"
_PLACE = " LEFT JOIN place p ON p.id = u.place"
# A subagent was set going by whatever set its turn going.
_SETTING = (
    " LEFT JOIN span r ON r.id = s.turn"
    " LEFT JOIN setting q ON q.id = coalesce(r.setting, s.setting)"
    " LEFT JOIN setting o ON o.id = coalesce(s.setting, r.setting)"
)
_SKILL = " LEFT JOIN call_skill k ON k.key = u.key LEFT JOIN skill n ON n.id = k.skill"
# A call counts for the MCP server whose tool it asked for; of several, for the first by name.
_MCP = (
    " LEFT JOIN (SELECT c.call, min(mcp_server(t.name)) AS server FROM tool_call c"
    " JOIN tool t ON t.id = c.tool WHERE t.name LIKE 'mcp%' AND mcp_server(t.name) <> ''"
    " GROUP BY c.call) w ON w.call = u.key"
)
_OUTCOME = " LEFT JOIN outcome j ON j.session = s.session"
_VARIANT = " LEFT JOIN variant v ON v.id = u.variant"
_TIER = (  # "" is the standard one
    "iif(v.speed = 'fast', 'fast',"
    " iif(v.service_tier IN ('standard', 'default'), '', v.service_tier))"
)


_MODE = (  # what is known of effort, tier and permissions, with dots between
    "trim(coalesce(nullif(o.effort, '') || ' · ', '')"
    f" || coalesce(nullif({_TIER}, '') || ' · ', '') || coalesce(q.permission_mode, ''), ' ·')"
)
_WITH_SKILL = "SELECT c.span FROM call_skill k JOIN call c ON c.key = k.key"
_WITH_MCP = (
    "SELECT c.span FROM tool t JOIN tool_call k ON k.tool = t.id JOIN call c ON c.key = k.call"
    " WHERE t.name LIKE 'mcp%' AND mcp_server(t.name) <> ''"
)
_WITH_TIER = (
    f"SELECT span FROM call WHERE variant IN (SELECT v.id FROM variant v WHERE {_TIER} <> '')"
)


@dataclass(frozen=True, slots=True)
class Group:
    """The key of a group, the tables it needs beside those of every report."""

    key: str
    joins: str = ""
    parted: str = ""  # a query for the spans whose calls may belong to several groups


def _named(sql: str) -> str:
    return f"coalesce(nullif({sql}, ''), '{UNALLOCATED}')"


GROUPS: dict[GroupBy, Group] = {
    "day": Group("u.day"),
    "week": Group("u.day - (u.day + 6) % 7"),  # ordinal 1 was a Monday: the week's first day
    "month": Group("month_start(u.day)"),
    "session": Group("x.session_id"),
    "model": Group(_named("m.name"), _MODEL),
    "repo": Group(_named("p.repo"), _PLACE),
    "branch": Group(
        f"iif(coalesce(p.repo || p.branch, '') = '', '{UNALLOCATED}',"
        f" {_named('p.repo')} || ' · ' || {_named('p.branch')})",
        _PLACE,
    ),
    "category": Group(_named("g.category"), " LEFT JOIN turn_category g ON g.span = s.turn"),
    "agent": Group("x.agent"),
    "environment": Group(_named("environment(q.entrypoint, q.ci_job)"), _SETTING),
    "workflow": Group(_named("workflow(q.ci_job, q.command, q.entrypoint)"), _SETTING),
    "version": Group(
        f"coalesce(x.agent || ' ' || nullif(o.version, ''), '{UNALLOCATED}')", _SETTING
    ),
    "subagent": Group(f"iif(s.subagent_id = '', 'main thread', {_named('s.kind')})"),
    "skill": Group(_named("n.name"), _SKILL, _WITH_SKILL),
    "mcp": Group(_named("w.server"), _MCP, _WITH_MCP),
    "ticket": Group(_named("ticket(p.branch)"), _PLACE),
    "mode": Group(_named(_MODE), _SETTING + _VARIANT, _WITH_TIER),
    "outcome": Group(_named("j.kind"), _OUTCOME),
}

_SUMS = (
    f"1 AS requests, {', '.join(TOKENS)}, web_searches, coalesce(cost_nusd, 0) AS cost_nusd,"
    " cost_nusd IS NOT NULL AS priced_requests,"
    " iif(cost_nusd IS NULL, input_tokens + cache_read_tokens + cache_write_5m_tokens"
    " + cache_write_1h_tokens + output_tokens, 0) AS unpriced_tokens,"
    " coalesce(ncredits, 0) AS ncredits, ncredits IS NOT NULL AS credited_requests,"
    " uncertain_ncredits"
)
_EVIDENCE = ", ".join(f"e.{name}" for name in EVIDENCE)
CALL_ROWS: dict[Rows, str] = {
    "usage": f"(SELECT at_us, key, span, model, place, variant, {_SUMS} FROM call)",
    "evidence": f"(SELECT e.at_us, e.key, e.span, e.model, e.place, c.variant, {_EVIDENCE}"
    f" FROM {evidence_moments()} e LEFT JOIN call c ON c.key = e.key)",
}
_DAYS: dict[Rows, str] = {"usage": "usage_day", "evidence": "evidence_day"}


def source(rows: Rows, group: Group, *, by_call: bool, more: Iterable[Group] = ()) -> str:
    """Return the FROM of a report: rows of days (`u.day`), or of single calls (`u.at_us`).

    `more` are groups whose keys are asked for, too; none of them is parted.
    """
    if by_call:
        table = CALL_ROWS[rows]
    else:
        table = _parted(rows, group.parted) if group.parted else _DAYS[rows]
    joins = _JOINS
    for one in (group, *more):
        if one.joins not in joins:  # groups may need the same tables
            joins += one.joins
    return f"{table} u{joins}"


def parts_asked(within: Sequence[Within]) -> tuple[tuple[Group, ...], list[str], list[object]]:
    """Return the groups that a question keeps to, the conditions of that, and their values."""
    groups = tuple(GROUPS[part.by] for part in within)
    return groups, [f"{group.key} = ?" for group in groups], [part.key for part in within]


def _parted(rows: Rows, spans: str) -> str:
    """Return rows of days, but of single calls for the spans of a query."""
    if rows == "usage":
        sums = ", ".join(USAGE)
        calls = f"SELECT at_us, key, span, model, place, variant, {_SUMS} FROM call"
        calls += f" WHERE span IN ({spans})"
    else:
        sums = _EVIDENCE.replace("e.", "")
        calls = (
            f"SELECT e.*, c.variant FROM {evidence_moments(f'span IN ({spans})')} e"
            " LEFT JOIN call c ON c.key = e.key"
        )
    return (
        f"(SELECT day, NULL AS key, span, model, place, NULL AS variant, {sums} FROM {_DAYS[rows]}"
        f" WHERE span NOT IN ({spans}) UNION ALL"
        f" SELECT local_day(at_us), key, span, model, place, variant, {sums} FROM ({calls}))"
    )


def add_functions(db: sqlite3.Connection, zone: ZoneInfo, ticket_of: Callable[[str], str]) -> None:
    """Teach a connection the functions that keys are made with."""
    named: dict[str, tuple[int, Callable[..., str | int | None]]] = {
        "month_start": (1, _month_start),
        "local_day": (1, LocalDays(zone).day_of),
        "environment": (2, lambda way, job: environment_of(way or "", job or "")),
        "workflow": (3, lambda *known: workflow_of(*(part or "" for part in known))),
        "mcp_server": (1, mcp_server_of),
        "ticket": (1, lambda branch: ticket_of(branch or "")),
    }
    for name, (arguments, function) in named.items():
        db.create_function(name, arguments, function, deterministic=True)


def _month_start(day: int) -> int:
    return date.fromordinal(day).replace(day=1).toordinal()
