"""A team's server, over HTTPS: what it is asked, and what its answers mean.

Only what our server says in its own words is believed: a proxy's page or a portal's is no answer.
Proxies and certificates are those of the environment and of the system.
"""

import gzip
import logging
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import truststore

from aicost.core.errors import SyncRejected
from aicost.core.team.documents import body_hash
from aicost.core.team.outbox import Answer, Behind, Later, Rejected, Sent, retry_after_s
from aicost.core.text import clean
from aicost.sync.source import Source

TIMEOUT_S = 10.0
MOST_ANSWER_BYTES = 2**20
_MEDIA_TYPE = "application/vnd.aicost.day+json; version=1"
_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MAY_PASS = frozenset({408, 425, 429})  # and all that a server in trouble says
_STOPS_ALL = frozenset({401, 403, 404})  # the next day would be told the same
_NO_PROXY = dict.fromkeys(("all://127.0.0.1", "all://[::1]", "all://localhost"))
_SAID_CHARS = 200
_NOBODY = Source(team="", key=b"", device="")
P = TypeVar("P", bound="About")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a server promises. Fields that we do not know are ignored."""

    team: str
    k: int
    retention_months: int
    cohorts: tuple[str, ...] = ()
    who_sees_what: str = ""
    head_count: int | None = None


class Joined(About, frozen=True, kw_only=True):
    """What one gets for an invite code."""

    token: str
    project_key: str | None = None


class Backend:
    """One server. `source` says who asks; questions that anybody may ask need none."""

    def __init__(
        self,
        url: str,
        source: Source | None = None,
        *,
        client: httpx.Client,
        now: Callable[[], datetime],
    ) -> None:
        self._url, self._client, self._now = url.rstrip("/"), client, now
        self._source = source or _NOBODY
        self.skew_s = 0.0  # how far this machine's clock is ahead of the server's, as last told

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def about(self) -> About:
        """Return what the server promises. Raises SyncRejected."""
        return self._promise(self._asked("GET", "/v1/about"), About)

    def promise(self) -> tuple[int, int]:
        """Return how many people a published group has, and for how many months days are kept.

        Raises SyncRejected.
        """
        about = self.about()
        return about.k, about.retention_months

    def join(self, code: str, cohort: str | None) -> Joined:
        """Change an invite code for a token. Raises SyncRejected."""
        return self._promise(
            self._asked("POST", "/v1/join", json={"code": code, "cohort": cohort}), Joined
        )

    def report(self, first: date, last: date) -> Mapping[str, Any]:
        """Return what is published of the weeks of some days. Raises SyncRejected."""
        span = f"from={first.isoformat()}&to={last.isoformat()}&group=week"
        path = f"/v1/teams/{self._source.team}/report?{span}"
        return self._asked("GET", path, headers=self._bearer())

    def leave(self) -> None:
        """Let the token be good for nothing. Raises SyncRejected."""
        self._asked("POST", "/v1/leave", headers=self._bearer())

    def forget(self, epoch: str) -> None:
        """Delete all that was sent in an epoch, by whichever device. Raises SyncRejected."""
        who = self._source.within(epoch)
        path = f"/v1/teams/{self._source.team}/sources/{who.pseudonym}"
        self._asked("DELETE", path, headers={"X-Aicost-Write": who.write_secret})

    def address_of(self, day: date) -> str:
        """Return where a day goes."""
        source = f"{self._source.team}/sources/{self._source.on(day).pseudonym}"
        return f"{self._url}/v1/teams/{source}/days/{day.isoformat()}"

    def put(self, day: date, body: bytes) -> Answer:
        """Send a day. Raises SyncRejected where nothing else would be taken either."""
        headers = {
            **self._bearer(),
            "X-Aicost-Write": self._source.on(day).write_secret,
            "X-Aicost-Device": self._source.device_on(day),
            "Idempotency-Key": f'"{body_hash(body)}"',
            "Content-Type": _MEDIA_TYPE,
            "Content-Encoding": "gzip",
        }
        packed = gzip.compress(body, mtime=0)
        try:
            response, said = self._sent(
                "PUT", self.address_of(day), content=packed, headers=headers
            )
        except httpx.HTTPError:
            return Later()
        return self._meant(response, said)

    def _meant(self, response: httpx.Response, said: Mapping[str, Any]) -> Answer:
        status = response.status_code
        if status in (200, 201) and isinstance(said.get("status"), str):
            return Sent(status)
        have = said.get("have_revision")
        if status == 409 and type(have) is int and 0 <= have < 2**53:
            return Behind(have)
        if not isinstance(said.get("error"), str) or status in _MAY_PASS or status >= 500:
            wait = retry_after_s(response.headers.get("retry-after", ""), self._now())
            return Later(status, wait)
        if status in _STOPS_ALL:
            raise _refused(said)
        return Rejected(status, _why(said))

    def _asked(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Ask something that a person waits for. Raises SyncRejected."""
        try:
            response, said = self._sent(method, f"{self._url}{path}", **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SyncRejected(
                f"the team's server does not answer: {self._url}",
                why=clean(str(error))[:_SAID_CHARS] or type(error).__name__,
                hint=f"curl {self._url}/healthz",
            ) from error
        if response.is_success:
            return said
        if isinstance(said.get("error"), str):
            raise _refused(said)
        raise SyncRejected(
            f"the team's server is in trouble: {self._url}",
            why=f"it answered {response.status_code}",
            hint=f"curl {self._url}/healthz",
        )

    def _sent(
        self,
        method: str,
        url: str,
        **options: Any,  # noqa: ANN401 - httpx' own
    ) -> tuple[httpx.Response, Mapping[str, Any]]:
        """Return an answer and the JSON object in it, {} if there is none."""
        with self._client.stream(method, url, **options) as response:
            self._note_clock(response.headers.get("date", ""))
            parts, size = list[bytes](), 0
            for part in response.iter_bytes():
                size += len(part)
                if size > MOST_ANSWER_BYTES:
                    return response, {}
                parts.append(part)
        try:
            said = msgspec.json.decode(b"".join(parts))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return response, {}
        return response, said if isinstance(said, dict) else {}

    def _note_clock(self, told: str) -> None:
        try:
            theirs = parsedate_to_datetime(told)
        except ValueError:  # no date, or none that is one
            return
        if theirs.tzinfo is not None:
            self.skew_s = (self._now() - theirs).total_seconds()

    def _promise(self, said: Mapping[str, Any], shape: type[P]) -> P:
        try:
            found = msgspec.convert(said, shape)
        except msgspec.MsgspecError as error:
            raise SyncRejected(
                f"this is no team's server: {self._url}",
                why="it answers otherwise than one",
                hint=f"curl {self._url}/v1/about",
            ) from error
        if not _TEAM.fullmatch(found.team):
            raise SyncRejected(f"the server's team has a name that cannot be used: {self._url}")
        return found

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._source.token}"}


