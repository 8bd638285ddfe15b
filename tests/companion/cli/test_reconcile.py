"""`aicost reconcile` on recorded sessions: what the client counts besides is named."""

import csv
import io
import json
import os
from collections.abc import Mapping

import pytest
from commands import aicost
from corpora import Scenario


def env_of(scenario: Scenario) -> dict[str, str]:
    return {**os.environ, "CLAUDE_CONFIG_DIR": str(scenario.home)}


def test_a_compaction_is_hidden_spend_with_its_cause(claude_lab: Mapping[str, Scenario]) -> None:
    found = aicost("reconcile", "--json", env=env_of(claude_lab["10_compact"]))
    document = json.loads(found.stdout)
    assert (document["schema"], document["complete"]) == (1, True)
    (session,) = document["sessions"]
    (model,) = session["models"]
    assert model["exact"] is False
    assert model["hidden"]["input_tokens"] == 5000
    assert model["hidden"]["cost_usd"] == model["difference_usd"] == 0.019145
    assert model["ours"]["requests"] == 5 or model["ours"]["requests"] > 0
    assert [cause["cause"] for cause in model["causes"]] == ["compaction"]


def test_the_table_says_what_each_cause_means(claude_lab: Mapping[str, Scenario]) -> None:
    text = aicost("reconcile", env=env_of(claude_lab["10_compact"])).stdout
    assert "compaction: the request that summarises" in text
    assert "$0.02" in text
    exact = aicost("reconcile", env=env_of(claude_lab["01_plain"])).stdout
    assert "exact" in exact


def test_a_report_names_the_hidden_spend_apart(claude_lab: Mapping[str, Scenario]) -> None:
    env = env_of(claude_lab["10_compact"])
    document = json.loads(aicost("report", "--json", env=env).stdout)
    assert document["hidden"]["cost_usd"] == 0.019145
    assert "summarises" in document["hidden"]["why"]
    later = json.loads(aicost("report", "--json", "--since", "2099-01-01", env=env).stdout)
    assert later["hidden"] == {"cost_usd": 0.0, "why": ""}


@pytest.mark.parametrize("name", ["10_compact", "13_killed"])
def test_csv_has_a_line_a_session_and_model(claude_lab: Mapping[str, Scenario], name: str) -> None:
    env = env_of(claude_lab[name])
    rows = list(csv.DictReader(io.StringIO(aicost("reconcile", "--csv", env=env).stdout)))
    document = json.loads(aicost("reconcile", "--json", env=env).stdout)
    assert len(rows) == sum(len(session["models"]) for session in document["sessions"])
    assert rows[0]["causes"] == {"10_compact": "compaction", "13_killed": "no_total"}[name]


def test_a_session_that_is_none_is_said(claude_lab: Mapping[str, Scenario]) -> None:
    ended = aicost("reconcile", "--session", "nope", env=env_of(claude_lab["01_plain"]))
    assert ended.stdout == (
        "No figures of a session whose id begins with 'nope'; aicost sessions lists all.\n"
    )
