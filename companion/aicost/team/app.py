"""The server as an ASGI application: routes, who may ask how often, errors, and what is logged.

What is logged of a request is its route, its status and its time: never an address, a token, a
name of a source, or anything of a body.
"""

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
from aicost.core.errors import StoreError
from aicost.team import intake
from aicost.team.bodies import Refused, read_body, read_object
from aicost.team.database import Database
from aicost.team.metrics import Metrics
from aicost.team.openapi import openapi
from aicost.team.pace import Pace
from aicost.team.settings import TeamSettings

log = logging.getLogger(__name__)

Now = Callable[[], datetime]
_JOIN_BYTES = 4096
_STATUS = {"created": 201, "replaced": 200, "unchanged": 200, "stale": 409, "conflict": 409}
WHO_SEES_WHAT = (
    "reports are of groups of at least k people, by whole weeks, rounded; nobody, also no admin,"
    " gets to see the days of one source; each source can list and delete its own"
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

    def routes(self) -> list[Route]:
        """Return what there is to ask."""
        source = "/v1/teams/{team}/sources/{pseudonym}"
        return [
            self._route("/healthz", self.health, "GET"),
            self._route("/metrics", self.told_metrics, "GET"),
            self._route("/openapi.json", self.described, "GET"),
            self._route("/v1/about", self.about, "GET"),
            self._route("/v1/join", self.join, "POST"),
            self._route("/v1/leave", self.leave, "POST"),
            self._route(f"{source}/days/{{day}}", self.put_day, "PUT"),
            self._route(f"{source}/days", self.days, "GET"),
            self._route(source, self.forget, "DELETE"),
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
        await run_in_threadpool(intake.leave, self._desk, _token(request))
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
        first, last = (_day(request, name) for name in ("from", "to"))
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
            token=_token(request) if token else "",
            pseudonym=request.path_params["pseudonym"],
            write_secret=request.headers.get("x-aicost-write", ""),
            device=request.headers.get("x-aicost-device", ""),
        ).checked()

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()

    def _route(self, path: str, endpoint: Any, method: str) -> Route:  # noqa: ANN401
        async def measured(request: Request) -> Response:
            start_s = time.perf_counter()
            response = await _answered(endpoint, request)
            took_s = time.perf_counter() - start_s
            self.metrics.observe(path, method, response.status_code, took_s)
            log.info("%s %s %d %.0f ms", method, path, response.status_code, 1000 * took_s)
            return response

        return Route(path, measured, methods=[method])


def team_app(database: Database, settings: TeamSettings, now: Now) -> Starlette:
    """Return the application; its end closes the database."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(database.close)

    server = TeamServer(database, settings, now)
    errors: dict[Any, Any] = {404: _no_such_page, 405: _no_such_method}
    return Starlette(routes=server.routes(), lifespan=lifespan, exception_handlers=errors)


async def _answered(endpoint: Any, request: Request) -> Response:  # noqa: ANN401
    """Return an endpoint's answer, or the error in its place."""
    try:
        response: Response = await endpoint(request)
    except Refused as error:
        content = {"error": error.error, "hint": error.hint, **error.more}
        return JSONResponse(content, error.status, headers=error.headers)
    except StoreError as error:
        log.warning("%s: %s", error.what, error.why)
        content = {"error": error.what, "hint": "try again later"}
        return JSONResponse(content, 503, headers={"Retry-After": "60"})
    return response


async def _no_such_page(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "no such address", "hint": "GET /openapi.json"}, 404)


async def _no_such_method(_request: Request, error: Any) -> Response:  # noqa: ANN401
    content = {"error": "this address is asked otherwise", "hint": "GET /openapi.json"}
    return JSONResponse(content, 405, headers=error.headers)


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(
            401, "a token is needed", "aicost team join", headers={"WWW-Authenticate": "Bearer"}
        )
    return token


def _day(request: Request, name: str) -> str:
    given = request.query_params.get(name, "")
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise Refused(422, f"{name} is a day, YYYY-MM-DD") from error


def _too_often(wait_s: float) -> Refused:
    headers = {"Retry-After": str(int(wait_s) + 1)}
    return Refused(429, "too many documents at once", "wait a little", headers=headers)
