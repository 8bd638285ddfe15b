"""Why a kind of work got dearer: the change that explains most of it. Pure.

A cost is so many calls, each of so many tokens of each kind, at the rates of the models that did
them. Each is changed from its usual value to the week's, one after the other; what that changes
the cost by is its part of the rise. It is an estimate: "likely" is what can be said of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aicost.core.usage import TokenCounts
from aicost.core.weekly_use import Use, added

CauseKind = Literal["calls", "model", "context", "cache", "output"]
Price = Callable[[str, TokenCounts], int | None]  # of tokens on a model; None: not known
_SAMPLE = 1_000  # tokens; no request so short costs more for its length
_LEAST_PERCENT = 40  # of a rise: what explains less is not the cause of it
_KINDS: Mapping[str, CauseKind] = {  # of tokens -> what more of them is called
    "input_tokens": "context",
    "cache_read_tokens": "context",
    "cache_write_5m_tokens": "cache",
    "cache_write_1h_tokens": "cache",
    "output_tokens": "output",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What changed most.

    `was` and `now` are: calls a week; percent of the calls on `model`; tokens a call of context,
    written to the cache, or of output.
    """

    kind: CauseKind
    nusd: int  # of the rise, that it explains
    was: int
    now: int
    model: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """How some calls were made: on average, and where."""

    calls: float
    a_call: Mapping[str, float]  # kind of tokens -> how many
    shares: Mapping[str, float]  # model -> of the calls


def likely_cause(
    now: Mapping[str, Use], then: Mapping[str, Use], weeks: int, price: Price
) -> Cause | None:
    """Return what explains most of a rise; None if nothing does, or prices are missing.

    `now` and `then`: model -> its use in the week, and in so many weeks before it.
    """
    rates = _rates({**now, **then}, price)
    after, before = _state(now, 1), _state(then, weeks)
    if rates is None or after is None or before is None:
        return None
    effects = _effects(before, after, rates)
    kind = max(effects, key=lambda one: effects[one])
    if effects[kind] <= 0 or effects[kind] * 100 < sum(effects.values()) * _LEAST_PERCENT:
        return None
    model, was, new = _figures(kind, before, after)
    if new <= was:
        return None
    return Cause(kind=kind, nusd=round(effects[kind]), was=was, now=new, model=model)


def _rates(models: Mapping[str, Use], price: Price) -> dict[str, dict[str, float]] | None:
    """Return model -> kind of tokens -> nano-dollars of one; None if one has no price."""
    found: dict[str, dict[str, float]] = {}
    for model, use in models.items():
        rates: dict[str, float] = {}
        for name in _KINDS:
            nusd = price(model, TokenCounts(**{name: _SAMPLE}))
            if nusd is None and getattr(use.tokens, name):
                return None
            rates[name] = (nusd or 0) / _SAMPLE
        found[model] = rates
    return found


def _state(by_model: Mapping[str, Use], weeks: int) -> _State | None:
    whole = added(by_model.values())
    if not whole.requests:
        return None
    return _State(
        calls=whole.requests / weeks,
        a_call={name: getattr(whole.tokens, name) / whole.requests for name in _KINDS},
        shares={model: use.requests / whole.requests for model, use in by_model.items()},
    )


def _effects(
    before: _State, after: _State, rates: Mapping[str, Mapping[str, float]]
) -> dict[CauseKind, float]:
    """Return what each change adds to the cost, in nano-dollars."""

    def rate(state: _State, name: str) -> float:
        return sum(share * rates[model][name] for model, share in state.shares.items())

    usual_call = sum(before.a_call[name] * rate(before, name) for name in _KINDS)
    found: dict[CauseKind, float] = {
        "calls": (after.calls - before.calls) * usual_call,
        "model": after.calls
        * sum(before.a_call[name] * (rate(after, name) - rate(before, name)) for name in _KINDS),
        "context": 0.0,
        "cache": 0.0,
        "output": 0.0,
    }
    for name, kind in _KINDS.items():
        more = after.a_call[name] - before.a_call[name]
        found[kind] += after.calls * more * rate(after, name)
    return found


def _figures(kind: CauseKind, before: _State, after: _State) -> tuple[str, int, int]:
    """Return the model that is meant, if one is, and the figure that changed: was, is."""
    if kind == "calls":
        return "", round(before.calls), round(after.calls)
    if kind == "model":
        risen = max(after.shares, key=lambda one: after.shares[one] - before.shares.get(one, 0))
        return risen, round(100 * before.shares.get(risen, 0)), round(100 * after.shares[risen])
    if kind == "context":
        return "", _context(before), _context(after)
    return "", _of_kind(before, kind), _of_kind(after, kind)


def _of_kind(state: _State, kind: CauseKind) -> int:
    return round(sum(state.a_call[name] for name, of in _KINDS.items() if of == kind))


def _context(state: _State) -> int:
    return round(sum(count for name, count in state.a_call.items() if name != "output_tokens"))
