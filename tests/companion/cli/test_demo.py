"""`aicost top --demo`, for real: a recorded day on the screen, the user's own data untouched."""

import json
from pathlib import Path

import pytest
from commands import aicost


@pytest.mark.parametrize("options", [["--json"], ["--once"]], ids=["JSON", "text"])
def test_the_demo_shows_a_day_and_leaves_nothing_behind(home: Path, options: list[str]) -> None:
    temp = home / "t"
    temp.mkdir()
    ended = aicost("top", "--demo", *options, env={"TMPDIR": str(temp)})
    assert (ended.returncode, ended.stderr) == (0, "")
    if options == ["--json"]:
        document = json.loads(ended.stdout)
        assert document["today"]["cost_usd"] > 0
        assert len(document["sessions"]) > 1
    else:
        assert "$" in ended.stdout
    assert list(temp.iterdir()) == []
    assert not (home / ".aicost").exists()
    assert not (home / ".claude").exists()
