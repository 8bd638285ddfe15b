"""FOCUS rows: every amount exact, every mandatory column filled, sums those of the source."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from team_documents import document, row

from aicost.core.team.documents import TokenSums
from aicost.core.team.focus import COLUMNS, Account, day_charges, focus_csv, week_charges
from aicost.core.team.weekly_report import Sums, Use, build_week

TEAM = Account(id="acme", kind="Team")
NEVER_NULL = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity", "PricingUnit",
    "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId",
)  # fmt: skip


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_days_row_is_as_the_specification_has_it() -> None:
    used = row(project="shop", cost_list_microusd=1_234_567)
    (found,) = rows_of(focus_csv(day_charges(document(used)), TEAM))
    assert {name for name in NEVER_NULL if not found[name]} == set()
    assert (found["ChargePeriodStart"], found["ChargePeriodEnd"]) == (
        "2026-11-20T00:00:00Z",
        "2026-11-21T00:00:00Z",
    )
    assert (found["BillingPeriodStart"], found["BillingPeriodEnd"]) == (
        "2026-11-01T00:00:00Z",
        "2026-12-01T00:00:00Z",
    )
    assert found["ListCost"] == found["BilledCost"] == "1.234567"
    assert found["PricingQuantity"] == "21700.0"
    assert json.loads(found["Tags"]) == {"project": "shop"}
    assert (found["ProviderName"], found["ServiceName"]) == ("Anthropic", "Claude API")
    assert found["ChargeClass"] == ""
    price = Decimal(found["ListUnitPrice"]) * Decimal(found["PricingQuantity"])
    assert abs(price - Decimal(found["ListCost"])) < Decimal("1e-9")


@pytest.mark.parametrize(
    ("billing", "billed"),
    [("api", "2"), ("unknown", "2"), ("subscription", "0"), ("credits", "0")],
)
def test_what_is_not_billed_by_tokens_has_no_billed_cost(billing: str, billed: str) -> None:
    used = row(billing=billing, cost_list_microusd=2_000_000)
    (found,) = rows_of(focus_csv(day_charges(document(used)), TEAM))
    assert (found["BilledCost"], found["EffectiveCost"], found["ListCost"]) == (billed, billed, "2")


@pytest.mark.parametrize(
    ("provider", "model", "names"),
    [
        ("openai", "gpt-6-sol", ("OpenAI", "OpenAI", "OpenAI Codex")),
        ("bedrock", "claude-opus-5-5", ("Amazon Web Services", "Anthropic", "Claude API")),
        ("vertex", "other", ("Google Cloud", "Google Cloud", "AI coding agents")),
        ("other", "other", ("Other", "Other", "AI coding agents")),
    ],
)
def test_who_sells_is_not_who_makes(provider: str, model: str, names: tuple[str, ...]) -> None:
    (found,) = rows_of(focus_csv(day_charges(document(row(provider=provider, model=model))), TEAM))
    assert (found["ProviderName"], found["PublisherName"], found["ServiceName"]) == names


def test_what_has_no_price_says_so() -> None:
    used = row(cost_list_microusd=None, unpriced_tokens=21_700, credits_milli=1_500)
    (found,) = rows_of(focus_csv(day_charges(document(used)), TEAM))
    assert (found["x_CostBasis"], found["x_UnpricedTokens"]) == ("unknown", "21700")
    assert found["x_Credits"] == "1.5"


@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=5), st.integers(0, 2**40))
def test_sums_are_exact(costs: list[int], tokens: int) -> None:
    models = [f"gpt-{number}" for number in range(len(costs))]
    used = [
        row(model=model, cost_list_microusd=cost, tokens=TokenSums(input=tokens))
        for model, cost in zip(models, costs, strict=True)
    ]
    text = focus_csv(day_charges(document(*used)), TEAM)
    found = rows_of(text)
    assert sum(Decimal(one["ListCost"]) for one in found) == Decimal(sum(costs)) / 1_000_000
    assert "E" not in "".join(one["ListUnitPrice"] for one in found)
    assert tuple(next(csv.reader(io.StringIO(text)))) == COLUMNS


def uses(models: dict[str, int]) -> list[Use]:
    """Return what people used: each of the first so many used a model."""
    return [
        Use(
            f"p{person}", "2026Q4", ("claude-code", model, "bugfix", "interactive", "", ""),
            Sums(cost_list_microusd=1_000_001, input=1_000, requests=1),
        )
        for model, people in models.items()
        for person in range(people)
    ]  # fmt: skip


def test_a_teams_file_has_the_exact_sums_of_what_is_published_and_of_the_rest() -> None:
    week = build_week("2026-W47", uses({"claude-a": 8, "gpt-b": 6, "rare-1": 3, "rare-2": 4}), [])
    found = rows_of(focus_csv(week_charges(week), TEAM))
    shown = {one["SkuId"]: one["ListCost"] for one in found}
    assert {"rare-1", "rare-2"}.isdisjoint(shown)
    assert set(shown) <= {"claude-a", "gpt-b", "not-shown"}
    assert sum(map(Decimal, shown.values())) == Decimal("21.000021")
    assert {(one["ChargePeriodStart"], one["ChargePeriodEnd"]) for one in found} == {
        ("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z")
    }


def test_nothing_of_a_week_of_few_is_in_it() -> None:
    week = build_week("2026-W47", uses({"claude-a": 4}), [])
    assert week_charges(week) == []


def test_tokens_without_a_price_that_are_one_persons_are_not_told() -> None:
    given = uses({"claude-a": 6})
    one = replace(given[0], sums=replace(given[0].sums, unpriced_tokens=7))
    (found,) = rows_of(focus_csv(week_charges(build_week("2026-W47", [one, *given[1:]], [])), TEAM))
    assert found["x_UnpricedTokens"] == ""
    (found,) = rows_of(focus_csv(week_charges(build_week("2026-W47", given, [])), TEAM))
    assert found["x_UnpricedTokens"] == "0"


def test_a_week_belongs_to_the_month_of_its_monday() -> None:
    week = build_week("2026-W49", uses({"claude-a": 6}), [])
    (found,) = rows_of(focus_csv(week_charges(week), TEAM))
    assert found["BillingPeriodStart"] == "2026-11-01T00:00:00Z"
    assert date.fromisoformat(found["ChargePeriodStart"][:10]) == date(2026, 11, 30)
