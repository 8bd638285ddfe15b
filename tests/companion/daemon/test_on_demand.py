"""What is imported at the first call: once, and under the names that it has itself."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, cast

import pytest
from commands import own_environment

from aicost.daemon import acting, budget_methods, on_demand, screens, tagging
from aicost.daemon.server import Method, Notify, Params

NOTHING = cast(Any, None)  # nobody asks these components for anything


async def quiet(_: Mapping[str, object]) -> None:
    raise AssertionError("nobody waits")


async def test_it_is_opened_once_and_only_when_called() -> None:
    opened = []

    async def told(params: Params, _notify: Notify) -> object:
        return dict(params)

    async def other(_params: Params, _notify: Notify) -> object:
        return "other"

    def open_it() -> Mapping[str, Method]:
        opened.append(1)
        return {"one": told, "two": other}

    methods = on_demand.on_demand(("one", "two"), open_it)
    assert opened == []
    assert await methods["one"]({"a": 1}, quiet) == {"a": 1}
    assert await methods["two"]({}, quiet) == "other"
    assert await methods["one"]({"b": 2}, quiet) == {"b": 2}
    assert opened == [1]


async def test_what_cannot_be_opened_is_tried_again() -> None:
    async def told(_params: Params, _notify: Notify) -> object:
        return "told"

    tries = []

    def open_it() -> Mapping[str, Method]:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no more files")
        return {"one": told}

    [one] = on_demand.on_demand(["one"], open_it).values()
    with pytest.raises(OSError, match="no more files"):
        await one({}, quiet)
    assert await one({}, quiet) == "told"


@pytest.mark.parametrize(
    ("names", "methods"),
    [
        (on_demand.ACTING, acting.Acting(NOTHING).methods),
        (on_demand.BUDGETS, budget_methods.BudgetMethods(NOTHING).methods),
        (on_demand.SCREENS, screens.ScreenAnswers(NOTHING).methods),
        (on_demand.TAGS, {"tag": tagging.method(NOTHING, NOTHING, NOTHING, NOTHING)}),
    ],
)
def test_the_names_are_those_of_the_component(
    names: tuple[str, ...], methods: Mapping[str, Method]
) -> None:
    assert set(names) == set(methods)


async def test_what_only_needs_the_ledger_is_answered_by_name() -> None:
    asked = []

    def answering(name: str, _answer: object) -> Method:
        asked.append(name)
        return cast(Method, name)

    methods: Mapping[str, object] = on_demand.answers(answering, NOTHING)
    assert methods == {name: name for name in asked}
    assert asked == ["explain", "reconcile", "export", "weekly"]


@pytest.mark.parametrize("module", ["weekly", "explaining", "reconciling", "exporting"])
def test_a_start_imports_no_answer_that_is_seldom_asked(module: str) -> None:
    program = f"import sys, aicost.daemon.service; print('aicost.daemon.{module}' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=own_environment(),
    )  # fmt: skip
    assert run.stdout.strip() == "False"
