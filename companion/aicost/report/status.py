"""`aicost status`: one screen that says what is spent, what runs, and what is not known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from aicost.core.budget import OF_A_PLAN, OF_ONE, STEPS, BudgetStatus
from aicost.core.limits import LimitWindow, PlanLimits
from aicost.core.money import NANO, cost_text, dollars, more_text
from aicost.core.nudge import SIGNS, Nudge
from aicost.core.nudge_words import budget_sentence
from aicost.core.nudging import by_weight, severity_of
from aicost.core.reports import UsageReport
from aicost.core.session import session_name
from aicost.core.text import clean, wrapped
from aicost.core.view import BurnRate, SessionRow
from aicost.report.documents import (
    SCHEMA,
    Document,
    budget_fields,
    burn_fields,
    moment,
    nudge_fields,
    report_document,
    session_fields,
)
from aicost.report.tables import Style, sessions_table

_LABEL_CELLS = 10
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_SPANS = {300: "5 h", 1440: "day", 10080: "week", 43200: "month"}  # minutes -> what one says
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_NUDGES = 3  # that are told; JSON has all
_SHOWN = 5  # folders and files that are named; JSON has all


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """How the reading of logs goes."""

    log_files: int
    daemon_pid: int | None = None  # None: no daemon runs, the logs were read for this answer
    unwatched: Mapping[str, str] = field(default_factory=dict)  # folder -> why it is polled
    unreadable: tuple[str, ...] = ()
    trouble: str = ""  # why the ledger cannot be written
    budget_troubles: Sequence[str] = ()  # why files that set budgets cannot be used
    team: Sequence[str] = ()  # what was not sent to the team, and why
    otlp: str = ""  # why nobody is told of live counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All that the screen shows."""

    at: datetime  # UTC
    day: str  # YYYY-MM-DD, that `today` is of
    today: UsageReport
    burn: BurnRate
    sessions: Sequence[SessionRow]  # those that run
    limits: Sequence[PlanLimits]
    reader: ReaderState
    price_book: str
    priced_on: str  # YYYY-MM-DD, when its prices were last looked at; "" is not known
    budgets: Sequence[BudgetStatus] = ()  # the most used first
    nudges: Sequence[Nudge] = ()  # the newest first


def status_document(status: Status) -> Document:
    """Return the document of `aicost status --json`."""
    today, reader = report_document(status.today, status.at), status.reader
    return {
        "schema": SCHEMA,
        "at": moment(status.at),
        "complete": today["complete"],
        "pending_bytes": today["pending_bytes"],
        "today": {"day": status.day, "timezone": today["timezone"], **today["total"]},
        "unpriced_models": today["unpriced_models"],
        "hidden": today["hidden"],
        "burn": {**burn_fields(status.burn), "window_seconds": status.burn.window_s},
        "sessions": [session_fields(row) for row in status.sessions],
        "budgets": [budget_fields(one) for one in status.budgets],
        "nudges": [nudge_fields(one) for one in status.nudges],
        "limits": [_limit_fields(one, status.at) for one in status.limits],
        "reader": {
            "daemon_pid": reader.daemon_pid,
            "log_files": reader.log_files,
            "skipped_lines": status.today.skipped_lines,
            "unwatched": dict(reader.unwatched),
            "unreadable": list(reader.unreadable),
            "trouble": reader.trouble or None,
            "budget_troubles": list(reader.budget_troubles),
        },
        "team": list(reader.team),
        "otlp": reader.otlp or None,
        "price_book": {"id": status.price_book, "date": status.priced_on or None},
    }


def _limit_fields(one: PlanLimits, now: datetime) -> Document:
    limits = one.limits
    balance = limits.credit_balance
    return {
        "home": one.home,
        "limit_id": limits.limit_id,
        "plan_type": limits.plan_type or None,
        "at": moment(one.at),
        "age_seconds": (now - one.at).total_seconds(),
        "primary": limits.primary and _window_fields(limits.primary, now),
        "secondary": limits.secondary and _window_fields(limits.secondary, now),
        "credits": {
            "has_credits": limits.has_credits,
            "unlimited": limits.has_unlimited_credits,
            "balance": None if balance is None else float(balance),
        },
        "reached": limits.is_reached,
    }


