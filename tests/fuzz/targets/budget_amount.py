"""The amount of a budget, as people write it."""

from fuzz.target import Target

from aicost.core.budget import Budget
from aicost.core.budget_words import SCOPES, AmountError, limit_words, parse_amount

SEEDS = (
    b"25", b"$12.50", b".5", b"300k tokens", b"1.5M tokens", b"300,000 tokens", b"20 requests",
    b"10 turns", b"30 minutes", b"2 hours", b"3 repeats", b"50 credits", b"80%", b"0.5 percent",
)  # fmt: skip


def check(content: bytes) -> None:
    """Any text is an amount that can be put into words, or no amount at all."""
    text = content.decode(errors="replace")
    for scope in SCOPES:
        try:
            unit, limit = parse_amount(text, scope)
        except AmountError:
            continue
        assert 0 < limit < 2**63
        budget = Budget(budget_id="b", scope=scope, unit=unit, limit=limit)
        assert limit_words(budget)


TARGET = Target(
    name="budget_amount", modules=("aicost.core.budget_words",), seeds=lambda: SEEDS, check=check
)
