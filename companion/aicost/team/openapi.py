"""The OpenAPI document of the server, made from the same values that it reads."""

from typing import Any

import msgspec

from aicost import __version__
from aicost.core.team.checking import MOST, MOST_ROWS, PATTERNS
from aicost.core.team.documents import DayDocument
from aicost.team.page import RANGES
from aicost.team.reports import GROUPS
from aicost.team.settings import TeamSettings

Json = dict[str, Any]

_JSON = "application/json"
_REF = "#/components/schemas/{name}"
_TEXT: Json = {"type": "string"}


def openapi(settings: TeamSettings) -> Json:
    """Return the document for a server with these settings."""
    (_,), schemas = msgspec.json.schema_components((DayDocument,), ref_template=_REF)
    _tighten(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aicost team server",
            "version": __version__,
            "description": "Pseudonymous days in, anonymous reports out.",
        },
        "paths": _paths(settings),
        "components": {
            "schemas": {**schemas, **_SCHEMAS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _tighten(schemas: Json) -> None:
    """Say of each field what the server checks beyond its type."""
    for schema in schemas.values():
        schema["additionalProperties"] = False
        schema["required"] = list(schema["properties"])
        for name, field in schema["properties"].items():
            field.pop("default", None)
            for kind in (field, *field.get("anyOf", ())):
                if kind.get("type") == "integer":
                    kind |= {"minimum": 0, "maximum": MOST}
                if kind.get("type") == "string" and name in PATTERNS:
                    kind["pattern"] = f"^(?:{PATTERNS[name].pattern})$"
    document = schemas["DayDocument"]["properties"]
    document["schema"] = {"const": 1}
    document["tz"] = {"const": "UTC"}
    document["day"] = {"type": "string", "format": "date"}
    document["rows"]["maxItems"] = MOST_ROWS


def _paths(settings: TeamSettings) -> Json:
    team = _parameter("team", "path", {"const": settings.team})
    return {
        **_PAGE_PATHS,
        "/healthz": {"get": _operation("whether it works", {200: "Health", 503: "Error"})},
        "/metrics": {"get": _operation("for Prometheus", {200: "text/plain"})},
        "/openapi.json": {"get": _operation("this document", {200: "Any"})},
        "/v1/about": {"get": _operation("to what one would join", {200: "About"})},
        "/v1/join": {
            "post": _operation(
                "change an invite code for a token",
                {201: "Joined", 403: "Error"},
                body={"$ref": _REF.format(name="Join")},
            )
        },
        "/v1/leave": {
            "post": _operation("give the token back", {204: "", 401: "Error"}, secured=True)
        },
        "/v1/teams/{team}/report": {
            "get": _operation(
                "what is published of some weeks, by one group",
                {200: "Report", 401: "Error"},
                parameters=[
                    team,
                    *_RANGE,
                    _parameter("group", "query", {"enum": list(GROUPS)}, required=False),
                ],
                secured=True,
            )
        },
        "/v1/teams/{team}/focus.csv": {
            "get": _operation(
                "the exact sums of what is published, as FOCUS 1.2",
                {200: "text/csv", 401: "Error"},
                parameters=[team, *_RANGE],
                secured=True,
            )
        },
        **_source_paths(team),
    }


def _source_paths(team: Json) -> Json:
    source = "/v1/teams/{team}/sources/{pseudonym}"
    who = [
        team,
        _parameter("pseudonym", "path", _text("[a-z2-7]{26}")),
        _parameter("X-Aicost-Write", "header", _text("[0-9a-f]{64}")),
    ]
    device = _parameter("X-Aicost-Device", "header", _text("[0-9a-f]{8,16}"), required=False)
    return {
        f"{source}/days/{{day}}": {
            "put": _operation(
                "send a day; it replaces what was sent of it before",
                {200: "Put", 201: "Put", 401: "Error", 403: "Error", 409: "Stale", 429: "Error"},
                parameters=[*who, device, _parameter("day", "path", _A_DAY)],
                body={"$ref": _REF.format(name="DayDocument")},
                secured=True,
            )
        },
        f"{source}/days": {
            "get": _operation(
                "the revisions of a source's own days",
                {200: "Days", 401: "Error", 403: "Error"},
                parameters=[*who, device, *_RANGE],
                secured=True,
            )
        },
        source: {
            "delete": _operation(
                "delete all that a source sent", {204: "", 403: "Error"}, parameters=who
            )
        },
    }


def _operation(
    says: str,
    answers: dict[int, str],
    *,
    parameters: list[Json] | None = None,
    body: Json | None = None,
    secured: bool = False,
) -> Json:
    found: Json = {"summary": says, "responses": {}}
    if parameters or body:
        answers = {404: "Error", 422: "Error", **answers}
    if body:
        answers = {400: "Error", 413: "Error", 415: "Error", **answers}
        media = _FORM_MEDIA if body is _FORM else _JSON
        found["requestBody"] = {"required": True, "content": {media: {"schema": body}}}
    if parameters:
        found["parameters"] = parameters
    if secured:
        found["security"] = [{"token": []}]
    for status, name in sorted({503: "Error", **answers}.items()):
        found["responses"][str(status)] = _answer(name)
    return found


def _answer(name: str) -> Json:
    if not name:
        return {"description": "done"}
    if "/" in name:
        return {"description": "text", "content": {name: {"schema": _TEXT}}}
    schema: Json = {} if name == "Any" else {"$ref": _REF.format(name=name)}
    return {"description": name.lower(), "content": {_JSON: {"schema": schema}}}


def _parameter(name: str, where: str, schema: Json, *, required: bool = True) -> Json:
    return {"name": name, "in": where, "required": required, "schema": schema}


def _text(pattern: str) -> Json:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _object(**fields: Json) -> Json:
    optional = ("hint", "faults", "cohort")
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": fields, "required": required}


_HTML = "text/html"
_FORM_MEDIA = "application/x-www-form-urlencoded"
_FORM: Json = {
    "type": "object", "properties": {"token": _TEXT}, "required": ["token"],
}  # fmt: skip
_WEEKS = _parameter("weeks", "query", {"enum": list(RANGES)}, required=False)
_PAGE_PATHS: Json = {
    "/": {
        "get": _operation(
            "the page for the team's lead", {200: _HTML, 401: _HTML}, parameters=[_WEEKS]
        )
    },
    "/login": {
        "post": _operation(
            "change a reader's token for a cookie",
            {303: "", 401: _HTML, 429: _HTML},
            body=_FORM,
        )
    },
    "/logout": {"post": _operation("take the cookie back", {303: ""})},
}
_A_DAY: Json = {"type": "string", "format": "date"}
_RANGE = [_parameter(name, "query", _A_DAY) for name in ("from", "to")]
_NUMBER: Json = {"type": "integer"}
_WORDS: Json = {"type": "array", "items": _TEXT}
_OR_NULL: Json = {"type": ["string", "null"]}
_PROMISE: Json = {
    "team": _TEXT,
    "k": _NUMBER,
    "retention_months": _NUMBER,
    "cohorts": _WORDS,
    "head_count": {"type": ["integer", "null"]},
    "who_sees_what": _TEXT,
}
_SCHEMAS: Json = {
    "Error": _object(
        error=_TEXT,
        hint=_TEXT,
        faults={"type": "array", "items": _object(field=_TEXT, why=_TEXT)},
    ),
    "Stale": _object(error=_TEXT, hint=_TEXT, have_revision=_NUMBER),
    "Health": _object(status=_TEXT, version=_TEXT),
    "About": _object(**_PROMISE, version=_TEXT),
    "Join": _object(code=_TEXT, cohort=_OR_NULL) | {"additionalProperties": False},
    "Joined": _object(**_PROMISE, token=_TEXT, project_key=_OR_NULL),
    "Put": _object(status=_TEXT, revision=_NUMBER),
    "Report": _object(
        team=_TEXT,
        group=_TEXT,
        weeks=_WORDS,
        rows={"type": "array", "items": _object(key=_TEXT, sources=_NUMBER, cost_usd=_NUMBER)},
        withheld={"type": "object"},
        outcomes={"type": "object"},
    ),
    "Days": _object(days={"type": "object", "additionalProperties": _NUMBER}),
}
