"""What may be published of a week without saying something of one person. Pure.

All that a team ever sees is made of *cells*: the sums of one whole week over one word of one
dimension (a model, a category …). A cell is safe if at least k sources are in it and no one or two
of them are most of it. Cells of different dimensions overlap, so one may be taken from another: the
rest then has to be nothing, or safe, too. Cells that would uncover an unsafe rest are withheld, the
smallest first, until there is none.

That a set is safe holds for the union of disjoint safe sets; therefore it is enough to take from a
union all cells of another dimension that lie inside it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from heapq import nlargest
from itertools import combinations
from operator import or_
from typing import Literal, NamedTuple, get_args

Dimension = Literal["total", "tool", "model", "category", "environment", "project", "cohort"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
TOTAL: Dimension = "total"
LEAST_K = 5
LEAST_FOR_BANDS = 10  # sources: of fewer, a quartile is one person's value
_TOP_ONE, _TOP_TWO = (60, 100), (80, 100)  # that one source, or two, may be of a cell at most

Why = Literal["few", "dominated", "would uncover others"]


class Atom(NamedTuple):
    """What one source used in a week under one combination of words."""

    source: str
    epoch: str  # a source has another name in each
    words: tuple[str, ...]  # one for each of DIMENSIONS but the total
    cost: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Published:
    """The cells of a week that may be seen, and why others may not."""

    cells: Mapping[Dimension, Mapping[str, "Cell"]]
    withheld: Mapping[Dimension, Mapping[Why, int]]  # how many cells


@dataclass(frozen=True, slots=True)
class Cell:
    """Which combinations of words make a cell, and of how many sources."""

    combinations: frozenset[tuple[str, ...]]
    sources: int


def publishable(atoms: Iterable[Atom], k: int = LEAST_K) -> Published:
    """Return what may be seen of one week. Raises ValueError for a k below LEAST_K."""
    if k < LEAST_K:
        raise ValueError(f"k is at least {LEAST_K}")
    week = _Week(atoms, k)
    withheld: dict[Dimension, dict[Why, int]] = {name: {} for name in DIMENSIONS}
    for dimension, key, why in [*week.drop_unsafe(), *week.drop_leaks()]:
        del key  # a name of its own could say too much
        withheld[dimension][why] = withheld[dimension].get(why, 0) + 1
    cells = {
        name: {key: week.cell(mask) for key, mask in found.items()}
        for name, found in week.cells.items()
    }
    return Published(cells, withheld)


class _Week:
    """The cells of a week as sets of combinations; a set is an int with a bit for each."""

    def __init__(self, atoms: Iterable[Atom], k: int) -> None:
        self._k = k
        self._by_words: defaultdict[tuple[str, ...], list[Atom]] = defaultdict(list)
        for atom in atoms:
            self._by_words[atom.words].append(atom)
        self._words = sorted(self._by_words)
        self.cells: dict[Dimension, dict[str, int]] = {name: {} for name in DIMENSIONS}
        for number, words in enumerate(self._words):
            for dimension, word in zip(DIMENSIONS, ("", *words), strict=True):
                found = self.cells[dimension]
                found[word] = found.get(word, 0) | 1 << number
        self._known: dict[int, Why | None] = {}

    def cell(self, mask: int) -> Cell:
        """Return a set as what is published of it."""
        words = frozenset(words for at, words in enumerate(self._words) if mask >> at & 1)
        return Cell(words, _sources(self._atoms(mask)))

    def drop_unsafe(self) -> Iterator[tuple[Dimension, str, Why]]:
        """Withhold the cells that are unsafe by themselves."""
        for dimension, found in self.cells.items():
            for key, mask in tuple(found.items()):
                why = self._why_not(mask)
                if why is not None:
                    del found[key]
                    yield dimension, key, why

    def drop_leaks(self) -> Iterator[tuple[Dimension, str, Why]]:
        """Withhold cells until no difference of those that are left is unsafe."""
        while (leak := next(self._leaks(), None)) is not None:
            dimension, key = min(leak, key=lambda one: self._size(self.cells[one[0]][one[1]]))
            del self.cells[dimension][key]
            yield dimension, key, "would uncover others"

    def _leaks(self) -> Iterator[list[tuple[Dimension, str]]]:
        """Yield the cells that take part in an unsafe difference, the total left out."""
        for outer in DIMENSIONS:
            for keys in _unions(tuple(self.cells[outer])):
                union = reduce(or_, (self.cells[outer][key] for key in keys))
                for inner, inside in self._inside(union, outer):
                    rest = union & ~reduce(or_, inside.values())
                    if rest and self._why_not(rest) is not None:
                        taken = [(inner, key) for key in inside]
                        yield taken if outer == TOTAL else [*taken, *((outer, key) for key in keys)]

    def _inside(self, union: int, outer: Dimension) -> Iterator[tuple[Dimension, dict[str, int]]]:
        """Yield the cells of each other dimension that lie wholly in a union."""
        for inner in DIMENSIONS[1:]:
            if inner != outer:
                found = self.cells[inner]
                inside = {key: mask for key, mask in found.items() if not mask & ~union}
                if inside:
                    yield inner, inside

    def _why_not(self, mask: int) -> Why | None:
        """Say why a set is unsafe; None: it is safe."""
        if mask not in self._known:
            self._known[mask] = _unsafe(self._atoms(mask), self._k)
        return self._known[mask]

    def _size(self, mask: int) -> tuple[int, int]:
        atoms = self._atoms(mask)
        return sum(atom.cost for atom in atoms), sum(atom.tokens for atom in atoms)

    def _atoms(self, mask: int) -> list[Atom]:
        atoms = list[Atom]()
        while mask:
            lowest = mask & -mask
            atoms += self._by_words[self._words[lowest.bit_length() - 1]]
            mask ^= lowest
        return atoms


def _unions(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield each cell, each pair of cells, and all of them."""
    yield from ((key,) for key in keys)
    yield from combinations(keys, 2)
    if len(keys) > 2:
        yield tuple(keys)


