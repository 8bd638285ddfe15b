"""Who may read: a bearer token, or the cookie that the page's form gives for it.

The cookie is signed with a key that only this process knows, and holds nothing but when it ends:
it cannot be made elsewhere, and says nothing of who has it.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aicost.team import access
from aicost.team.bodies import Refused
from aicost.team.intake import Desk
from aicost.team.routing import token_of

COOKIE = "aicost_team"
SESSION_S = 12 * 3600


class Door:
    """Lets readers in; `now` is the clock, in UTC."""

    def __init__(self, desk: Desk, now: Callable[[], datetime]) -> None:
        self._desk, self._now = desk, now
        self._key = secrets.token_bytes(32)

    async def check(self, request: Request) -> None:
        """Raises Refused if a request may not read."""
        if not self.has_session(request):
            await self.check_token(token_of(request))

    async def check_token(self, token: str) -> None:
        """Raises Refused if a token may not read: one of its own, else any member's."""
        await run_in_threadpool(_check, self._desk, token)

    def has_session(self, request: Request) -> bool:
        """Say whether a request has a cookie of ours that still holds."""
        ends, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._signed(ends).encode()):
            return False
        return int(ends) > self._now().timestamp()

    def open_session(self, request: Request, response: Response) -> None:
        """Give a cookie that holds for some hours."""
        ends = str(int(self._now().timestamp()) + SESSION_S)
        response.set_cookie(
            COOKIE, f"{ends}.{self._signed(ends)}", max_age=SESSION_S, httponly=True,
            samesite="strict", secure=request.url.scheme == "https",
        )  # fmt: skip

    def end_session(self, request: Request, response: Response) -> None:
        """Take the cookie back."""
        is_secure = request.url.scheme == "https"
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_secure)

    def _signed(self, ends: str) -> str:
        return hmac.new(self._key, ends.encode(), sha256).hexdigest()


def _check(desk: Desk, token: str) -> None:
    if (wanted := desk.settings.reader_hash) is not None:
        if not hmac.compare_digest(wanted, sha256(token.encode()).hexdigest()):
            raise Refused(401, "this token may not read reports")
        return
    with desk.database.transaction(reading=True) as change:
        if access.member(change, token) is None:
            raise Refused(401, "this token is not known", "aicost team join")
