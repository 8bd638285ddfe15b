"""FOCUS 1.2: usage as rows that finance tools import beside the bills of clouds. Pure.

No invoice is known here: costs are estimates by list price, as `x_CostBasis` says. What was used
under a subscription, or by credits, was billed otherwise: its billed cost is 0.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from aicost.core.team.documents import OTHER_MODEL, Billing, DayDocument, DayRow
from aicost.core.team.weekly_report import Sums, TeamWeek, days_of

VERSION = "1.2"
NO_MODEL = ""  # of a team's week: what is in its total, but under no model that is shown
COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName",
    "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost",
    "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails",
    "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags", "x_CacheReadTokens",
    "x_CacheWriteTokens", "x_CostBasis", "x_Credits", "x_FocusVersion", "x_InputTokens",
    "x_OutputTokens", "x_PriceBook", "x_Requests", "x_Tier", "x_Tool", "x_UnpricedTokens",
)  # fmt: skip
_PROVIDERS = {
    "anthropic": "Anthropic", "openai": "OpenAI", "bedrock": "Amazon Web Services",
    "vertex": "Google Cloud", "azure": "Microsoft", "other": "Other",
}  # fmt: skip
_SERVICES = {"Anthropic": "Claude API", "OpenAI": "OpenAI Codex"}
_TOOLS = {"claude-code": "Claude Code", "codex": "Codex", "": "coding agents"}
_NOT_BILLED: tuple[Billing, ...] = ("subscription", "credits")
_PLACES = Decimal("1e-15")  # of a price of one token
_MICRO, _MILLI = Decimal("1e-6"), Decimal("1e-3")

Basis = Literal["list-estimate", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose usage it is; never a person."""

    id: str
    kind: str  # "Team", or "Machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What becomes one row: usage of one model in one period."""

    first: date
    after: date  # the first day that is no more of it
    model: str
    provider: str  # as a document has it
    sums: Sums
    has_price: bool = True
    hides_unpriced: bool = False  # how many tokens have no price is mostly of one person
    tool: str = ""
    tier: str = ""
    billing: Billing = "unknown"
    project: str = ""
    credits_milli: int | None = None
    price_book: str = ""


def day_charges(document: DayDocument) -> list[Charge]:
    """Return a day's charges."""
    first = date.fromisoformat(document.day)
    return [_charge(row, first, document.price_book) for row in document.rows]


def week_charges(week: TeamWeek) -> list[Charge]:
    """Return the charges of a team's published week: its exact sums, and no other."""
    monday, sunday = days_of(week.week)
    return [
        Charge(
            first=monday,
            after=sunday + timedelta(days=1),
            model=model,
            provider=_provider_of(model),
            sums=sums,
            has_price=sums.unpriced_tokens < sums.tokens or sums.cost_list_microusd > 0,
            hides_unpriced=week.hides_unpriced and sums.unpriced_tokens > 0,
        )
        for model, sums in sorted(week.exact.items())
    ]


def focus_csv(charges: Iterable[Charge], account: Account) -> str:
    """Return charges as a FOCUS file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(_row(charge, account) for charge in charges)
    return text.getvalue()


def _charge(row: DayRow, first: date, price_book: str) -> Charge:
    tokens = row.tokens
    return Charge(
        first=first,
        after=first + timedelta(days=1),
        model=row.model,
        provider=row.provider,
        sums=Sums(
            cost_list_microusd=row.cost_list_microusd or 0,
            unpriced_tokens=row.unpriced_tokens,
            input=tokens.input,
            cache_write=tokens.cache_write_5m + tokens.cache_write_1h,
            cache_read=tokens.cache_read,
            output=tokens.output,
            requests=row.requests,
        ),
        has_price=row.cost_list_microusd is not None,
        tool=row.tool,
        tier=row.tier,
        billing=row.billing,
        project=row.project or "",
        credits_milli=row.credits_milli,
        price_book=price_book,
    )


def _row(charge: Charge, account: Account) -> Mapping[str, object]:
    return {
        **_periods(charge),
        **_costs(charge),
        **_names(charge),
        "BillingAccountId": account.id,
        "BillingAccountName": account.id,
        "BillingAccountType": account.kind,
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "PricingCategory": "Standard",
        "PricingCurrency": "USD",
        "Tags": json.dumps({"project": charge.project} if charge.project else {}),
        "x_FocusVersion": VERSION,
    }


def _periods(charge: Charge) -> Mapping[str, str]:
    """Return when; a week belongs to the month of its Monday."""
    month = charge.first.replace(day=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    return {
        "BillingPeriodStart": _moment(month),
        "BillingPeriodEnd": _moment(next_month),
        "ChargePeriodStart": _moment(charge.first),
        "ChargePeriodEnd": _moment(charge.after),
    }


def _costs(charge: Charge) -> Mapping[str, object]:
    sums = charge.sums
    cost = sums.cost_list_microusd * _MICRO
    billed = Decimal(0) if charge.billing in _NOT_BILLED else cost
    price = (cost / sums.tokens).quantize(_PLACES) if sums.tokens else Decimal(0)
    basis: Basis = "list-estimate" if charge.has_price else "unknown"
    unit_prices = dict.fromkeys(
        ("ContractedUnitPrice", "ListUnitPrice", "PricingCurrencyContractedUnitPrice",
         "PricingCurrencyListUnitPrice"),
        _plain(price),
    )  # fmt: skip
    credits = charge.credits_milli
    return {
        **unit_prices,
        "BilledCost": _plain(billed),
        "EffectiveCost": _plain(billed),
        "PricingCurrencyEffectiveCost": _plain(billed),
        "ContractedCost": _plain(cost),
        "ListCost": _plain(cost),
        "ConsumedQuantity": f"{sums.tokens}.0",  # a column of whole numbers is no decimal to some
        "ConsumedUnit": "Tokens",
        "PricingQuantity": f"{sums.tokens}.0",
        "PricingUnit": "Tokens",
        "x_CostBasis": basis,
        "x_Credits": "" if credits is None else _plain(credits * _MILLI),
        "x_InputTokens": sums.input,
        "x_CacheWriteTokens": sums.cache_write,
        "x_CacheReadTokens": sums.cache_read,
        "x_OutputTokens": sums.output,
        "x_Requests": sums.requests,
        "x_UnpricedTokens": "" if charge.hides_unpriced else sums.unpriced_tokens,
    }


def _names(charge: Charge) -> Mapping[str, str]:
    provider = _PROVIDERS.get(charge.provider, "Other")
    publisher = _PROVIDERS[_provider_of(charge.model)]
    model = charge.model or "models that are not shown"
    return {
        "ChargeDescription": f"{model}, {_TOOLS.get(charge.tool, charge.tool)}",
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider if publisher == "Other" else publisher,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": _SERVICES.get(publisher, "AI coding agents"),
        "ServiceSubcategory": "Generative AI",
        "SkuId": charge.model or "not-shown",
        "SkuMeter": "tokens",
        "SkuPriceId": "/".join(
            filter(None, (charge.model or "not-shown", charge.tier, charge.price_book))
        ),
        "x_PriceBook": charge.price_book,
        "x_Tier": charge.tier,
        "x_Tool": charge.tool,
    }


def _provider_of(model: str) -> str:
    """Return who makes a model, by its public name."""
    if model.startswith("claude"):
        return "anthropic"
    return "other" if model in (NO_MODEL, OTHER_MODEL) else "openai"


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _plain(value: Decimal) -> str:
    """Return a decimal without an exponent, and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
