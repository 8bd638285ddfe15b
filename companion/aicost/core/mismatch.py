"""Model mismatch: work that this user's own history shows to be done as well by a cheaper model.

Pure. A false alarm costs more than a miss: whatever is not seen often enough on both sides, in
several sessions, is not told.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import sqrt
from typing import NamedTuple

from aicost.core.categories import TaskCategory
from aicost.core.usage import TokenCounts

LEAST_TURNS, LEAST_SESSIONS = 12, 3  # on either side: fewer are chance, or one good day
LEAST_GOOD = 0.8  # of the cheaper model's turns: a kind that mostly fails says nothing of models
LEAST_SAVING_NUSD, LEAST_SAVING_SHARE = 1_000_000_000, 0.2  # less is not worth another habit
LEAST_CONFIDENCE = 0.5  # of a turn's category: below it is wrong as often as it is right
_Z = 1.28  # one side, 90 %: how far the share of a few turns may be from that of many
_MOST_WORSE = 0.15  # that the true share may be, at that
SIZES = ((5, "up to 5 calls"), (25, "6 to 25 calls"), (10**9, "more than 25 calls"))


class TurnOnModel(NamedTuple):
    """A turn, what it was for, on which model, what it cost, and whether it was done well."""

    session_id: str
    agent: str
    category: TaskCategory
    model: str  # of its main thread; names of one model are one
    calls: int
    cost_nusd: int
    tokens: TokenCounts  # of all its calls
    is_good: bool  # no test or build left failing, no loop, answered, kept, not redone


class Edit(NamedTuple):
    """An edit that succeeded; fields as in a StepTaken."""

    turn: int
    target: int
    content: int  # the text after
    part: int  # the text before; 0: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A kind of turns on a model, and a cheaper one that did such turns as well."""

    agent: str
    category: TaskCategory
    size: str  # one of SIZES
    model: str
    turns: int
    good: int  # of them, done well
    cost_nusd: int
    cheaper_model: str
    cheaper_turns: int
    cheaper_good: int
    saving_nusd: int  # at list prices; the smaller of two estimates


Price = Callable[[str, TokenCounts], int | None]  # of tokens on a model; None: not known
Kind = tuple[str, TaskCategory, str]  # agent, category, size


def find_mismatches(turns: Iterable[TurnOnModel], price: Price) -> tuple[Mismatch, ...]:
    """Return the kinds of work that a cheaper model did as well, the largest saving first.

    Of one kind and model it is one: the cheaper model that saves the most.
    """
    found = [
        best
        for kind, by_model in _kinds(turns).items()
        for model in by_model
        if (best := _best(kind, model, by_model, price)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.saving_nusd, one.model, one.category)))


def _kinds(turns: Iterable[TurnOnModel]) -> Mapping[Kind, Mapping[str, list[TurnOnModel]]]:
    """Return the turns by kind and model: only of models that did enough of them."""
    found: dict[Kind, dict[str, list[TurnOnModel]]] = defaultdict(lambda: defaultdict(list))
    for turn in turns:
        if turn.category is not TaskCategory.OTHER:
            found[kind_of(turn)][turn.model].append(turn)
    return {
        kind: {model: some for model, some in by_model.items() if _are_enough(some)}
        for kind, by_model in found.items()
    }


def size_of(calls: int) -> str:
    """Return the band of work that a turn of so many calls is in."""
    return next(name for most, name in SIZES if calls <= most)


def _are_enough(turns: Sequence[TurnOnModel]) -> bool:
    return len(turns) >= LEAST_TURNS and len({one.session_id for one in turns}) >= LEAST_SESSIONS


def kind_of(turn: TurnOnModel) -> Kind:
    """Return which turns a turn may be compared with: agent, category, size."""
    return turn.agent, turn.category, size_of(turn.calls)


def kinds_to_compare(turns: Iterable[TurnOnModel]) -> frozenset[Kind]:
    """Return the kinds that two models did often enough to compare them."""
    return frozenset(kind for kind, by_model in _kinds(turns).items() if len(by_model) > 1)


