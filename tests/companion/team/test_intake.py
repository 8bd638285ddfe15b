"""What a source says of itself is looked at before the database is asked."""

import pytest

from aicost.team.bodies import Refused
from aicost.team.intake import Caller

PSEUDONYM, SECRET = "a2" * 13, "0f" * 32


@pytest.mark.parametrize("device", ["", "0123abcd", "0123456789abcdef"])
def test_a_right_caller_is_taken(device: str) -> None:
    caller = Caller("token", PSEUDONYM, SECRET, device)
    assert caller.checked() is caller


@pytest.mark.parametrize(
    ("pseudonym", "secret", "device", "status"),
    [
        ("ada", SECRET, "", 404),
        (PSEUDONYM.upper(), SECRET, "", 404),
        (f"{PSEUDONYM}\n", SECRET, "", 404),
        (PSEUDONYM, "", "", 403),
        (PSEUDONYM, SECRET[:-1], "", 403),
        (PSEUDONYM, SECRET, "0123abc", 422),
        (PSEUDONYM, SECRET, "0123456789abcdef0", 422),
        (PSEUDONYM, SECRET, "my-laptop", 422),
    ],
)
def test_a_wrong_caller_is_refused(pseudonym: str, secret: str, device: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        Caller("token", pseudonym, secret, device).checked()
    assert refused.value.status == status