def _unsafe(atoms: Sequence[Atom], k: int) -> Why | None:
    if _sources(atoms) < k:
        return "few"
    measures: tuple[Callable[[Atom], int], ...] = (lambda one: one.cost, lambda one: one.tokens)
    return "dominated" if any(_is_dominated(atoms, measure) for measure in measures) else None


def _sources(atoms: Iterable[Atom]) -> int:
    """Count people: of a week over two epochs, in the epoch with fewer.

    In the other they have other names, and would count twice. Who used nothing hides nobody: of
    cost and of tokens, unless there is none at all, only those count who have some.
    """
    found = tuple(atoms)
    by_measure = ([one for one in found if one.cost], [one for one in found if one.tokens])
    return min(_names(some) for some in [*filter(None, by_measure), found])


def _names(atoms: Iterable[Atom]) -> int:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for atom in atoms:
        names[atom.epoch].add(atom.source)
    return min(map(len, names.values()), default=0)


def _is_dominated(atoms: Iterable[Atom], measure: Callable[[Atom], int]) -> bool:
    """Say whether one or two people are most of it; who has two names counts with both."""
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for atom in atoms:
        sums[atom.epoch][atom.source] += measure(atom)
    whole = sum(sum(found.values()) for found in sums.values())
    ranked = [nlargest(2, found.values()) for found in sums.values()]
    one, two = (sum(sum(found[:count]) for found in ranked) for count in (1, 2))
    return (
        one * _TOP_ONE[1] > whole * _TOP_ONE[0] or two * _TOP_TWO[1] > whole * _TOP_TWO[0]
    ) and whole > 0


def is_dominated(amounts: Iterable[tuple[str, str, int]]) -> bool:
    """Say whether one or two people are most of an amount, given by epoch and source."""
    atoms = [Atom(source, epoch, (), amount, 0) for epoch, source, amount in amounts]
    return _is_dominated(atoms, lambda one: one.cost)


def bands(values: Sequence[int]) -> tuple[int, int, int] | None:
    """Return the quartiles of what sources used, to two digits; None for too few sources."""
    if len(values) < LEAST_FOR_BANDS:
        return None
    ranked = sorted(values)
    last = len(ranked) - 1
    low, middle, high = (_two_digits(ranked[round(last * part / 4)]) for part in (1, 2, 3))
    return low, middle, high


def rounded(value: int, step: int) -> int:
    """Return a value to the nearest step, halves to the even one."""
    whole, rest = divmod(value, step)
    is_up = 2 * rest > step or (2 * rest == step and whole % 2 == 1)
    return (whole + is_up) * step


def _two_digits(value: int) -> int:
    return rounded(value, 10 ** max(0, len(str(value)) - 2))
