"""A route of the server: measured, logged without a word of who asked, and errors in one form."""

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aicost.core.errors import StoreError
from aicost.team.bodies import Refused
from aicost.team.metrics import Metrics

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def route(metrics: Metrics, path: str, endpoint: Endpoint, method: str) -> Route:
    """Return a route whose answers are counted, and whose errors are JSON."""

    async def measured(request: Request) -> Response:
        start_s = time.perf_counter()
        response = await _answered(endpoint, request)
        took_s = time.perf_counter() - start_s
        metrics.observe(path, method, response.status_code, took_s)
        log.info("%s %s %d %.0f ms", method, path, response.status_code, 1000 * took_s)
        return response

    return Route(path, measured, methods=[method])


async def _answered(endpoint: Endpoint, request: Request) -> Response:
    """Return an endpoint's answer, or the error in its place."""
    try:
        return await endpoint(request)
    except Refused as error:
        content = {"error": error.error, "hint": error.hint, **error.more}
        return JSONResponse(content, error.status, headers=error.headers)
    except StoreError as error:
        log.warning("%s: %s", error.what, error.why)
        content = {"error": error.what, "hint": "try again later"}
        return JSONResponse(content, 503, headers={"Retry-After": "60"})


def token_of(request: Request) -> str:
    """Return the bearer token of a request. Raises Refused."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(
            401, "a token is needed", "aicost team join", headers={"WWW-Authenticate": "Bearer"}
        )
    return token


def day_of(request: Request, name: str) -> str:
    """Return a day that is asked for, YYYY-MM-DD. Raises Refused."""
    given = request.query_params.get(name, "")
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise Refused(422, f"{name} is a day, YYYY-MM-DD") from error
