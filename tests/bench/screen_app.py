"""The dashboard on made-up views: `still` (200 sessions, one view) or `busy` (four a second)."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from builders import burn_minutes, session_glance, session_row, tasks_of_today, usd, view

from aicost.cli.top import tidy
from aicost.core.view import DashboardView, SessionRow
from aicost_tui.app import DashboardApp

LIVE, ALL = 10, 200
EACH_S = 0.25
STEPS = 600  # more than anybody watches


def sessions(step: int, start: datetime, now: datetime) -> list[SessionRow]:
    """Return ten live sessions, each with a call since the step before, and many ended ones."""
    live = [
        session_row(
            f"live-{number}",
            repo=f"repo-{number}",
            context_tokens=40_000 + number * 9_000 + step * 300 % 40_000,
            cost_nusd=usd(1) + step * usd(0.002) + number * usd(0.1),
            requests=400 + step,
            last_at=now,
            subagents=number % 3,
        )
        for number in range(LIVE)
    ]
    ended = [
        session_row(f"ended-{number}", repo=f"old-{number}", state="ended", pid=None,
                    last_at=start - timedelta(minutes=number))
        for number in range(LIVE, ALL)
    ]  # fmt: skip
    return [*live, *ended]


def a_view(step: int, start: datetime) -> DashboardView:
    """Return the view of a step."""
    now = start + timedelta(seconds=step * EACH_S)
    hour = burn_minutes()
    last = (*hour.nusd[:-1], hour.nusd[-1] + step * usd(0.002))
    return view(
        *sessions(step, start, now),
        at=now,
        last_hour=replace(hour, nusd=last, since=now - timedelta(minutes=59)),
        today_by_task=tasks_of_today(),
    )


async def feed(*, is_busy: bool) -> AsyncIterator[DashboardView]:
    """Yield views as the daemon pushes them; decoding them is part of what is measured."""
    start = datetime.now(UTC)
    pushed = [msgspec.json.encode(a_view(step, start)) for step in range(STEPS if is_busy else 1)]
    decode = msgspec.json.Decoder(DashboardView).decode
    for line in pushed:
        yield decode(line)
        await asyncio.sleep(EACH_S if is_busy else 3600)


async def ask(_method: str, params: Mapping[str, object]) -> dict[str, Any]:
    """Answer what the dashboard asks about a session."""
    found: dict[str, Any] = msgspec.to_builtins(session_glance(str(params["id"])))
    return found


if __name__ == "__main__":
    gc.set_threshold(100_000)  # as the command does
    DashboardApp(lambda: feed(is_busy=sys.argv[1] == "busy"), ask, tidy=tidy).run()
