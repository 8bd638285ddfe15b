"""The page's addresses: the figures, and the form before them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aicost.team import page
from aicost.team.bodies import Refused, read_body
from aicost.team.door import Door
from aicost.team.intake import Desk
from aicost.team.pace import Pace
from aicost.team.publishing import published_weeks

_FORM_BYTES = 4096
_LOGINS_PER_MINUTE = 30  # of everybody together: addresses are not kept


class Front:
    """Shows the page to who may read; `now` is the clock, in UTC."""

    def __init__(self, desk: Desk, door: Door, now: Callable[[], datetime]) -> None:
        self._desk, self._door, self._now = desk, door, now
        self._logins = Pace(_LOGINS_PER_MINUTE)

    async def show(self, request: Request) -> Response:
        """Show the figures to who may see them, else the form."""
        has_session = self._door.has_session(request)
        if not has_session and "authorization" not in request.headers:
            return self._form("", 401)
        await self._door.check(request)
        asked = _asked(request)
        today = self._now().astimezone(UTC).date()
        first, last = page.range_of(asked, today)

        def made() -> str:
            settings = self._desk.settings
            weeks = published_weeks(self._desk.database, settings, first, last, today)
            return page.overview_page(weeks, settings, asked, has_session=has_session)

        return HTMLResponse(await run_in_threadpool(made), headers=page.HEADERS)

    async def login(self, request: Request) -> Response:
        """Take the token of the form, and give a cookie for it."""
        wait_s = self._logins.wait_s("", time.monotonic())
        if wait_s:
            return self._form("Too many tries at once. Wait a little.", 429, wait_s)
        body = await read_body(request, _FORM_BYTES)
        try:
            await self._door.check_token(_token(body))
        except Refused:
            return self._form("This token opens nothing here.", 401)
        response = RedirectResponse("./", 303, headers=page.HEADERS)
        self._door.open_session(request, response)
        return response

    async def logout(self, request: Request) -> Response:
        """Take the cookie back."""
        response = RedirectResponse("./", 303, headers=page.HEADERS)
        self._door.end_session(request, response)
        return response

    def _form(self, problem: str, status: int, wait_s: float = 0) -> Response:
        headers = page.HEADERS | ({"Retry-After": str(int(wait_s) + 1)} if wait_s else {})
        return HTMLResponse(page.login_page(self._desk.settings, problem), status, headers=headers)


def _token(form: bytes) -> str:
    """Return the token in a form's body, "" if there is none."""
    try:
        fields = parse_qs(form.decode(errors="replace"), max_num_fields=10)
    except ValueError:  # more fields than the form has
        return ""
    return fields.get("token", [""])[0].strip()


def _asked(request: Request) -> int:
    """Return how many weeks are asked for; what is no such number is the usual one."""
    given = request.query_params.get("weeks", "")
    return int(given) if given in map(str, page.RANGES) else page.USUAL_RANGE