def redone(edits: Sequence[Edit], repairs: Collection[int]) -> set[int]:
    """Return the turns whose edits a later turn took back, or that it mended.

    `edits`: all of a session, in order of time; `repairs`: turns that made something right. Such
    a turn mends another if it edits a file that the other was the last to edit.
    """
    found, last = set[int](), dict[int, int]()
    places = dict[tuple[int, int, int], int]()  # file, text before, text after -> turn
    for edit in edits:
        before = last.get(edit.target, edit.turn)
        if before != edit.turn and edit.turn in repairs:
            found.add(before)
        back = places.pop((edit.target, edit.content, edit.part), edit.turn)
        if edit.part and edit.content and back != edit.turn:
            found.add(back)
        last[edit.target] = edit.turn
        places[edit.target, edit.part, edit.content] = edit.turn
    return found


def _best(
    kind: Kind, model: str, by_model: Mapping[str, Sequence[TurnOnModel]], price: Price
) -> Mismatch | None:
    found = _cheaper(kind, model, by_model, price)
    return max(found, key=lambda one: one.saving_nusd, default=None)


def _cheaper(
    kind: Kind, model: str, by_model: Mapping[str, Sequence[TurnOnModel]], price: Price
) -> Iterator[Mismatch]:
    dear = by_model[model]
    agent, category, size = kind
    cost = sum(one.cost_nusd for one in dear)
    for first, other in permutations(by_model, 2):
        cheap = by_model[other]
        if first != model or not _is_as_good(dear, cheap):
            continue
        saving = _saving(dear, cheap, price)
        if saving >= max(LEAST_SAVING_NUSD, cost * LEAST_SAVING_SHARE):
            yield Mismatch(
                agent=agent,
                category=category,
                size=size,
                model=model,
                turns=len(dear),
                good=_good(dear),
                cost_nusd=cost,
                cheaper_model=other,
                cheaper_turns=len(cheap),
                cheaper_good=_good(cheap),
                saving_nusd=saving,
            )


def _good(turns: Sequence[TurnOnModel]) -> int:
    return sum(one.is_good for one in turns)


def _is_as_good(dear: Sequence[TurnOnModel], cheap: Sequence[TurnOnModel]) -> bool:
    """Say whether the cheaper model did no worse, also if its turns were lucky ones."""
    wanted, share = _good(dear) / len(dear), _good(cheap) / len(cheap)
    return share >= max(wanted, LEAST_GOOD) and (
        least_share(_good(cheap), len(cheap)) >= wanted - _MOST_WORSE
    )


def least_share(good: int, count: int) -> float:
    """Return the lower end of Wilson's interval: with 90 % the true share is no less."""
    square = _Z * _Z
    middle = (good + square / 2) / (count + square)
    spread = _Z / (count + square) * sqrt(good * (count - good) / count + square / 4)
    return middle - spread


def _saving(dear: Sequence[TurnOnModel], cheap: Sequence[TurnOnModel], price: Price) -> int:
    """Return what the dear turns would have cost less: the smaller of two estimates.

    Their own tokens at the other model's list prices; and the median turn of each. The second
    knows what the other model needs for such work, the first how much of it there was.
    """
    by_tokens = 0
    for turn in dear:
        here, there = price(turn.model, turn.tokens), price(cheap[0].model, turn.tokens)
        if here is None or there is None:
            return 0
        by_tokens += min(turn.cost_nusd, here) - there
    less_each = _median(dear) - _median(cheap)
    return max(0, min(by_tokens, less_each * len(dear)))


def _median(turns: Sequence[TurnOnModel]) -> int:
    """Return the cost in the middle. (The library's module takes long to import.)"""
    costs, half = sorted(one.cost_nusd for one in turns), len(turns) // 2
    return (costs[half] + costs[~half]) // 2


def mismatch_words(one: Mismatch) -> str:
    """Say what was done as well for less, in one sentence without its end or money."""
    return (
        f"{one.category} of {one.size}: {one.cheaper_turns:,} turns on {one.cheaper_model} were"
        f" done as well ({_percent(one.cheaper_good, one.cheaper_turns)} without a flaw) as"
        f" {one.turns:,} on {one.model} ({_percent(one.good, one.turns)})"
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %"
