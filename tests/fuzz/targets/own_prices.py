"""The user's own prices, and the book they are laid over."""

import contextlib

from fuzz.target import Target
from ledgers import BOOK

from aicost.core.errors import ConfigError
from aicost.prices.own import parse_own_rows, with_own_rows

SEEDS = (
    b'schema = 1\n[[price]]\nmodel = "claude-opus-5-5"\ninput_mtok = 4\noutput_mtok = 20.5\n',
    b'[[price]]\nmodel = "mine"\nfrom = 2026-11-22\ninput_mtok = 0\noutput_mtok = 1000\n'
    b'cache_read_mtok = 0.00000001\nsource = "a page"\nchecked = 2026-11-22\n',
    b'[[price]]\nmodel = "gpt-5"\ntier = "fast"\ninput_mtok = 1\noutput_mtok = 2\n'
    b'[[price]]\nmodel = "GPT-5"\ntier = ""\ninput_mtok = 1e2\noutput_mtok = inf\n',
    b"price = 3",
    b"[price]",
)


def check(content: bytes) -> None:
    """Any bytes are rows that make a whole book, or the one declared error."""
    with contextlib.suppress(ConfigError):
        rows = parse_own_rows(content)
        book = with_own_rows(BOOK, rows)
        for row in rows:
            assert book.model_price(row.model) is not None


TARGET = Target(
    name="own_prices",
    modules=("aicost.prices.own",),
    seeds=lambda: SEEDS,
    check=check,
)
