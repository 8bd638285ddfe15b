"""The real client runs against a fake API; reports show exactly what that API served."""

import json
from collections import Counter
from pathlib import Path

import pytest
from e2e.running import Aicost
from lab.driver import SCENARIOS, play
from lab.fake_anthropic import Served
from lab.homes import LabHome
from lab.scenario import Json

TOKENS = {  # report field -> what the API served
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_5m_tokens": "cache_5m",
    "cache_write_1h_tokens": "cache_1h",
    "output_tokens": "output_tokens",
    "web_searches": "web_search_requests",
}


def served_by_model(served: list[Served]) -> dict[str, dict[str, int]]:
    sums: dict[str, Counter[str]] = {}
    for response in served:
        if response.complete:
            row = sums.setdefault(response.model, Counter())
            row["requests"] += 1
            row.update({name: getattr(response.usage, field) for name, field in TOKENS.items()})
    return {
        model: {name: row[name] for name in ("requests", *TOKENS)} for model, row in sums.items()
    }


def reported_by_model(report: Json) -> dict[str, dict[str, int]]:
    return {
        row["key"]: {name: row[name] for name in ("requests", *TOKENS)} for row in report["rows"]
    }


def scenario(name: str) -> Json:
    (file,) = SCENARIOS.glob(f"{name}*.json")
    data: Json = json.loads(file.read_text())
    return data


SETTLED = (  # whose log says all that was served
    *("01_plain", "02_tools", "03_parallel", "04_subagent", "06_resume", "13_killed"),
    *("14_bgagent", "15_worktree", "35_fallback"),
)


@pytest.mark.parametrize("name", SETTLED)
def test_a_report_is_what_was_served(client: Path, tmp_path: Path, name: str) -> None:
    """The daemon watches from before the first line; a second profile reads all at the end."""
    lab = LabHome(tmp_path / "home")
    live, late = Aicost(tmp_path / "live", lab), Aicost(tmp_path / "late", lab)
    with live.daemon():
        played = play(client, scenario(name), lab.path)
        live.wait_until_read()
        reports = [live.ask("report", "--by", "model", "--no-wait")]
    reports += [late.ask("report", "--by", "model"), live.ask("report", "--by", "model")]
    expected = served_by_model(played.served)
    assert expected
    for report in reports:
        assert reported_by_model(report) == expected
        assert report["complete"] is True


@pytest.mark.parametrize("name", ["01_plain", "02_tools", "03_parallel", "04_subagent"])
def test_a_report_costs_what_the_client_says(client: Path, tmp_path: Path, name: str) -> None:
    played = play(client, scenario(name), tmp_path / "home")
    results = [json.loads(line) for line in played.outputs[-1].splitlines() if '"result"' in line]
    cost_usd = next(r["total_cost_usd"] for r in results if r.get("type") == "result")
    report = Aicost(tmp_path / "profile", played.home).ask("report")
    assert report["total"]["cost_usd"] == pytest.approx(cost_usd, abs=1e-6)


def test_a_session_typed_in_a_terminal_is_reported(client: Path, tmux: str, tmp_path: Path) -> None:
    """Also where the client dies of signals; what was served before stays."""
    played = play(client, scenario("41_signals"), tmp_path / "home")
    report = Aicost(tmp_path / "profile", played.home).ask("report", "--by", "model")
    assert reported_by_model(report) == served_by_model(played.served)


def test_a_fork_is_charged_for_its_own_calls_only(client: Path, tmp_path: Path) -> None:
    played = play(client, scenario("06_resume"), tmp_path / "home")
    report = Aicost(tmp_path / "profile", played.home).ask("report", "--by", "session")
    served = Counter(response.session_id for response in played.served if response.complete)
    assert {row["key"]: row["requests"] for row in report["rows"]} == served
    assert len(served) == 2
