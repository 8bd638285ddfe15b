"""`aicost explain`: where the cost of a call, a turn or a session comes from."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from aicost.core.credits import Credits
from aicost.core.days import from_us
from aicost.core.explain import CallExplained, Charge, Explained, PriceExplained
from aicost.core.money import cost_text
from aicost.core.outcome import sentence
from aicost.core.purpose import purpose_words
from aicost.core.reconcile import Finding
from aicost.core.tasks import task_words
from aicost.core.text import UNKNOWN, clean
from aicost.core.usage import TokenCounts
from aicost.core.waste_words import ACTIONS, evidence_of, progress_text
from aicost.report.explained_document import CallsTotal, total_of
from aicost.report.tables import Column, Style, as_table, left_text, notes_text

_NUSD_DIGITS = 9
_MOST_TASKS = 12
_SHORT_ID = 12  # characters: of message ids the first are all the same
_KINDS = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write_5m": "cache write 5m",
    "cache_write_1h": "cache write 1h",
    "output": "output",
    "web_search": "web searches",
}


def explained_table(found: Explained, style: Style, zone: ZoneInfo) -> str:
    """Return an explanation as text: one call product by product, more of them a line each."""
    left = () if found.complete else (left_text(found.pending_bytes),)
    told = [*map(_hidden, found.hidden), *_work_lines(found, zone), *left]
    notes = notes_text(told, style)
    if found.kind == "call":
        return "".join(_one_call(call, style, zone) for call in found.calls) + notes
    calls = "1 call" if len(found.calls) == 1 else f"{len(found.calls):,} calls"
    heading = f"{found.kind} {clean(found.id)}: {calls}, price book {found.price_book}"
    heading = notes_text([heading], style)
    if not found.calls:
        return heading + notes
    reasons = notes_text(_notes(found.calls), style)
    return heading + _calls_table(found.calls, style, zone) + reasons + notes


def _hidden(one: Finding) -> str:
    """Return what a client counts besides, in no line above."""
    spent = one.hidden
    cost = cost_text(spent.cost_nusd, spent.tokens.total_tokens if spent.cost_nusd is None else 0)
    why = "; ".join(cause.sentence for cause in one.causes)
    what = f"{spent.tokens.total_tokens:,} tokens of {clean(one.model) or 'all models'}"
    return f"hidden, in no line above: {cost}, {what} ({why})"


def _work_lines(found: Explained, zone: ZoneInfo) -> Iterator[str]:
    """Yield what came of the calls, what they brought, and what of them led nowhere."""
    if found.purpose is not None:
        yield f"task: {purpose_words(found.purpose)}"
    if found.tasks:
        yield from _task_lines(found)
    if found.outcome is not None:
        yield f"outcome: {found.outcome.outcome}: {sentence(found.outcome)}"
    if found.progress is not None:
        yield progress_text(found.progress)
    for hit in found.waste:
        cost = "" if hit.cost_nusd is None else f", {cost_text(hit.cost_nusd, 0)}"
        since = _moment(from_us(hit.since_us), zone)
        yield f"{hit.kind}: {evidence_of(hit)}{cost}, since {since} → {ACTIONS[hit.kind]}"


def _task_lines(found: Explained) -> Iterator[str]:
    """Yield the tasks of a session, or which turn of which task a turn is."""
    if found.kind == "turn":
        (task,) = found.tasks
        yield f"turn {task.turn_ids.index(found.id) + 1:,} of a task: {task_words(task)}"
        return
    words = [task_words(task) for task in found.tasks[:_MOST_TASKS]]
    more = len(found.tasks) - len(words)
    end = f", and {more:,} more" if more else ""
    yield f"tasks: {', '.join(words)}{end}"


def _one_call(call: CallExplained, style: Style, zone: ZoneInfo) -> str:
    event, price = call.event, call.price
    names = [f"session {event.session_id}", f"turn {call.turn_id or UNKNOWN}"]
    if event.subagent_id:
        names.append(f"subagent {event.subagent_id}")
    lines = [
        clean(event.event_key),
        " · ".join([_moment(event.at, zone), clean(event.model), *map(clean, names)]),
        "",
        *(f"{name:<12} {text}" for name, text in _terms(call)),
    ]
    table = _charges_table(price, style) if price.charges else ""
    return notes_text([*lines, ""], style) + table + notes_text(_credit_lines(price.credits), style)


def _terms(call: CallExplained) -> Iterator[tuple[str, str]]:
    price = call.price
    if price.model_id:
        yield "price row", f"{clean(price.model_id)}, {_since(price.row_from)}"
        is_said = price.checked in price.source  # or not known; a price of the user's says its day
        checked = "" if is_said else f", checked {price.checked}"
        yield "source", f"{clean(price.source) or UNKNOWN}{checked}"
        yield "tier", _tier_text(price)
        if price.place_factor != 1:
            yield "place", f"×{_text(price.place_factor)}, in the rates below"
        if price.above_tokens is not None:
            was = "was" if price.is_long_prompt else "was not"
            yield "long prompt", f"it {was} over {price.above_tokens:,} tokens"
    if price.nusd is None:
        yield "unpriced", price.why
    if price.nusd != call.ledger_nusd:
        known = UNKNOWN if call.ledger_nusd is None else _dollars(Decimal(call.ledger_nusd))
        yield "ledger", f"{known} by price book {call.ledger_book}"


def _tier_text(price: PriceExplained) -> str:
    if price.unknown_tier:
        return f"{clean(price.tier)}, because {clean(price.unknown_tier)} has no price that day"
    if price.tier_factor is None or price.tier_factor == 1:
        return clean(price.tier)
    return f"{clean(price.tier)}, ×{_text(price.tier_factor)} the standard rates"


def _charges_table(price: PriceExplained, style: Style) -> str:
    charges = price.charges
    digits = max(_NUSD_DIGITS, *(_NUSD_DIGITS + _fraction(charge.nusd) for charge in charges))
    costs = [_cost(charge.nusd, digits) for charge in charges]
    total = UNKNOWN if price.nusd is None else _dollars(Decimal(price.nusd), digits)
    return as_table(
        [
            Column(("Kind", *map(_kind, charges), "Total"), is_text=True),
            Column(("Count", *(f"{charge.count:,}" for charge in charges), "")),
            Column(("USD per", *(_rate(charge) for charge in charges), "")),
            Column(("Cost", *costs, total)),
        ],
        style,
        has_total=True,
    )


def _kind(charge: Charge) -> str:
    return f"{_KINDS[charge.kind]}, long prompt" if charge.is_long else _KINDS[charge.kind]


def _rate(charge: Charge) -> str:
    if charge.rate_usd is None:
        return UNKNOWN
    return f"{_text(charge.rate_usd)} / {'M' if charge.per == 1_000_000 else 'k'}"


def _credit_lines(credits: Credits | None) -> Iterator[str]:
    if credits is None:
        return
    rates, doubt = credits.rates, "~" if credits.is_uncertain else ""
    kinds = (("input", rates.input_mtok), ("cached", rates.cached_input_mtok))
    per_mtok = ", ".join(f"{kind} {_text(rate)}" for kind, rate in kinds)
    times = f" ×{_text(credits.multiplier)}" if credits.multiplier != 1 else ""
    yield ""
    yield f"Codex credits: {doubt}{_credits(credits.ncredits)}"
    yield f"  per million tokens: {per_mtok}, output {_text(rates.output_mtok)}{times}"
    yield f"  {_since(rates.start)}, source: {clean(rates.source) or UNKNOWN}"
    for reason in credits.doubts:
        yield f"  uncertain: {clean(reason)}"


def _calls_table(calls: Sequence[CallExplained], style: Style, zone: ZoneInfo) -> str:
    total = total_of(calls)
    columns = [
        _names("Time", [_moment(call.event.at, zone) for call in calls], "Total", 1),
        _names("Call", [_own_id(call.event.event_key) for call in calls], "", 7),
        _names("Model", [clean(call.event.model) or UNKNOWN for call in calls], "", 4),
        _names("Tier", [clean(_tier(call.price)) for call in calls], "", 6),
        *_token_columns([call.event.tokens for call in calls], total.tokens),
        _names("Price from", [_price_from(call.price) for call in calls], "", 5),
        _names("Source", [clean(call.price.source) for call in calls], "", 11),
        Column(("Cost", *(_call_cost(call.price) for call in calls), _sum_text(total))),
    ]
    if total.ncredits is not None:
        cells = [_credit_cell(call.price.credits) for call in calls]
        doubt = "~" if total.uncertain_ncredits else ""
        columns.append(Column(("Credits", *cells, f"{doubt}{_credits(total.ncredits)}"), rank=2))
    return as_table(columns, style, has_total=True)


def _names(heading: str, cells: Sequence[str], total: str, rank: int) -> Column:
    return Column((heading, *cells, total), is_text=True, rank=rank)


def _token_columns(calls: Sequence[TokenCounts], total: TokenCounts) -> Iterator[Column]:
    for heading, field, rank in (
        ("Input", "input_tokens", 8),
        ("Cache read", "cache_read_tokens", 8),
        ("Write 5m", "cache_write_5m_tokens", 9),
        ("Write 1h", "cache_write_1h_tokens", 10),
        ("Output", "output_tokens", 3),
    ):
        counts = [getattr(tokens, field) for tokens in (*calls, total)]
        yield Column((heading, *(f"{count:,}" for count in counts)), rank=rank)


def _notes(calls: Sequence[CallExplained]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for call in calls:
        model, price = clean(call.event.model) or UNKNOWN, call.price
        if price.nusd is None:
            _count(reasons, f"unpriced: {model}, {price.why}")
        if price.unknown_tier:
            _count(reasons, f"uncertain: {clean(price.unknown_tier)} of {model} has no price then")
        for doubt in price.credits.doubts if price.credits else ():
            _count(reasons, f"credits uncertain: {model}, {clean(doubt)}")
    for reason, number in reasons.items():
        yield f"{reason} ({number:,} {'call' if number == 1 else 'calls'})"


def _count(reasons: dict[str, int], reason: str) -> None:
    reasons[reason] = reasons.get(reason, 0) + 1


def _tier(price: PriceExplained) -> str:
    return f"{price.unknown_tier}?" if price.unknown_tier else price.tier


def _price_from(price: PriceExplained) -> str:
    return _since(price.row_from) if price.model_id else UNKNOWN


def _call_cost(price: PriceExplained) -> str:
    return "unpriced" if price.nusd is None else _dollars(Decimal(price.nusd))


def _sum_text(total: CallsTotal) -> str:
    if total.cost_nusd is None:
        return "unpriced"
    least = "≥" if total.unpriced_tokens else ""
    return f"{least}{_dollars(Decimal(total.cost_nusd))}"


def _credit_cell(credits: Credits | None) -> str:
    if credits is None:
        return UNKNOWN
    return f"{'~' if credits.is_uncertain else ''}{_credits(credits.ncredits)}"


def _credits(ncredits: int) -> str:
    return f"{Decimal(ncredits).scaleb(-9):,.9f}"


def _cost(nusd: Decimal | None, digits: int) -> str:
    return UNKNOWN if nusd is None else _dollars(nusd, digits)


def _dollars(nusd: Decimal, digits: int = _NUSD_DIGITS) -> str:
    """Return an amount to the nano-dollar, or as far as its digits go."""
    return f"${nusd.scaleb(-_NUSD_DIGITS):,.{digits}f}"


def _fraction(nusd: Decimal | None) -> int:
    """Return how many digits of a nano-dollar an amount has."""
    exponent = 0 if nusd is None else nusd.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _own_id(event_key: str) -> str:
    own = clean(event_key.rpartition(":")[2])
    return own if len(own) <= _SHORT_ID else f"…{own[-_SHORT_ID:]}"


def _since(start: datetime | None) -> str:
    return "since ever" if start is None else f"from {start.astimezone(UTC):%Y-%m-%d}"


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
