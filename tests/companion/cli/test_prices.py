"""`aicost prices`, for real: what is set counts at once, with a daemon or without one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import MODEL, aicost, write_log
from price_lists import serving, small_list, whole_list

from aicost.cli.main import run
from aicost.prices.book import SHIPPED, load_price_book, refresh_price_book

SHIPPED_ID = load_price_book(None).book_id


@pytest.fixture
def own_file(home: Path) -> Path:
    return home / ".aicost" / "prices.toml"


def shown(*options: str) -> dict[str, Any]:
    ended = aicost("prices", "show", "--json", *options)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def standard(model: str, *options: str) -> dict[str, Any]:
    (found,) = shown(model, *options)["models"]
    rates: dict[str, Any] = found["rows"][-1]["tiers"]["standard"]
    return rates


def total() -> dict[str, Any]:
    ended = aicost("report", "--json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


# Showing


def test_without_a_word_more_it_shows_the_list_of_today() -> None:
    ended = aicost("prices")
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"Price book {SHIPPED_ID} (genai-prices ")
    assert "claude-opus-5-5" in ended.stdout
    assert "gpt-6-sol" in ended.stdout
    assert aicost("prices", "show").stdout == ended.stdout


def test_the_rates_are_those_of_the_day() -> None:
    listed = {found["model"]: found["rows"] for found in shown("--at", "2026-10-06")["models"]}
    (row,) = listed["claude-sonnet-5-5"]
    assert row["tiers"]["standard"]["cache_read_mtok"] == 0.2
    assert standard("claude-sonnet-5-5", "--at", "2026-10-06")["cache_read_mtok"] == 0.2
    assert standard("claude-sonnet-5-5", "--at", "2026-10-07")["cache_read_mtok"] == 0.1


def test_a_model_is_shown_with_all_its_rows_under_any_of_its_names() -> None:
    found = shown("gpt-5-6-sol")
    assert [m["model"] for m in found["models"]] == ["gpt-5.6-sol"]
    assert found["at"] is None
    assert len(found["models"][0]["rows"]) >= 4
    assert "Codex credits" in aicost("prices", "show", "gpt-5.6-sol").stdout


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("codex-auto-review", "no price or credit rate is published"),
        ("claude-opus-9", "it is in no price list"),
    ],
)
def test_a_model_without_a_price_is_an_error_that_says_what_to_do(model: str, why: str) -> None:
    ended = aicost("prices", "show", model)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == (
        f"aicost: no price is known of {model}\n   why: {why}\n"
        f"   try: aicost prices set {model} --input USD --output USD\n"
    )


# Setting


def test_a_price_that_is_set_wins_at_once(home: Path, own_file: Path) -> None:
    write_log(home)  # 2 calls of 100 tokens in and 10 out
    before = total()
    assert before["total"]["cost_usd"] == 0.0015
    ended = aicost("prices", "set", MODEL, "--input", "1", "--output", "2.5", "--source", "ours")
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"yours of \d{4}-\d\d-\d\d: ours", ended.stdout)
    assert standard(MODEL) | {"cache_read_mtok": 0.5} == standard(MODEL)  # the book's
    assert own_file.read_text().count("[[price]]") == 1
    after = total()
    assert after["total"]["cost_usd"] == 0.00025
    assert after["price_book"] == shown()["price_book"] != before["price_book"]


def test_a_price_may_say_every_rate_and_its_first_day(home: Path) -> None:
    options = {"input": 1, "cache-read": 2, "cache-write-5m": 3, "cache-write-1h": 4, "output": 5}
    words = [word for name, usd in options.items() for word in (f"--{name}", str(usd))]
    aicost("prices", "set", "qwen-coder", *words, "--from", "2026-09-01")
    assert list(standard("Qwen/Qwen-Coder").values())[:5] == [1, 2, 3, 4, 5]
    (found,) = shown("qwen-coder")["models"]
    assert found["rows"][0]["from"] == "2026-09-01"
    assert shown("qwen-coder", "--at", "2026-08-31")["models"][0]["rows"] == []


def test_a_price_of_a_tier_is_used_for_that_tier(home: Path) -> None:
    options = ["--tier", "fast", "--input", "4", "--output", "20", "--from", "2026-09-22"]
    assert aicost("prices", "set", "gpt-6-sol", *options).returncode == 0
    rows = shown("gpt-6-sol")["models"][0]["rows"]
    (row,) = [row for row in rows if row["from"] == "2026-09-22"]
    assert row["tiers"]["priority"]["cache_read_mtok"] == 0.4
    assert row["tiers"]["standard"]["cache_read_mtok"] == 0.2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--input", "1"], "required: --output"),
        (["--input", "-1", "--output", "1"], "-1 is not between 0 and 1000"),
        (["--input", "nan", "--output", "1"], "not between 0 and 1000"),
        (["--input", "1000.1", "--output", "1"], "1000.1 is not between 0 and 1000"),
        (["--input", "0.000000001", "--output", "1"], "over 8 decimals"),
        (["--input", "four", "--output", "1"], "'four' is no number of dollars"),
        (["--input", "1", "--output", "1", "--from", "today"], "'today' is no day"),
    ],
)
def test_what_is_no_price_is_a_usage_error(own_file: Path, words: list[str], said: str) -> None:
    ended = aicost("prices", "set", MODEL, *words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not own_file.exists()


@pytest.mark.parametrize("model", ["", "<synthetic>", "a\x07b"])
def test_what_is_no_model_is_refused(own_file: Path, model: str) -> None:
    ended = aicost("prices", "set", model, "--input", "1", "--output", "1")
    assert ended.returncode == 3
    assert "is no name of a model" in ended.stderr
    assert not own_file.exists()


def test_a_tier_needs_a_standard_price(own_file: Path) -> None:
    words = ["--tier", "flex", "--input", "1", "--output", "1"]
    ended = aicost("prices", "set", "qwen-coder", *words)
    assert ended.returncode == 3
    assert "try: aicost prices set qwen-coder --input" in ended.stderr
    assert not own_file.exists()


def test_a_tier_that_nobody_knows_is_refused_with_those_that_are_known(own_file: Path) -> None:
    ended = aicost("prices", "set", MODEL, "--input", "1", "--output", "2", "--tier", "prio")
    assert ended.returncode == 3
    assert "'prio' is no known tier" in ended.stderr
    assert "batch, fast, flex, priority, standard" in " ".join(ended.stderr.split())
    assert not own_file.exists()
    for tier in ("standard", "flex"):
        ended = aicost("prices", "set", MODEL, "--input", "1", "--output", "2", "--tier", tier)
        assert ended.returncode == 0, ended.stderr


def test_a_price_can_be_taken_away_again(home: Path, own_file: Path) -> None:
    listed = standard("gpt-5.6-sol")
    for words in ([], ["--from", "2026-09-01"], ["--tier", "flex"]):
        aicost("prices", "set", "gpt-5-6-sol", "--input", "1", "--output", "1", *words)
    assert standard("gpt-5.6-sol")["input_mtok"] == 1
    ended = aicost("prices", "unset", "gpt-5.6", "--tier", "flex")
    assert "1 of your prices of gpt-5.6-sol taken away" in ended.stderr
    assert own_file.read_text().count("[[price]]") == 2
    assert aicost("prices", "unset", "gpt-5.6-sol", "--from", "2026-09-01").returncode == 0
    assert own_file.read_text().count("[[price]]") == 1
    assert aicost("prices", "unset", "gpt-5.6-sol").returncode == 0
    assert standard("gpt-5.6-sol") == listed
    again = aicost("prices", "unset", "gpt-5.6-sol")
    assert again.returncode == 3
    assert "you have set no such price of gpt-5.6-sol" in again.stderr


def test_a_file_that_was_broken_by_hand_is_named_by_every_command(own_file: Path) -> None:
    own_file.parent.mkdir(exist_ok=True)
    own_file.write_text('[[price]]\nmodel = "x"\n')
    setting = ["prices", "set", "x", "--input", "1", "--output", "1"]
    for command in (["prices"], ["report"], setting):
        ended = aicost(*command)
        assert ended.returncode == 3
        assert f"{own_file}: price row 1 (x) has no input_mtok, output_mtok" in ended.stderr
        assert f"try: edit {own_file}, or delete it" in ended.stderr


def test_a_folder_that_cannot_be_written_is_named(own_file: Path) -> None:
    own_file.parent.mkdir(exist_ok=True)
    own_file.symlink_to(own_file.parent / "gone" / "prices.toml")
    ended = aicost("prices", "set", "x", "--input", "1", "--output", "1")
    assert ended.returncode == 3
    assert f"cannot write {own_file}\n   why: No such file or directory" in ended.stderr


# With a daemon


@pytest.fixture
def _daemon() -> Iterator[None]:
    assert aicost("daemon", "start").returncode == 0
    yield
    assert aicost("daemon", "stop").returncode == 0


@pytest.mark.usefixtures("_daemon")
def test_a_running_daemon_prices_with_it_at_once(home: Path) -> None:
    write_log(home)
    assert total()["total"]["cost_usd"] == 0.0015
    assert aicost("prices", "set", MODEL, "--input", "1", "--output", "2.5").returncode == 0
    status = json.loads(aicost("daemon", "status", "--json").stdout)
    assert status["price_book"] == shown()["price_book"]
    assert total()["total"]["cost_usd"] == 0.00025
    assert aicost("prices", "unset", MODEL).returncode == 0
    assert total()["total"]["cost_usd"] == 0.0015


@pytest.mark.usefixtures("_daemon")
def test_a_restart_with_broken_prices_stops_nothing(own_file: Path) -> None:
    before = json.loads(aicost("daemon", "status", "--json").stdout)["pid"]
    own_file.write_text("[[price]")
    ended = aicost("daemon", "restart")
    assert ended.returncode == 3
    assert f"{own_file}: not TOML" in ended.stderr
    assert json.loads(aicost("daemon", "status", "--json").stdout)["pid"] == before


# Updating


def old_book(home: Path) -> None:
    """Leave a book of an older library in use."""
    folder = home / ".aicost" / "data" / "prices"
    book = refresh_price_book(folder)
    raw = (folder / f"pricebook-{book.book_id}.json").read_text()
    version = book.recipe.genai_prices
    older = raw.replace(f'"genai_prices":"{version}"', '"genai_prices":"0.0.1"')
    older = older.replace('"rates":["4","0.2","5","8","20"]', '"rates":["4","0.2","5","8","21"]', 1)
    (folder / "made").write_text(older)
    from aicost.core.price_json import decode_book

    book_id = decode_book(older.encode())[0]
    (folder / "made").rename(folder / f"pricebook-{book_id}.json")
    (folder / "current").write_text(f"pricebook-{book_id}.json\n")


def test_nothing_new_changes_nothing(home: Path) -> None:
    ended = aicost("prices", "update")
    assert ended.returncode == 0
    assert ended.stderr.startswith(f"price book {SHIPPED_ID} is up to date (genai-prices ")
    assert not (home / ".aicost" / "data" / "prices").exists()


def test_an_older_book_is_compiled_anew_and_the_change_is_said(home: Path) -> None:
    old_book(home)
    before = shown()["price_book"]
    ended = aicost("prices", "update")
    assert ended.returncode == 0, ended.stderr
    assert f"price book {SHIPPED_ID} takes the place of {before}" in ended.stderr
    assert ended.stderr.rstrip().endswith(": changed: claude-opus-5-5")
    assert shown()["price_book"] == SHIPPED_ID
    assert SHIPPED.exists()


@pytest.fixture
def configured(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = home / ".aicost" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    return path


def test_a_list_is_fetched_only_from_the_address_in_the_config(
    home: Path,
    configured: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def fetch(url: str, _: object) -> object:
        asked.append(url)
        return whole_list(dearer="claude-opus-5-5")

    monkeypatch.setattr("aicost.prices.library.fetch_list", fetch)
    assert run(["prices", "update"]) == 0
    assert asked == []
    configured.write_text('prices.url = "https://prices.example.com/data.json"')
    assert run(["prices", "update"]) == 0
    assert asked == ["https://prices.example.com/data.json"]
    said = capsys.readouterr().err
    assert ", fetched 2026-11-26T11:30:05Z): changed: claude-opus-5-5" in said
    assert standard("claude-opus-5-5")["output_mtok"] == 40
    assert run(["prices", "update"]) == 0
    assert "is up to date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "status", "what"),
    [
        (b"no", 404, "the prices could not be fetched"),
        (small_list(), 200, "overrides.toml names models that are not in the library"),
    ],
    ids=["an error of the server", "a list that has lost models"],
)
def test_a_fetch_that_fails_leaves_the_book_in_use(
    configured: Path, body: object, status: int, what: str
) -> None:
    with serving(body, status) as url:
        configured.write_text(f'prices.url = "{url}"')
        ended = aicost("prices", "update")
    assert ended.returncode == 3
    assert f"aicost: {what}" in ended.stderr
    assert "   why: " in ended.stderr
    assert "   try: aicost prices show" in ended.stderr
    assert shown()["price_book"] == SHIPPED_ID


def test_only_updating_goes_online(configured: Path) -> None:
    asked: list[str] = []
    with serving(b"", 500, asked) as url:
        configured.write_text(f'prices.url = "{url}"')
        for command in (["prices"], ["report"], ["daemon", "start"], ["daemon", "stop"]):
            assert aicost(*command).returncode == 0
        assert asked == []
        assert aicost("prices", "update").returncode == 3
        assert asked == ["/data.json"]
