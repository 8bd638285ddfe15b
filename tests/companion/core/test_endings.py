"""Whether a command failed, and with which error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.endings import PASSED, Ending, ending, error_key

GO = "--- FAIL: TestPay (0.03s)\n    pay_test.go:41: got 3, want 4\nFAIL\nFAIL\tshop/pay\t0.394s\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Error: took 3.2s", "Error: took 11s"),
        ("Error at 12:00:01.5", "Error at 13:59:00.25"),
        ("2026-01-02T03:04:05Z error", "2026-02-03T04:05:06.789Z error"),
        ("fail 0xdeadbeef", "fail 0x1234"),
        ("no such commit 83cc4260af", "no such commit 11aa22bb33"),
        ("app.ts(12,5): error", "app.ts(14,1): error"),
        ("app.go:12:5: undefined: x", "app.go:14:1: undefined: x"),
        ("cannot open /tmp/a8f3/x", "cannot open /tmp/9911/y"),
        ("cannot open /var/folders/ab/x", "cannot open /var/folders/cd/y"),
        ("error, seed 74307", "error, seed 9912"),
        ("\x1b[31merror\x1b[0m: x", "error: x"),
        ("10%\r20%\rerror: x", "error: x"),
        ("error: a\nerror: b", "error: b\nerror: a"),
        ("compiling 3 files\nerror: a", "compiling 9 files\nerror: a"),
        ("ok  \tshop/errors\t(cached)\nerror: a", "error: a"),
        ("--- PASS: TestError (0.00s)\nerror: a", "error: a"),
        (GO, GO.replace("0.394s", "1.2s").replace(":41:", ":48:")),
    ],
)
def test_an_error_stays_the_same_where_only_chance_differs(first: str, second: str) -> None:
    assert error_key(first) == error_key(second) != ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("error: 15 issues:", "error: 13 issues:"),
        ("error: a", "error: b"),
        ("error: a", "error: a\nerror: b"),
        (GO, GO.replace("TestPay", "TestRefund")),
        (GO, GO.replace("got 3", "got 2")),
        ("nothing to see", "nothing at all"),
    ],
)
def test_another_error_is_progress(first: str, second: str) -> None:
    assert error_key(first) != error_key(second)


@pytest.mark.parametrize("text", ["", "\n \n", "\x1b[0m\r\n"])
def test_an_empty_output_tells_of_no_error(text: str) -> None:
    assert error_key(text) == ""


def test_both_ends_of_a_huge_output_count() -> None:
    many = "nothing of note\n" * 20_000
    assert error_key(f"{many}error: a") != error_key(f"{many}error: b")
    assert error_key(f"error: a\n{many}") != error_key(f"error: b\n{many}")


@pytest.mark.parametrize(
    ("command", "exit_code", "output", "failed"),
    [
        ("npm test", 0, GO, False),
        ("npm test", 1, GO, True),
        ("npm test", 143, "Command timed out after 2m", True),
        ("grep x file", 1, "", False),
        ("grep x file", 2, "no such file", True),
        ("cat file | grep x", 1, "", False),
        ("git diff --exit-code", 1, "", False),
        ("git push", 1, "rejected", True),
        ("test -f x", 1, "", False),
        ("go test ./... 2>&1 | tail -20", 0, GO, True),
        ("cd x && go test ./... | tail -20", 0, GO, True),
        ("go test ./... || true", 0, GO, True),
        ("go test ./... | tail -20", 0, "ok\tshop/pay\n", False),
        ("go test ./... | tail -20", 0, GO + "ok\n" * 30, False),
        ("mix test | tail -5", 0, "18 tests, 0 failures", False),
        ("mix test | tail -5", 0, "18 tests, 3 failures", True),
        ("cat test.log | tail -20", 0, GO, False),
        ("git log | head -20", 0, GO, False),
        ("echo 'npm test'; cat test.log | tail", 0, GO, False),
    ],
)
def test_a_command_failed_if_its_exit_code_or_its_summary_says_so(
    command: str, exit_code: int, output: str, *, failed: bool
) -> None:
    ended = ending(command, exit_code, output)
    assert ended is not None
    assert ended.failed is failed
    assert bool(ended.error) is failed


def test_a_failure_without_a_word_is_known_by_its_exit_code() -> None:
    one, two = ending("false", 1, ""), ending("false", 2, "\n")
    assert one is not None
    assert two is not None
    assert one == ending("./other.sh", 1, " ")
    assert one.error != two.error


def test_ctrl_c_is_no_end() -> None:
    assert ending("npm test", 130, "error") is None


@given(st.text(), st.integers(0, 255), st.text())
def test_any_output_has_an_ending(command: str, exit_code: int, output: str) -> None:
    ended = ending(command, exit_code, output)
    assert ended is None or ended == PASSED or ended == Ending(failed=True, error=ended.error)
    assert ended is None or ended.failed is bool(ended.error)


@pytest.mark.parametrize(
    "piece", ["a", "1", "1s ", "0", ":1", "/tmp/", "error", "\x1b[", "\r", "a1"]
)
def test_long_hostile_outputs_are_cheap(piece: str) -> None:
    assert ending("npm test | tail", 0, piece * 100_000) is not None
    assert ending("npm test", 1, piece * 100_000) is not None
