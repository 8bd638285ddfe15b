"""Our FOCUS files before the FinOps Foundation's own validator. `.ci/focus` installs and runs it.

Its newest release knows FOCUS up to 1.0; the columns of 1.0 are in 1.2, too. What it finds wrong in
any file is left out, by name and with the reason.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from team_documents import document, row

from aicost.core.team.focus import Account, day_charges, focus_csv, week_charges
from aicost.core.team.weekly_report import Sums, Use, build_week

VALIDATOR = os.environ.get("AICOST_FOCUS_VALIDATOR")
ITS_OWN = {
    "InvoiceIssuer_Required": "the column is InvoiceIssuerName since 1.0",
    "Provider_Required": "the column is ProviderName since 1.0",
    "Publisher_Required": "the column is PublisherName since 1.0",
    "ResourceID_Required": "the column is ResourceId since 1.0",
    "SkuPriceId_Nullable": "it asks for ChargeType, which is ChargeCategory since 1.0",
    "BillingCurrency_IsCurrencyCode": "its list of currencies is not in its package",
}
pytestmark = pytest.mark.skipif(not VALIDATOR, reason="no focus-validator: .ci/focus")


def faults(text: str, folder: Path) -> set[str]:
    """Return the names of the rules that a file breaks."""
    file = folder / "focus.csv"
    file.write_text(text)
    ended = subprocess.run(
        [str(VALIDATOR), "--data-file", str(file), "--validate-version", "1.0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Validation" in ended.stdout, ended.stderr
    return set(re.findall(r"^(\w+) failed:", ended.stdout, re.MULTILINE)) - set(ITS_OWN)


def days() -> str:
    rows = (
        row(project="shop"),
        row(tool="codex", provider="openai", model="gpt-6-sol", billing="subscription"),
        row(provider="bedrock", model="other", cost_list_microusd=None),
    )
    return focus_csv(day_charges(document(*rows)), Account(id="aicost", kind="Machine"))


def test_own_days(tmp_path: Path) -> None:
    assert faults(days(), tmp_path) == set()


def test_a_teams_weeks(tmp_path: Path) -> None:
    uses = [
        Use(
            f"p{person}", "2026Q4", ("claude-code", model, "bugfix", "interactive", "", ""),
            Sums(cost_list_microusd=1_500_001, input=1_000, requests=1),
        )
        for person in range(6)
        for model in ("claude-opus-5-5", "gpt-6-sol")
    ]  # fmt: skip
    charges = week_charges(build_week("2026-W47", uses, []))
    assert faults(focus_csv(charges, Account(id="acme", kind="Team")), tmp_path) == set()


@pytest.mark.parametrize(
    ("ours", "wrong", "rule"),
    [
        (",Usage-Based,", ",Used,", "ChargeFrequency"),
        ("AI and Machine Learning", "Robots", "ServiceCategory"),
        ("T00:00:00Z", " midnight", "ChargePeriodStart"),
    ],
)
def test_a_wrong_file_is_found(tmp_path: Path, ours: str, wrong: str, rule: str) -> None:
    text = days()
    assert ours in text
    found = faults(text.replace(ours, wrong), tmp_path)
    assert any(one.startswith(rule) for one in found), found
