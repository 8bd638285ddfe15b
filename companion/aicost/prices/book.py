"""The price book on disk: which one is in use, whether it is old, and how it is renewed.

Loading needs the standard library only, so imports for the rest are inside their functions;
the price library itself is imported by a refresh alone.
"""

import contextlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aicost.core.errors import ConfigError
from aicost.core.price_json import BookContent
from aicost.core.prices import PriceBook, Recipe
from aicost.prices.files import CREDITS, OVERRIDES, replace_file, sha256_of
from aicost.prices.own import load_own_rows, with_own_rows

if TYPE_CHECKING:
    from aicost.prices.library import Fetched

SHIPPED = Path(__file__).with_name("pricebook.json")
_POINTER = "current"  # a file that names the book in use
_BOOK_NAME = re.compile(r"pricebook-([0-9a-f]{12})\.json")


def load_price_book(prices_dir: Path | None, own_prices: Path | None = None) -> PriceBook:
    """Return the book in use: the one `prices_dir` points at if it is whole, else the shipped one.

    The user's rows of the file `own_prices` win over it. Raises ConfigError if that file cannot be
    used or the shipped book is damaged, OSError if that book is gone.
    """
    in_use = None if prices_dir is None else _in_use(prices_dir)
    book = in_use or PriceBook.from_json(SHIPPED.read_bytes())
    return book if own_prices is None else with_own_rows(book, load_own_rows(own_prices))


def is_stale(prices_dir: Path | None) -> bool:
    """Whether a refresh would start from a newer library, newer overrides or newer credits.

    Compares versions and hashes; the library is not imported. Without an installed library
    nothing can be compiled, so nothing is stale.
    """
    from aicost.prices.library import installed_version

    version = installed_version()
    wanted = Recipe(
        genai_prices=version,
        overrides_sha256=sha256_of(OVERRIDES),
        credits_sha256=sha256_of(CREDITS),
    )
    in_use = load_price_book(prices_dir).recipe
    return bool(version) and replace(in_use, fetched="") != wanted


def refresh_price_book(prices_dir: Path, fetched: "Fetched | None" = None) -> PriceBook:
    """Compile a book from what is installed or fetched, check it against the one in use, use it.

    A fetched list with the same prices changes nothing: all calls would be priced anew for it.
    Older books stay beside the new one: a call names the book that priced it, and one may go
    back to them. Raises ConfigError that names the row when the new book is refused, OSError when
    it cannot be written; both leave the book in use as it was.
    """
    from aicost.prices.compile import compile_book

    in_use = load_price_book(prices_dir)
    raw = compile_book(in_use.content, fetched)
    book = PriceBook.from_json(raw)
    if fetched is not None and _without_origin(book) == _without_origin(in_use):
        return in_use
    prices_dir.mkdir(parents=True, exist_ok=True)
    name = f"pricebook-{book.book_id}.json"
    replace_file(prices_dir / name, raw)
    replace_file(prices_dir / _POINTER, f"{name}\n".encode())
    return book


def _without_origin(book: PriceBook) -> BookContent:
    """Return all that a book says but when and from where it was fetched."""
    content = book.content
    models = {
        name: replace(
            model, entries=tuple(replace(entry, source="", checked="") for entry in model.entries)
        )
        for name, model in content.models.items()
    }
    return replace(content, models=models, recipe=replace(content.recipe, fetched=""))


def _in_use(prices_dir: Path) -> PriceBook | None:
    """Return the book that the pointer names, or None when anything about it is not right."""
    with contextlib.suppress(OSError, UnicodeDecodeError, ConfigError):
        named = _BOOK_NAME.fullmatch((prices_dir / _POINTER).read_text(encoding="ascii").strip())
        if named:
            book = PriceBook.from_json((prices_dir / named[0]).read_bytes())
            return book if book.book_id == named[1] else None
    return None
