"""What the user reads when something fails, and the exit status that a script sees."""

import pytest

from aicost.core.errors import (
    AicostError,
    ConfigError,
    DaemonDown,
    ExitCode,
    ProtocolMismatch,
    StoreError,
)


def test_an_error_says_what_happened_why_and_what_to_do() -> None:
    error = ConfigError("no such zone: 'Mars'", why="not an IANA name", hint="aicost config edit")
    assert error.render() == (
        "aicost: no such zone: 'Mars'\n   why: not an IANA name\n   try: aicost config edit"
    )


def test_lines_without_content_are_left_out() -> None:
    assert AicostError("it broke").render() == "aicost: it broke"


@pytest.mark.parametrize(
    ("error", "status"),
    [(AicostError, 1), (ConfigError, 3), (DaemonDown, 4), (ProtocolMismatch, 4), (StoreError, 5)],
)
def test_each_kind_has_the_documented_exit_status(error: type[AicostError], status: int) -> None:
    assert error("x").exit_code == status


def test_no_status_means_block_to_a_hook() -> None:
    assert 2 not in set(ExitCode)
