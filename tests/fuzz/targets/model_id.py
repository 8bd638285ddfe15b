"""Model ids as agents log them."""

from fuzz.target import Target

from aicost.core.model_ids import normalise_model_id, parse_model_id

SEEDS = (
    b"us.anthropic.claude-opus-5.5-v1:0", b"claude-3-5-sonnet-20241022", b"claude-4-5-opus@latest",
    b"arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    b"openai/gpt-5-codex", b"claude-opus-4-6[1m]", b"<synthetic>", b" GPT-5 ", b"a.b.c/d@default",
)  # fmt: skip


def check(content: bytes) -> None:
    """Any text is an id, and normalising it twice is once."""
    text = content.decode(errors="replace")
    found = parse_model_id(text)
    assert bool(found.id) <= bool(text)
    assert normalise_model_id(found.id) == found.id


TARGET = Target(
    name="model_id",
    modules=("aicost.core.model_ids",),
    seeds=lambda: SEEDS,
    check=check,
)
