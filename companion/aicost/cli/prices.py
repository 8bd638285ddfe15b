"""`aicost prices show|set|unset|update`: work without a daemon, and tell a running one."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from aicost.cli import ask
from aicost.core.errors import ConfigError, ExitCode
from aicost.core.prices import ModelPrice, PriceBook
from aicost.core.tariffs import RATE_UNITS, STANDARD
from aicost.platform.dirs import Dirs, load_dirs
from aicost.prices.book import is_stale, load_price_book, refresh_price_book
from aicost.prices.own import OwnRow, load_own_rows, model_named, own_prices_file, with_own_rows

_SHOWN = 8  # changed models that are named
_TIERS = frozenset({STANDARD, "fast", "priority", "batch", "flex"})  # besides those of the book


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Do what was asked of the prices."""
    dirs = load_dirs(env)
    match args.action:
        case "show":
            show(args, dirs, env)
        case "set":
            set_price(args, dirs, env)
        case "unset":
            unset_price(args, dirs, env)
        case "update":
            update(dirs, env)
    return ExitCode.OK


def show(args: Namespace, dirs: Dirs, env: Mapping[str, str]) -> None:
    """Print the rates in use. Raises ConfigError for a model without a price."""
    from aicost.report import price_list
    from aicost.report.documents import as_json
    from aicost.report.tables import Style

    book = load_price_book(dirs.prices_dir, own_prices_file(dirs.config_file))
    at = _end_of(args.at) if args.at else None
    models = list(book.models) if args.model is None else [_known(book, args.model)]
    style = Style(ask.width(env, ask.PIPE_WIDTH), ask.wants_colour(env))
    today = datetime.now(UTC)
    if args.json:
        rows_at = at if args.model else at or today
        text = as_json(price_list.price_document(book, models, rows_at))
    elif args.model:
        text = price_list.model_table(book, models[0], at, style)
    else:
        text = price_list.price_table(book, models, at or today, style)
    sys.stdout.write(text)


def _end_of(day: str) -> datetime:
    """Return the last moment of a day in UTC: a price of that day counts."""
    first = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return first + timedelta(days=1) - timedelta(microseconds=1)


def _known(book: PriceBook, model: str) -> ModelPrice:
    found = book.model_price(model)
    if found is not None:
        return found
    name = model_named(model)
    raise ConfigError(
        f"no price is known of {name}",
        why=book.content.unpriced.get(name, "it is in no price list"),
        hint=f"aicost prices set {name} --input USD --output USD",
    )


def set_price(args: Namespace, dirs: Dirs, env: Mapping[str, str]) -> None:
    """Write a price of the user's own, and show what it leads to. Raises ConfigError."""
    row = OwnRow(
        model=model_named(args.model),
        tier=args.tier or STANDARD,
        day=date.fromisoformat(args.start) if args.start else None,
        rates={
            unit: Decimal(text)
            for unit in RATE_UNITS
            if (text := getattr(args, unit.removesuffix("_mtok"))) is not None
        },
        source=args.source,
        checked=datetime.now(UTC).date().isoformat(),
    )
    path = own_prices_file(dirs.config_file)
    book = load_price_book(dirs.prices_dir)
    _check_tier(book, row.tier)
    others = [old for old in load_own_rows(path) if old.place != row.place]
    with_own_rows(book, [*others, row])  # (or it says what is wrong)
    from aicost.prices.own_edit import set_own_row

    with _writing(path):
        set_own_row(path, row)
    _tell_daemon(env)
    show(Namespace(model=args.model, at=None, json=False), dirs, env)


def _check_tier(book: PriceBook, tier: str) -> None:
    listed = (entry.variants for model in book.models for entry in model.entries)
    known = sorted(_TIERS.union(*listed))
    if tier not in known:
        raise ConfigError(
            f"{tier!r} is no known tier",
            why=f"known are {', '.join(known)}",
            hint="aicost prices set --help",
        )


def unset_price(args: Namespace, dirs: Dirs, env: Mapping[str, str]) -> None:
    """Take prices of the user's own away. Raises ConfigError where there are none."""
    from aicost.prices.own_edit import unset_own_rows

    path = own_prices_file(dirs.config_file)
    book = load_price_book(dirs.prices_dir)
    wanted = _canonical(book, args.model)

    def is_meant(row: OwnRow) -> bool:
        return (
            _canonical(book, row.model) == wanted
            and args.tier in (None, row.tier)
            and args.start in (None, row.day and row.day.isoformat())
        )

    kept = [row for row in load_own_rows(path) if not is_meant(row)]
    with_own_rows(book, kept)  # (what is left may need what goes)
    with _writing(path):
        gone = unset_own_rows(path, is_meant)
    if not gone:
        raise ConfigError(
            f"you have set no such price of {wanted}",
            why=f"{path} has none",
            hint=f"aicost prices show {wanted}",
        )
    print(f"{len(gone)} of your prices of {wanted} taken away", file=sys.stderr)
    _tell_daemon(env)


def _canonical(book: PriceBook, model: str) -> str:
    known = book.model_price(model)
    return known.id if known else model_named(model)


def update(dirs: Dirs, env: Mapping[str, str]) -> None:
    """Compile the price book anew where there is something new, and say what changed.

    Raises ConfigError where the new book is refused; the one in use goes on.
    """
    from aicost.platform.config import load_settings

    before = load_price_book(dirs.prices_dir)
    url = load_settings(dirs.config_file).prices_url
    with _writing(dirs.prices_dir), _refusing():
        if url is not None:
            from aicost.prices.library import fetch_list

            print("fetching prices …", file=sys.stderr)
            after = refresh_price_book(dirs.prices_dir, fetch_list(url, datetime.now(UTC)))
        elif is_stale(dirs.prices_dir):
            after = refresh_price_book(dirs.prices_dir)
        else:
            after = before
    print(_said(before, after), file=sys.stderr)
    _tell_daemon(env)


def _said(before: PriceBook, after: PriceBook) -> str:
    origin = f"genai-prices {after.recipe.genai_prices}"
    if after.recipe.fetched:
        origin += f", fetched {after.recipe.fetched}"
    if after.book_id == before.book_id:
        return f"price book {after.book_id} is up to date ({origin})"
    old, new = before.content.models, after.content.models
    changed = sorted(n for n in new if n in old and _prices(old[n]) != _prices(new[n]))
    parts = [_named(sorted(new.keys() - old.keys()), "new"), _named(changed, "changed")]
    news = "; ".join(filter(None, parts)) or "no price changed"
    return f"price book {after.book_id} takes the place of {before.book_id} ({origin}): {news}"


def _prices(model: ModelPrice) -> list[tuple[object, ...]]:
    return [(e.start, e.standard, e.variants, e.web_search_kcount) for e in model.entries]


def _named(models: list[str], what: str) -> str:
    if not models:
        return ""
    more = f" and {len(models) - _SHOWN} more" if len(models) > _SHOWN else ""
    return f"{what}: {', '.join(models[:_SHOWN])}{more}"


@contextmanager
def _refusing() -> Iterator[None]:
    """Say where to see what goes on in use when a new book is refused."""
    try:
        yield
    except ConfigError as error:
        hint = error.hint or "aicost prices show"
        raise ConfigError(error.what, why=error.why, hint=hint) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            hint=f"ls -ld {path.parent}",
        ) from error


def _tell_daemon(env: Mapping[str, str]) -> None:
    from aicost.ipc.protocol import NotRunning

    with suppress(NotRunning):  # (without a daemon, the next command prices anew)
        try:
            ask.call(env, "prices.reload", {})
        finally:
            ask.clear_progress()