def open_client(version: str) -> httpx.Client:
    """Return a client that trusts whom the system trusts, and uses the environment's proxies."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write down each address
    return httpx.Client(
        timeout=TIMEOUT_S,
        verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        mounts=_NO_PROXY,  # without TLS the token would be read on the way to it
        headers={"User-Agent": version, "Accept": "application/json"},
    )


def check_address(url: str) -> str:
    """Return the address of a server as it is kept. Raises SyncRejected.

    Without TLS only this very machine is spoken to.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _no_address(url, str(error)) from error
    if parts.scheme not in ("http", "https") or not host:
        raise _no_address(url, "it begins with https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise _no_address("the address", "it holds more than a host and a path")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise _no_address(url, "without TLS everybody on the way would read along: use https://")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _refused(said: Mapping[str, Any]) -> SyncRejected:
    hint = said.get("hint")
    return SyncRejected(
        f"the team's server refuses: {clean(said['error'])[:_SAID_CHARS]}",
        hint=clean(hint)[:_SAID_CHARS] if isinstance(hint, str) else "",
    )


def _why(said: Mapping[str, Any]) -> str:
    """Return what a server says is wrong with a day: by field, where it says so."""
    faults = said.get("faults")
    told = []
    for fault in faults if isinstance(faults, list) else ():
        if isinstance(fault, dict):
            told.append(f"{fault.get('field', '')}: {fault.get('why', '')}")
    return clean("; ".join(told) or said["error"])[:_SAID_CHARS]


def _no_address(url: str, why: str) -> SyncRejected:
    return SyncRejected(
        f"this is no address of a team's server: {clean(url)[:_SAID_CHARS]}",
        why=why,
        hint="aicost team join https://team.example.com",
    )
