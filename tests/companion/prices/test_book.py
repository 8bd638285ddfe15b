"""The book in use: the folder's if it is whole, else ours; renewed in one step or not at all."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from price_examples import FLAT, content, model_price
from price_lists import whole_list

import aicost.prices
from aicost.core.errors import ConfigError
from aicost.core.price_json import Recipe, decode_book, encode_book
from aicost.core.tariffs import PriceEntry
from aicost.prices.book import SHIPPED, is_stale, load_price_book, refresh_price_book
from aicost.prices.files import CREDITS, OVERRIDES, sha256_of
from aicost.prices.library import Fetched, installed_version

SHIPPED_ID = decode_book(SHIPPED.read_bytes())[0]


def put(folder: Path, raw: bytes, *, named: str = "", pointer: str = "") -> str:
    """Put a book into a folder as the one in use; return its id."""
    book_id = named or decode_book(raw)[0]
    name = f"pricebook-{book_id}.json"
    (folder / name).write_bytes(raw)
    (folder / "current").write_text(pointer or f"{name}\n")
    return book_id


def other_book(recipe: Recipe | None = None) -> bytes:
    entry = PriceEntry(standard=FLAT)
    return encode_book(content(model_price(entries=(entry,)), recipe=recipe or Recipe()))


def recipe_now() -> Recipe:
    return Recipe(
        genai_prices=installed_version(),
        overrides_sha256=sha256_of(OVERRIDES),
        credits_sha256=sha256_of(CREDITS),
    )


def test_without_a_folder_the_shipped_book_is_in_use() -> None:
    assert load_price_book(None).book_id == SHIPPED_ID


def test_the_folders_book_is_in_use(tmp_path: Path) -> None:
    book_id = put(tmp_path, other_book())
    assert load_price_book(tmp_path).book_id == book_id != SHIPPED_ID


def test_a_folder_without_a_book_leaves_ours_in_use(tmp_path: Path) -> None:
    assert load_price_book(tmp_path).book_id == SHIPPED_ID
    assert load_price_book(tmp_path / "missing").book_id == SHIPPED_ID


@pytest.mark.parametrize(
    "pointer",
    ["pricebook-000000000000.json", "../pricebook.json", "", "\n", "/etc/passwd", "ü", "x" * 9999],
)
def test_a_pointer_to_nothing_leaves_ours_in_use(tmp_path: Path, pointer: str) -> None:
    put(tmp_path, other_book(), pointer=pointer or " ")
    assert load_price_book(tmp_path).book_id == SHIPPED_ID


def test_a_torn_book_leaves_ours_in_use(tmp_path: Path) -> None:
    raw = other_book()
    put(tmp_path, raw[: len(raw) // 2], named=decode_book(raw)[0])
    assert load_price_book(tmp_path).book_id == SHIPPED_ID


def test_a_book_that_is_not_the_one_it_says_leaves_ours_in_use(tmp_path: Path) -> None:
    put(tmp_path, other_book(), named="0123456789ab")
    assert load_price_book(tmp_path).book_id == SHIPPED_ID


def test_loading_needs_the_standard_library_only() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(aicost.prices.__file__).parents[2])!r})\n"
        "from aicost.prices.book import load_price_book\n"
        "load_price_book(None)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert loaded.isdisjoint({"genai_prices", "pydantic", "msgspec", "httpx2", "asyncio", "socket"})


# Stale or not


def test_a_book_of_this_library_and_these_overrides_is_fresh(tmp_path: Path) -> None:
    put(tmp_path, other_book(recipe_now()))
    assert not is_stale(tmp_path)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(recipe_now(), genai_prices="0.0.1"),
        replace(recipe_now(), overrides_sha256="ab" * 32),
        replace(recipe_now(), credits_sha256=""),
    ],
    ids=["another library", "other overrides", "a book without credits"],
)
def test_a_book_of_another_recipe_is_stale(tmp_path: Path, recipe: Recipe) -> None:
    put(tmp_path, other_book(recipe))
    assert is_stale(tmp_path)


def test_without_a_library_nothing_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, other_book())
    monkeypatch.setattr("aicost.prices.library.PACKAGE", "no-such-package-of-prices")
    assert not is_stale(tmp_path)


# Renewal


def test_a_refresh_writes_a_book_and_uses_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "prices"
    book = refresh_price_book(folder)
    assert load_price_book(folder).book_id == book.book_id
    assert not is_stale(folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "current",
        f"pricebook-{book.book_id}.json",
    ]


def test_a_refresh_keeps_the_book_it_replaces(tmp_path: Path) -> None:
    whole = decode_book(SHIPPED.read_bytes())[1]
    fewer = {name: whole.models[name] for name in list(whole.models)[:5]}
    old_id = put(tmp_path, encode_book(content(*fewer.values())))
    new = refresh_price_book(tmp_path)
    assert load_price_book(tmp_path).book_id == new.book_id != old_id
    assert (tmp_path / f"pricebook-{old_id}.json").exists()


def test_a_refused_refresh_leaves_the_book_in_use(tmp_path: Path) -> None:
    old_id = put(tmp_path, other_book())  # its one model is in no library
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="rejected: claude-test-1"):
        refresh_price_book(tmp_path)
    assert load_price_book(tmp_path).book_id == old_id
    assert sorted(tmp_path.iterdir()) == before


def test_a_refresh_that_cannot_write_leaves_no_part_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        refresh_price_book(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert load_price_book(tmp_path).book_id == SHIPPED_ID


# With a fetched list


def test_a_fetched_list_with_another_price_makes_another_book(tmp_path: Path) -> None:
    installed = refresh_price_book(tmp_path)
    fetched = refresh_price_book(tmp_path, whole_list(dearer="claude-opus-5-5"))
    assert load_price_book(tmp_path).book_id == fetched.book_id != installed.book_id
    assert fetched.recipe.fetched == "2026-11-26T11:30:05Z"
    known = fetched.model_price("claude-opus-5-5")
    assert known is not None
    assert known.entries[-1].standard.rates.output_mtok == 40
    assert known.entries[-1].source == "genai-prices, fetched 2026-11-26"
    assert (tmp_path / f"pricebook-{installed.book_id}.json").exists()


def test_a_fetched_list_stays_in_use_until_the_library_or_our_rows_change(tmp_path: Path) -> None:
    refresh_price_book(tmp_path, whole_list(dearer="claude-opus-5-5"))
    assert not is_stale(tmp_path)


def test_a_fetched_list_with_the_same_prices_changes_nothing(tmp_path: Path) -> None:
    assert refresh_price_book(tmp_path, whole_list()).book_id == SHIPPED_ID
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fetched", "row"),
    [
        (whole_list(without="claude-3-opus-latest"), "claude-3-opus"),
        (whole_list(dearer="claude-opus-5-5", factor="10.1"), "claude-opus-5-5 since ever"),
    ],
    ids=["a model is lost", "over ten times dearer"],
)
def test_a_fetched_list_is_checked_like_any_other(
    tmp_path: Path, fetched: Fetched, row: str
) -> None:
    before = refresh_price_book(tmp_path)
    with pytest.raises(ConfigError, match=f"rejected: {row}"):
        refresh_price_book(tmp_path, fetched)
    assert load_price_book(tmp_path).book_id == before.book_id
