"""No difference of what is published says something of one person: tried by brute force."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.team.anonymity import (
    DIMENSIONS,
    LEAST_K,
    Atom,
    Cell,
    Published,
    _unsafe,
    bands,
    publishable,
    rounded,
)

EPOCH = "2026Q4"
PEOPLE = "ABCDEFGHIJKL"


def atom(source: str, **given: Any) -> Atom:
    named: dict[str, Any] = {
        "tool": "claude-code", "model": "opus", "category": "bugfix", "environment": "interactive",
        "project": "", "cohort": "", "cost": 100, "tokens": 100, "epoch": EPOCH,
    } | given  # fmt: skip
    words = tuple(named[name] for name in DIMENSIONS[1:])
    return Atom(source, named["epoch"], words, named["cost"], named["tokens"])


def seen(published: Published, dimension: str) -> set[str]:
    return set(dict(published.cells)[dimension])  # type: ignore[index]


@pytest.mark.parametrize(("people", "is_seen"), [(4, False), (5, True), (6, True)])
def test_a_cell_needs_k_people(people: int, is_seen: bool) -> None:
    found = publishable([atom(one) for one in PEOPLE[:people]])
    assert seen(found, "total") == ({""} if is_seen else set())
    assert seen(found, "tool") == ({"claude-code"} if is_seen else set())
    assert found.withheld["total"] == ({} if is_seen else {"few": 1})


def test_one_person_with_many_rows_is_one() -> None:
    rows = [atom("A", model=f"m{number}") for number in range(20)]
    assert not seen(publishable(rows), "total")


def test_k_may_be_raised_and_not_lowered() -> None:
    rows = [atom(one) for one in PEOPLE[:6]]
    assert seen(publishable(rows, 6), "total")
    assert not seen(publishable(rows, 7), "total")
    with pytest.raises(ValueError, match="at least 5"):
        publishable(rows, LEAST_K - 1)


@pytest.mark.parametrize(
    ("costs", "is_seen"),
    [
        ([100] * 5, True),
        ([600, 100, 100, 100, 100], True),  # exactly 60 %, and two are 70 %
        ([601, 100, 100, 100, 99], False),
        ([400, 400, 100, 50, 50], True),  # exactly 80 %
        ([401, 400, 100, 50, 49], False),
        ([0] * 5, True),
    ],
)
def test_nobody_may_be_most_of_a_cell(costs: Sequence[int], is_seen: bool) -> None:
    by_cost = [atom(one, cost=cost) for one, cost in zip(PEOPLE, costs, strict=False)]
    by_tokens = [atom(one, tokens=cost) for one, cost in zip(PEOPLE, costs, strict=False)]
    assert bool(seen(publishable(by_cost), "total")) is is_seen
    assert bool(seen(publishable(by_tokens), "total")) is is_seen


@pytest.mark.parametrize("measure", ["cost", "tokens"])
@pytest.mark.parametrize(("people", "is_seen"), [(4, False), (5, True)])
def test_who_used_nothing_hides_nobody(measure: str, people: int, is_seen: bool) -> None:
    rows = [atom(one) for one in PEOPLE[:people]]
    rows += [atom(one, **{measure: 0}) for one in PEOPLE[people : people + 4]]
    assert bool(seen(publishable(rows), "total")) is is_seen


def test_a_new_quarter_does_not_make_two_of_one() -> None:
    old = [atom(f"{one}1", epoch="2026Q3") for one in PEOPLE[:4]]
    new = [atom(f"{one}2") for one in PEOPLE[:4]]
    assert not seen(publishable([*old, *new]), "total")
    more = [atom("E1", epoch="2026Q3"), atom("E2")]
    assert publishable([*old, *new, *more]).cells["total"][""].sources == 5


def test_one_withheld_cell_takes_another_with_it() -> None:
    """Else it would be the total without the others."""
    rows = [atom(one, category="bugfix", cost=900) for one in PEOPLE[:6]]
    rows += [atom(one, category="feature", cost=500) for one in PEOPLE[:6]]
    rows += [atom(one, category="docs") for one in PEOPLE[:2]]
    found = publishable(rows)
    assert seen(found, "total") == {""}
    assert seen(found, "category") == {"bugfix"}
    assert found.withheld["category"] == {"few": 1, "would uncover others": 1}


def test_a_model_inside_a_tool_does_not_uncover_the_rest_of_it() -> None:
    rows = [atom(one, cost=900) for one in PEOPLE[:8]]
    rows += [atom(one, tool="codex", model="gpt") for one in PEOPLE[:6]]
    rows += [atom("A", tool="codex", model="other")]
    found = publishable(rows)
    assert not {"codex"} <= seen(found, "tool") or not {"gpt"} <= seen(found, "model")


def test_a_rest_that_is_safe_itself_is_no_reason_to_withhold() -> None:
    rows = [atom(one, category=category) for one in PEOPLE[:6] for category in ("docs", "ops")]
    rows += [atom(one, category="review", project="shop") for one in PEOPLE[:6]]
    found = publishable(rows)
    assert seen(found, "category") == {"docs", "ops", "review"}
    assert seen(found, "project") == {"", "shop"}


# By brute force: whatever is added up and taken away, nobody is left alone


def subsets(cells: Mapping[str, Cell]) -> Iterator[frozenset[tuple[str, ...]]]:
    sets = [cell.combinations for cell in cells.values()]
    for size in range(1, len(sets) + 1):
        for chosen in combinations(sets, size):
            yield frozenset().union(*chosen)


def unsafe_differences(rows: Sequence[Atom], found: Published, k: int) -> list[object]:
    leaks = list[object]()
    for outer, inner in product(DIMENSIONS, repeat=2):
        if outer == inner:
            continue
        for union in subsets(found.cells[outer]):
            for taken in subsets(found.cells[inner]):
                if taken < union:
                    rest = [one for one in rows if one.words in union - taken]
                    if _unsafe(rest, k) is not None:
                        leaks.append((outer, inner, union - taken))
    return leaks


def team(seed: int) -> list[Atom]:
    random = Random(seed)
    rows = list[Atom]()
    for one in PEOPLE[: random.randint(5, 12)]:
        for _ in range(random.randint(1, 5)):
            tool = random.choice(("claude-code", "codex"))
            models = {"claude-code": ("opus", "haiku"), "codex": ("gpt", "other")}[tool]
            rows.append(
                atom(
                    one,
                    tool=tool,
                    model=random.choice(models),
                    category=random.choice(("bugfix", "docs", "ops")),
                    project=random.choice(("", "", "shop", "api")),
                    cost=random.choice((10, 50, 100, 1000)),
                )
            )
    return rows


@pytest.mark.parametrize("seed", range(150))
def test_no_difference_of_published_cells_is_unsafe(seed: int) -> None:
    rows = team(seed)
    found = publishable(rows)
    for cells in found.cells.values():
        for cell in cells.values():
            assert _unsafe([one for one in rows if one.words in cell.combinations], LEAST_K) is None
    assert unsafe_differences(rows, found, LEAST_K) == []


def test_the_brute_force_finds_a_leak_where_there_is_one() -> None:
    rows = [atom(one) for one in PEOPLE[:6]] + [atom("A", category="docs")]
    words = {one.words for one in rows}
    naive = Published(
        {name: {"": Cell(frozenset(words), 6)} if name == "total" else {} for name in DIMENSIONS}
        | {"category": {"bugfix": Cell(frozenset({rows[0].words}), 6)}},
        {},
    )
    assert unsafe_differences(rows, naive, LEAST_K)


@settings(max_examples=60)
@given(st.integers(min_value=1000), st.integers(5, 8))
def test_any_team_and_any_k(seed: int, k: int) -> None:
    rows = team(seed)
    assert unsafe_differences(rows, publishable(rows, k), k) == []


def test_something_is_published_of_most_teams() -> None:
    """A rule that withholds everything would be safe, and of no use."""
    found = [publishable(team(seed)) for seed in range(150)]
    assert sum(bool(one.cells["total"]) for one in found) > 75
    assert sum(len(one.cells["category"]) > 1 for one in found) > 10


# Bands and rounding


def test_quartiles_need_ten_people() -> None:
    assert bands([100] * 9) is None
    assert bands([*range(1000, 1100, 10)]) == (1000, 1000, 1100)
    assert bands([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) == (3, 6, 9)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0, 1000, 0),
        (499, 1000, 0),
        (500, 1000, 0),
        (501, 1000, 1000),
        (1500, 1000, 2000),
        (2500, 1000, 2000),
        (1499, 1000, 1000),
        (7, 1, 7),
    ],
)
def test_rounding_is_to_the_nearest_and_halves_to_the_even(
    value: int, step: int, expected: int
) -> None:
    assert rounded(value, step) == expected
