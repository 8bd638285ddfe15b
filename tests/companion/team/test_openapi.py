"""The server does what its OpenAPI document says, whatever it is asked."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from team_documents import DAY, document

from aicost.core.team.checking import parse_document
from aicost.core.team.documents import canonical_bytes
from aicost.core.team.pseudonyms import epoch_of, identity_of
from aicost.team.access import join, make_invites
from aicost.team.app import team_app
from aicost.team.database import Database
from aicost.team.openapi import openapi
from aicost.team.schema import migrate
from aicost.team.settings import TeamSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = TeamSettings(team="acme", cohorts=("pilot",), puts_per_minute=100_000)
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


def of_one_source(described: dict[str, Any]) -> dict[str, Any]:
    """Narrow what may be asked to one source and one day: random names meet no door."""
    who = identity_of(b"a" * 32, "acme", epoch_of(date.fromisoformat(DAY)))
    known = {"pseudonym": who.pseudonym, "X-Aicost-Write": who.write_secret, "day": DAY}
    for path in described["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    parameter["schema"] = {"const": known[parameter["name"]]}
    document = described["components"]["schemas"]["DayDocument"]["properties"]
    document |= {"day": {"const": DAY}, "cohort": {"enum": [None, "pilot"]}}
    return described


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Any]:
    database = Database.at(str(tmp_path / "team.db"))
    migrate(database)
    with database.transaction() as change:
        token = join(change, make_invites(change, 1)[0], None)
    schema = schemathesis.openapi.from_dict(of_one_source(openapi(SETTINGS)))
    schema.app = team_app(database, SETTINGS, lambda: NOW)
    schema.token = token  # type: ignore[attr-defined]
    yield schema
    database.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_of_the_documented(api: Any, mode: GenerationMode) -> None:
    statuses: defaultdict[str, set[int]] = defaultdict(set)

    def ask(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {api.token}"})
        case.validate_response(response, checks=CHECKS)
        statuses[case.operation.label].add(response.status_code)

    operations = [found.ok() for found in api.get_all_operations()]
    for operation in sorted(operations, key=lambda one: one.path == "/v1/leave"):  # gives it back
        strategy = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # nothing is wrong about a question without words
            _many(given(case=strategy)(ask))
    assert len(statuses) > 3
    put = next(seen for label, seen in statuses.items() if label.startswith("PUT"))
    if mode is GenerationMode.POSITIVE:  # what is refused at every door says nothing
        assert {200, 201, 409} & put
    else:
        assert {404, 422} & put


def _many(test: Callable[[], None]) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    settings(max_examples=40, deadline=None, suppress_health_check=checks)(test)()


def test_a_real_document_fits_what_is_documented() -> None:
    described = openapi(SETTINGS)
    schema = {"$ref": "#/components/schemas/DayDocument", "components": described["components"]}
    found: dict[str, Any] = json.loads(canonical_bytes(document()))
    assert jsonschema_rs.is_valid(schema, found)
    assert parse_document(canonical_bytes(document()))
    assert not jsonschema_rs.is_valid(schema, found | {"host": "x"})
    assert not jsonschema_rs.is_valid(schema, found | {"revision": -1})
