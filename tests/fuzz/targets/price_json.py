"""A compiled price book."""

import contextlib
import json

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost.core.price_json import decode_book, encode_book
from aicost.prices.book import load_price_book

MODELS = 3  # of the shipped book in one seed


def check(content: bytes) -> None:
    """Any bytes are a whole book, which can be written and read again, or the one error."""
    with contextlib.suppress(ConfigError):
        _, book = decode_book(content)
        assert decode_book(encode_book(book))[1] == book


def seeds() -> list[bytes]:
    """Return the shipped book in parts."""
    whole = json.loads(encode_book(load_price_book(None).content))
    names = sorted(whole["models"])
    return [
        json.dumps(whole | {"models": {name: whole["models"][name] for name in some}}).encode()
        for some in (names[at : at + MODELS] for at in range(0, len(names), MODELS))
    ]


TARGET = Target(
    name="price_json",
    modules=("aicost.core.price_json", "aicost.core.tariffs"),
    seeds=seeds,
    check=check,
)
