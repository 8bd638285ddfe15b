"""What is typed to choose sessions in the dashboard."""

from builders import busy_day
from fuzz.target import Target

from aicost_tui.filters import matching, parse_filter

SEEDS = (
    b"repo:shop", b"model:opus >$5", b"<$1/h", b">50%", b"state:busy crash", b"repo:", b":", b">$",
    b"task:bugfix branch:fix/dedup agent:codex", b">$.5 <100%",
)  # fmt: skip
ROWS = busy_day().sessions


def check(content: bytes) -> None:
    """Any text is a filter, and says in clean words what of it is none."""
    text = content.decode(errors="replace")
    found = parse_filter(text)
    assert len(found.tests) + len(found.wrong) == len(text.split())
    assert all(word.isprintable() for word in found.wrong)
    assert set(matching(ROWS, found)) <= set(ROWS)


TARGET = Target(
    name="session_filter", modules=("aicost_tui.filters",), seeds=lambda: SEEDS, check=check
)
