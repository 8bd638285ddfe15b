"""Frames: versions are compared before anything else, and errors come through whole."""

import json

import pytest

from aicost import __version__
from aicost.core.errors import (
    AicostError,
    ConfigError,
    DaemonDown,
    ProtocolMismatch,
    StoreError,
)
from aicost.ipc.protocol import PROTOCOL, check_hello, error_frame, error_in, hello, request


def test_a_request_says_protocol_number_method_and_params() -> None:
    assert request(7, "report", {"by": "day"}) == {
        "v": PROTOCOL,
        "id": 7,
        "method": "report",
        "params": {"by": "day"},
    }


def test_our_own_hello_passes() -> None:
    assert hello(123) == {"v": PROTOCOL, "aicost": __version__, "pid": 123}
    check_hello(hello(123))


@pytest.mark.parametrize("version", [PROTOCOL - 1, PROTOCOL + 1, "1", None])
def test_another_protocol_names_both_versions_and_the_way_out(version: object) -> None:
    with pytest.raises(ProtocolMismatch) as caught:
        check_hello({"v": version, "aicost": "9.8.7"})
    said = caught.value
    assert said.what == f"the running daemon is aicost 9.8.7, this command is aicost {__version__}"
    assert said.why == f"they speak protocol {version} and {PROTOCOL}"
    assert said.hint == "aicost daemon restart"


def test_something_else_in_place_of_the_hello_is_not_the_daemon() -> None:
    with pytest.raises(DaemonDown, match="cannot be read"):
        check_hello({"v": PROTOCOL})
    with pytest.raises(DaemonDown, match="too many"):
        check_hello(error_frame(None, DaemonDown("too many clients")))


@pytest.mark.parametrize("kind", [AicostError, ConfigError, DaemonDown, StoreError])
def test_errors_come_through_with_kind_words_and_exit_code(kind: type[AicostError]) -> None:
    sent = kind("what", why="why", hint="hint")
    got = error_in(json.loads(json.dumps(error_frame(1, sent))))
    assert type(got) is kind
    assert (got.what, got.why, got.hint) == ("what", "why", "hint")
    assert got.exit_code is sent.exit_code


@pytest.mark.parametrize("fields", [None, "text", []])
def test_an_error_without_fields_is_still_an_error(fields: object) -> None:
    assert isinstance(error_in({"error": fields}), DaemonDown)


@pytest.mark.parametrize("code", [77, None, "5", 5.5, [5], {}])
def test_an_unknown_code_is_a_plain_error(code: object) -> None:
    assert type(error_in({"error": {"what": "x", "code": code}})) is AicostError
