"""The server as an ASGI application: routes, who may ask how often, errors, and what is logged.

What is logged of a request is its route, its status and its time: never an address, a token, a
name of a source, or anything of a body.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aicost import __version__
from aicost.team import intake
from aicost.team.bodies import Refused, read_body, read_object
from aicost.team.database import Database
from aicost.team.door import Door
from aicost.team.front import Front
from aicost.team.metrics import Metrics
from aicost.team.openapi import openapi
from aicost.team.pace import Pace
from aicost.team.reports import Reports
from aicost.team.retention import keep_tidy
from aicost.team.routing import day_of, route, token_of
from aicost.team.settings import TeamSettings

log = logging.getLogger(__name__)

Now = Callable[[], datetime]
_JOIN_BYTES = 4096
_STATUS = {"created": 201, "replaced": 200, "unchanged": 200, "stale": 409, "conflict": 409}
WHO_SEES_WHAT = (
    "reports are of groups of at least k people, by whole weeks, rounded (finance gets the exact"
    " sums of the same groups); nobody, also no admin, gets to see the days of one source; each"
    " source can list and delete its own"
)


class _Join(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    cohort: str | None = None


class TeamServer:
    """The endpoints; `now` is the clock, in UTC."""

    def __init__(self, database: Database, settings: TeamSettings, now: Now) -> None:
        self._desk, self._now = intake.Desk(database, settings), now
        self._puts = Pace(settings.puts_per_minute)
        self.metrics = Metrics()
        door = Door(self._desk, now)
        self.reports = Reports(self._desk, door, now)
        self.front = Front(self._desk, door, now)

    def routes(self) -> list[Route]:
        """Return what there is to ask."""
        source = "/v1/teams/{team}/sources/{pseudonym}"
        return [
            route(self.metrics, "/", self.front.show, "GET"),
            route(self.metrics, "/login", self.front.login, "POST"),
            route(self.metrics, "/logout", self.front.logout, "POST"),
            route(self.metrics, "/healthz", self.health, "GET"),
            route(self.metrics, "/metrics", self.told_metrics, "GET"),
            route(self.metrics, "/openapi.json", self.described, "GET"),
            route(self.metrics, "/v1/about", self.about, "GET"),
            route(self.metrics, "/v1/join", self.join, "POST"),
            route(self.metrics, "/v1/leave", self.leave, "POST"),
            route(self.metrics, f"{source}/days/{{day}}", self.put_day, "PUT"),
            route(self.metrics, f"{source}/days", self.days, "GET"),
            route(self.metrics, source, self.forget, "DELETE"),
            route(self.metrics, "/v1/teams/{team}/report", self.reports.report, "GET"),
            route(self.metrics, "/v1/teams/{team}/focus.csv", self.reports.focus, "GET"),
        ]

    async def health(self, _request: Request) -> Response:
        """Say whether the database can be used."""

        def asked() -> None:
            with self._desk.database.transaction(reading=True) as change:
                change.row("SELECT 1")

        await run_in_threadpool(asked)
        return JSONResponse({"status": "ok", "version": __version__})

    async def told_metrics(self, _request: Request) -> Response:
        """Tell Prometheus what was asked, and how long it took."""
        return PlainTextResponse(self.metrics.text(), media_type=self.metrics.media_type)

    async def described(self, _request: Request) -> Response:
        """Return the OpenAPI document."""
        return JSONResponse(openapi(self._desk.settings))

    async def about(self, _request: Request) -> Response:
        """Say to what one would join."""
        return JSONResponse({**self._promise(), "version": __version__})

    async def join(self, request: Request) -> Response:
        """Change an invite code for a token."""
        body = await read_body(request, _JOIN_BYTES)
        asked: _Join = read_object(body, _Join)
        token = await run_in_threadpool(intake.join, self._desk, asked.code, asked.cohort)
        key = self._desk.settings.project_key
        return JSONResponse({**self._promise(), "token": token, "project_key": key}, 201)

    async def leave(self, request: Request) -> Response:
        """Let the caller's token be good for nothing."""
        await run_in_threadpool(intake.leave, self._desk, token_of(request))
        return Response(status_code=204)

    async def put_day(self, request: Request) -> Response:
        """Take a day document."""
        caller = self._caller(request)
        wait_s = self._puts.wait_s(caller.token, time.monotonic())
        if wait_s:
            raise _too_often(wait_s)
        body = await read_body(request, self._desk.settings.body_bytes)
        day, today = request.path_params["day"], self._today()
        put = await run_in_threadpool(intake.take_day, self._desk, caller, day, body, today)
        self.metrics.documents.labels(put.status).inc()
        status = _STATUS[put.status]
        if status == 409:
            return JSONResponse(
                {
                    "error": "a later revision of this day is here",
                    "hint": "send it again with a higher revision",
                    "have_revision": put.revision,
                },
                status,
            )
        return JSONResponse({"status": put.status, "revision": put.revision}, status)

    async def days(self, request: Request) -> Response:
        """Tell a source which revisions there are of its days."""
        first, last = (day_of(request, name) for name in ("from", "to"))
        found = await run_in_threadpool(
            intake.days_of, self._desk, self._caller(request), first, last
        )
        return JSONResponse({"days": found})

    async def forget(self, request: Request) -> Response:
        """Delete all of a source."""
        await run_in_threadpool(intake.forget, self._desk, self._caller(request, token=False))
        return Response(status_code=204)

    def _promise(self) -> dict[str, object]:
        settings = self._desk.settings
        return {
            "team": settings.team,
            "k": settings.k,
            "retention_months": settings.retention_months,
            "cohorts": list(settings.cohorts),
            "head_count": settings.head_count,
            "who_sees_what": WHO_SEES_WHAT,
        }

    def _caller(self, request: Request, *, token: bool = True) -> intake.Caller:
        if request.path_params["team"] != self._desk.settings.team:
            raise Refused(404, "no such team")
        return intake.Caller(
            token=token_of(request) if token else "",
            pseudonym=request.path_params["pseudonym"],
            write_secret=request.headers.get("x-aicost-write", ""),
            device=request.headers.get("x-aicost-device", ""),
        ).checked()

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()


def team_app(database: Database, settings: TeamSettings, now: Now) -> Starlette:
    """Return the application; its end closes the database."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tidying = group.create_task(keep_tidy(database, settings, now))
            yield
            tidying.cancel()
        await run_in_threadpool(database.close)

    server = TeamServer(database, settings, now)
    errors: dict[Any, Any] = {404: _no_such_page, 405: _no_such_method}
    return Starlette(routes=server.routes(), lifespan=lifespan, exception_handlers=errors)


async def _no_such_page(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "no such address", "hint": "GET /openapi.json"}, 404)


async def _no_such_method(_request: Request, error: Any) -> Response:  # noqa: ANN401
    content = {"error": "this address is asked otherwise", "hint": "GET /openapi.json"}
    return JSONResponse(content, 405, headers=error.headers)


def _too_often(wait_s: float) -> Refused:
    headers = {"Retry-After": str(int(wait_s) + 1)}
    return Refused(429, "too many documents at once", "wait a little", headers=headers)