def _window_fields(window: LimitWindow, now: datetime) -> Document:
    return {
        "used_percent": window.used_percent,
        "window_minutes": window.window_minutes,
        "resets_at": moment(window.resets_at),
        "has_reset": window.has_reset(now),
    }


def status_screen(status: Status, style: Style, zone: ZoneInfo) -> str:
    """Return the screen as text, as wide as it may be."""
    rows = [
        ("today", _today(status)),
        ("burn", _burn(status.burn)),
        ("sessions", _sessions(status.sessions)),
    ]
    text = _rows_text(rows, style)
    if status.sessions:
        text += "\n" + sessions_table(status.sessions, style, zone) + "\n"
    told = [*_budgets(status, zone), *_nudges(status)]
    if told:
        text += _rows_text(told, style)
    return text + _rows_text([*_limits(status), *_unknown(status), *_reader(status)], style)


def _today(status: Status) -> str:
    total = status.today.total
    cost = cost_text(total.cost_nusd, total.unpriced_tokens)
    if not total.requests:
        return f"nothing used on {status.day} ({status.today.query.timezone})"
    if total.ncredits:
        cost += f" ({'~' if total.uncertain_ncredits else ''}{total.ncredits / NANO:,.2f} credits)"
    return (
        f"{cost} in {_counted(total.requests, 'request')}, {_counted(total.turns, 'turn')},"
        f" {_counted(total.sessions, 'session')}"
        f" ({status.day}, {status.today.query.timezone})"
    )


def _burn(burn: BurnRate) -> str:
    return (
        f"{dollars(burn.nusd_per_hour)} an hour, {burn.tokens_per_minute:,.0f} tokens a minute"
        f" (over the last {burn.window_s // 60} min)"
    )


def _sessions(sessions: Sequence[SessionRow]) -> str:
    if not sessions:
        return "none runs"
    cost = sum(row.cost_nusd or 0 for row in sessions)
    unpriced = sum(row.unpriced_tokens for row in sessions)
    is_known = any(row.cost_nusd is not None for row in sessions)
    spent = cost_text(cost if is_known else None, unpriced)
    verb = "runs" if len(sessions) == 1 else "run"
    return f"{len(sessions)} {verb}, {spent} since they began"


def _budgets(status: Status, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Yield how budgets stand; the windows of plans are told as limits."""
    for one in status.budgets:
        if one.budget.scope in OF_A_PLAN and one.budget.limit == 100 * STEPS["percent"]:
            continue
        sign, hard = SIGNS[severity_of(one)], " (hard)" if one.budget.is_hard else ""
        session_id = one.subject.partition(" ")[0] if one.budget.scope in OF_ONE else ""
        sentence = budget_sentence(one, status.at, zone)
        yield "budgets", f"{sign} {_of_session(status, session_id)}{sentence}{hard}"


def _nudges(status: Status) -> Iterator[tuple[str, str]]:
    """Yield the advice that matters most; budgets are told above."""
    told = [one for one in by_weight(status.nudges) if one.kind not in ("budget", "plan")]
    for one in told[:_NUDGES]:
        whose = _of_session(status, one.session_id)
        text = f"{SIGNS[one.severity]} {whose}{one.sentence} → {one.action}"
        yield "nudges", text
    if len(told) > _NUDGES:
        yield "nudges", f"{len(told) - _NUDGES} more: aicost top"


def _of_session(status: Status, session_id: str) -> str:
    names = {row.session_id: session_name(row) for row in status.sessions}
    name = names.get(session_id) or clean(session_id)[:8]
    return f"{name}: " if name else ""


def _limits(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.limits:
        limits, now = one.limits, status.at
        parts = [
            _window_text(window, now)
            for window in (limits.primary, limits.secondary)
            if window is not None
        ]
        if limits.has_unlimited_credits:
            parts.append("credits without limit")
        elif limits.credit_balance is not None:
            parts.append(f"{limits.credit_balance:,} credits left")
        if limits.reached_type:
            parts.append(f"stopped by its limit ({clean(limits.reached_type)})")
        plan = " ".join(filter(None, (clean(limits.limit_id), clean(limits.plan_type)))) or "plan"
        age = _span((now - one.at).total_seconds())
        where = f" in {clean(one.home)}" if len({other.home for other in status.limits}) > 1 else ""
        yield "limits", f"{plan}: {'; '.join(parts) or 'nothing said'} (as of {age} ago{where})"


def _window_text(window: LimitWindow, now: datetime) -> str:
    minutes = window.window_minutes
    name = "limit" if minutes is None else _SPANS.get(minutes) or _span(minutes * 60)
    if window.has_reset(now):
        return f"{name} began anew since"
    until = ""
    if window.resets_at is not None:
        until = f", resets in {_span((window.resets_at - now).total_seconds())}"
    return f"{name} {window.used_percent:g} % used{until}"


def _unknown(status: Status) -> Iterator[tuple[str, str]]:
    """Yield what is not known, or not in any figure above."""
    today = status.today
    if today.unpriced_models:
        models = ", ".join(map(clean, today.unpriced_models))
        yield "unpriced", f"{today.total.unpriced_tokens:,} tokens today ({models})"
    if today.hidden is None:
        yield "hidden", "not known yet: the logs are not all read for it"
    elif today.hidden.cost_nusd != 0:
        more = more_text(today.hidden.cost_nusd)
        yield "hidden", f"{more}, in no figure above ({'; '.join(today.hidden.why)})"
    elif today.hidden.why:
        yield "hidden", "; ".join(today.hidden.why)


def _unsent(reader: ReaderState) -> Iterator[tuple[str, str]]:
    for unsent in reader.team[:_SHOWN]:
        yield "team", clean(unsent)
    if reader.otlp:
        yield "counters", clean(reader.otlp)


def _reader(status: Status) -> Iterator[tuple[str, str]]:
    """Yield how the reading goes, and with which prices."""
    reader, today = status.reader, status.today
    left = f"{today.pending_bytes:,} bytes not read yet" if today.pending_bytes else "not all read"
    left = "all read" if today.complete else left
    yield "logs", f"{_counted(reader.log_files, 'file')}, {left}"
    if today.skipped_lines:
        yield "skipped", f"{_counted(today.skipped_lines, 'log line')} that could not be read"
    for path in reader.unreadable[:_SHOWN]:
        yield "unreadable", clean(path)
    for path, why in list(reader.unwatched.items())[:_SHOWN]:
        yield "polled", f"{clean(path)}: {clean(why)}"
    if reader.trouble:
        yield "trouble", f"{clean(reader.trouble)}; trying again, nothing is lost"
    for trouble in reader.budget_troubles[:_SHOWN]:
        yield "budgets", clean(trouble)
    yield from _unsent(reader)
    if reader.daemon_pid is None:
        yield "daemon", "not running; `aicost daemon start` keeps all this ready"
    else:
        yield "daemon", f"running (pid {reader.daemon_pid})"
    on = f", prices as of {status.priced_on}" if status.priced_on else ""
    yield "prices", f"price book {status.price_book}{on}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _span(seconds: float) -> str:
    """Return a length of time in its one or two largest units: `3 d 4 h`, `12 min`."""
    left, parts = max(0, round(seconds)), list[str]()
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append(f"{number} {unit}" if number else "")
        if len(parts) == 2:
            break
    return " ".join(filter(None, parts)) or "less than 1 min"


def _rows_text(rows: Sequence[tuple[str, str]], style: Style) -> str:
    """Return labelled lines; what is too long goes on below its beginning."""
    lines, before = list[str](), ""
    for label, text in rows:
        for part in wrapped(text, max(20, style.width - _LABEL_CELLS - 2)):
            shown = "" if label == before else label
            head = f"{shown:<{_LABEL_CELLS}}"
            lines.append(f"{_DIM}{head}{_PLAIN}  {part}" if style.colour else f"{head}  {part}")
            before = label
    return "".join(f"{line}\n" for line in lines)
