"""config.toml: what is set, and errors that name file and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.attribution import DEFAULT_TICKET_PATTERN
from aicost.core.errors import ConfigError
from aicost.core.live_counters import Receiver
from aicost.platform.config import KEYS, Settings, check_key, load_settings, parse_settings


def test_without_a_file_everything_is_default(home: Path) -> None:
    assert load_settings(home / "config.toml") == Settings(timezone=None, claude_homes=())


def test_every_setting_is_read(home: Path) -> None:
    path = home / "config.toml"
    path.write_text(
        'timezone = "Europe/Berlin"\n[sources.claude]\nhomes = ["~/.claude", "/srv/claude"]\n'
    )
    assert load_settings(path) == Settings(
        timezone="Europe/Berlin", claude_homes=("~/.claude", "/srv/claude")
    )


@pytest.mark.parametrize(
    ("text", "receiver"),
    [
        ("", None),
        ('otlp.temporality = "delta"', None),
        ('otlp.endpoint = "http://127.0.0.1:4318"', Receiver("http://127.0.0.1:4318")),
        ('otlp.endpoint = "https://otel.example/a"', Receiver("https://otel.example/a")),
        (
            'otlp.endpoint = "http://localhost:1"\notlp.temporality = "delta"',
            Receiver("http://localhost:1", "delta"),
        ),
    ],
)
def test_who_is_told_of_live_counters_is_read(text: str, receiver: Receiver | None) -> None:
    assert parse_settings(text.encode(), "f").receiver == receiver


def test_settings_of_attribution_are_read() -> None:
    settings = parse_settings(
        b"""
        sources.codex.homes = ["~/.codex"]
        attribution.ticket_pattern = '(?i)eng-\\d+'
        [projectmap]
        "github.com/acme/*" = "acme"
        "~/work/acme/*" = "Acme, folders"
        shop = "shop"
        "/srv/@scope" = "scope"
        """,
        "f",
    )
    assert settings == Settings(
        codex_homes=("~/.codex",),
        ticket_pattern=r"(?i)eng-\d+",
        projects=(
            ("github.com/acme/*", "acme"),
            ("~/work/acme/*", "Acme, folders"),
            ("shop", "shop"),
            ("/srv/@scope", "scope"),
        ),
    )


def test_budgets_and_how_gates_and_nudges_behave_are_read() -> None:
    settings = parse_settings(
        b"""
        [[budgets]]
        scope = "day"
        amount = 25
        [gate]
        fail = "closed"
        grace_percent = 7.5
        [nudges]
        desktop = true
        context_usd = 0.25
        [[budgets]]
        scope = "turn"
        amount = "3 repeats"
        hard = true
        """,
        "f",
    )
    assert [budget.budget_id for budget in settings.budgets] == ["day", "turn-repeats-hard"]
    assert (settings.gate_fail, settings.grace_permille) == ("closed", 75)
    assert (settings.desktop_nudges, settings.context_nusd) == (True, 250_000_000)
    plain = parse_settings(b"", "f")
    assert (plain.budgets, plain.gate_fail, plain.grace_permille) == ((), "open", 50)
    assert (plain.desktop_nudges, plain.context_nusd) == (False, None)


def test_nobody_is_asked_online_unless_it_is_turned_on() -> None:
    assert not parse_settings(b"", "f").asks_gh
    assert not parse_settings(b"[outcomes]\ngh = false", "f").asks_gh
    assert parse_settings(b"[outcomes]\ngh = true", "f").asks_gh


def test_a_number_without_end_is_an_error_of_the_file() -> None:
    for text in (f"a = {'9' * 5000}", f"[[budgets]]\nscope = 'day'\namount = 0x{'f' * 5000}"):
        with pytest.raises(ConfigError):
            parse_settings(text.encode(), "f")


def test_budgets_are_no_setting_but_have_a_command() -> None:
    with pytest.raises(ConfigError, match="command of their own") as caught:
        check_key("budgets")
    assert caught.value.hint == "aicost budget list"


def test_without_a_pattern_tickets_are_found_as_most_trackers_write_them() -> None:
    assert parse_settings(b"", "f").ticket_pattern == DEFAULT_TICKET_PATTERN
    assert parse_settings(b"attribution.ticket_pattern = ''", "f").ticket_pattern == ""


@pytest.mark.parametrize("key", [*KEYS, "projectmap.github.com/acme/*"])
def test_every_setting_has_its_name(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize("key", ["", "timezon", "timezone.x", "sources", "sources.claude", "x.y"])
def test_another_name_is_an_error_that_lists_them(key: str) -> None:
    with pytest.raises(ConfigError, match="unknown setting") as caught:
        check_key(key)
    assert all(known in caught.value.why for known in KEYS)
    assert caught.value.hint.startswith("aicost config get ")


@pytest.mark.parametrize(
    "url",
    [
        "https://prices.example.com",
        "https://prices.example.com:8443/v2/data.json?a=b",
        "http://127.0.0.1:8080/data.json",
        "http://localhost/data.json",
    ],
)
def test_prices_come_from_an_address_of_the_users_choice(url: str) -> None:
    assert parse_settings(f'[prices]\nurl = "{url}"'.encode(), "f").prices_url == url
    assert parse_settings(b"", "f").prices_url is None


@pytest.mark.parametrize(
    "url",
    [
        "http://prices.example.com/",
        "http://127.0.0.1.example.com/",
        "https://",
        "https:///data.json",
        "https://ada:secret@example.com/",
        "https://example.com/a b",
        "file:///data.json",
        "prices.example.com",
        "",
    ],
)
def test_prices_come_from_no_other_address_and_the_error_keeps_it_to_itself(url: str) -> None:
    with pytest.raises(ConfigError, match=r"prices\.url is not an address .*\(f:2\)") as caught:
        parse_settings(f'[prices]\nurl = "{url}"'.encode(), "f")
    assert "secret" not in caught.value.render()


@pytest.mark.parametrize("folder", ["~", "~/", "~/x", "/x"])
def test_a_folder_is_absolute_or_below_the_users_home(folder: str) -> None:
    settings = parse_settings(f'sources.claude.homes = ["{folder}"]'.encode(), "f")
    assert settings.claude_homes == (folder,)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("timezone = 3", "timezone is not a text: 3 (f:1)", 'timezone = "Europe/Berlin"'),
        (
            '\n\ntimezone = "Europe/Berln"',
            "there is no time zone 'Europe/Berln' (f:3)",
            'timezone = "Europe/Berlin"',
        ),
        (
            '[sources.claude]\n# homes = 2\nhomes = "~/.claude"',
            "sources.claude.homes is not a list of folders (f:3)",
            'homes = ["~/.claude"]',
        ),
        (
            'sources.claude.homes = ["here"]',
            "sources.claude.homes has a folder that is not absolute: 'here' (f:1)",
            'homes = ["~/here"]',
        ),
        (
            'sources.claude.homes = ["~bob/.claude"]',
            "sources.claude.homes has a folder that is not absolute: '~bob/.claude' (f:1)",
            'homes = ["~/bob/.claude"]',
        ),
        (
            "[sources.claude]\n\nhome = []",
            "unknown setting sources.claude.home (f:3)",
            "write sources.claude.homes",
        ),
        (
            "prices.url = 3",
            "prices.url is not an address that prices may come from (f:1)",
            'url = "https://prices.example.com/data.json"',
        ),
        (
            "sources.codex.homes = [1]",
            "sources.codex.homes is not a list of folders (f:1)",
            'homes = ["~/.codex"]',
        ),
        (
            "[attribution]\nticket_pattern = 3",
            "attribution.ticket_pattern is not a text: 3 (f:2)",
            "ticket_pattern = '[A-Z][A-Z0-9]+-[0-9]+'",
        ),
        (
            "[attribution]\nticket_pattern = '(a+)+'",
            "attribution.ticket_pattern cannot be used (f:2)",
            "ticket_pattern = '[A-Z][A-Z0-9]+-[0-9]+'",
        ),
        (
            "\nprojectmap = 3",
            "projectmap is not a table of names (f:2)",
            '[projectmap], and below it lines like "github.com/acme/*" = "acme"',
        ),
        (
            '[projectmap]\nshop = "a"\ngithub.com = "acme"',
            "projectmap has a pattern without quotes (f:3)",
            '"github.com" = "acme"',
        ),
        (
            '[projectmap]\nshop = "a"\n"my shop/*" = 3',
            "projectmap has no name for a project: 3 (f:3)",
            '"github.com/acme/*" = "acme"',
        ),
        (
            '[projectmap]\nshop = "  "',
            "projectmap has no name for a project: '  ' (f:2)",
            '"github.com/acme/*" = "acme"',
        ),
        (
            '[projectmap]\nshop = "a\\nb"',
            "projectmap has no name for a project: 'a\\nb' (f:2)",
            '"github.com/acme/*" = "acme"',
        ),
        (
            '[projectmap]\n"https://me:secret@github.com/acme/*" = "acme"',
            "projectmap names a repository by its address (f:2)",
            '"github.com/acme/*" = "acme"',
        ),
        (
            '[projectmap]\n"git@github.com:acme" = "acme"',
            "projectmap names a repository by its address (f:2)",
            '"github.com/acme" = "acme"',
        ),
        (
            '[projectmap]\n"~bob/work" = "bob"',
            "projectmap has a folder that is not absolute: '~bob/work' (f:2)",
            '"~/bob/work" = "bob"',
        ),
        (
            '[projectmap]\n"./work" = "x"',
            "projectmap has a pattern that covers nothing: './work' (f:2)",
            '"~/work/acme" = "x"',
        ),
        (
            '[projectmap]\n"~/../bob" = "x"',
            "projectmap has a pattern that covers nothing: '~/../bob' (f:2)",
            '"~/work/acme" = "x"',
        ),
        (
            '[projectmap]\n"" = "x"',
            "projectmap has a pattern that covers nothing: '' (f:1)",
            '"~/work/acme" = "x"',
        ),
        ("# first\nsources = 3", "unknown setting sources (f:2)", "delete line 2"),
        (
            "[budgets]\nday = 3",
            "budgets are not a list of tables (f:1)",
            '[[budgets]], and below it lines like scope = "day" and amount = 25',
        ),
        (
            'timezone = "UTC"\n[[budgets]]\nscope = "day"\namount = 5\n[[budgets]]\nscope = "da"',
            "a budget has a scope that none has (f:6)",
            'scope = "day"',
        ),
        ("[gate]\nfail = 3", "gate.fail is neither open nor closed (f:2)", 'fail = "open"'),
        (
            "gate.grace_percent = 51",
            "gate.grace_percent is no share that can be kept free (f:1)",
            "grace_percent = 5",
        ),
        (
            '[otlp]\nendpoint = "http://otel.acme.example:4318"',
            "otlp.endpoint is not an address of a receiver (f:2)",
            'endpoint = "http://127.0.0.1:4318"',
        ),
        (
            '[otlp]\nendpoint = "https://otel.example/x?token=secret"',
            "otlp.endpoint is not an address of a receiver (f:2)",
            'endpoint = "http://127.0.0.1:4318"',
        ),
        (
            '[otlp]\n\ntemporality = "both"',
            "otlp.temporality is neither cumulative nor delta (f:3)",
            'temporality = "cumulative"',
        ),
        ("[outcomes]\ngh = 1", "outcomes.gh is neither true nor false (f:2)", "gh = true"),
        (
            "\n[nudges]\ndesktop = 1",
            "nudges.desktop is neither true nor false (f:3)",
            "desktop = true",
        ),
        (
            "[nudges]\ncontext_usd = 0",
            "nudges.context_usd is no price of a prompt (f:2)",
            "context_usd = 0.5",
        ),
        ("a = 1\nb = = 2", "not valid TOML (f:2)", "aicost config edit"),
        ("a = 1\nb = [", "not valid TOML (f:2)", "aicost config edit"),
    ],
)
def test_errors_name_file_line_and_a_way_on(text: str, what: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text.encode(), "f")
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert "secret" not in caught.value.render()


@pytest.mark.parametrize(("chars", "is_name"), [(80, True), (81, False)])
def test_a_project_has_at_most_80_characters(chars: int, is_name: bool) -> None:
    text = f'[projectmap]\nshop = "{"x" * chars}"'
    if is_name:
        assert parse_settings(text.encode(), "f").projects == (("shop", "x" * chars),)
    else:
        with pytest.raises(ConfigError, match="no name for a project"):
            parse_settings(text.encode(), "f")


def test_text_that_is_not_utf8_names_its_line() -> None:
    with pytest.raises(ConfigError, match=r"not UTF-8 text \(f:2\)"):
        parse_settings(b"# ok\n\xff", "f")


def test_nesting_too_deep_is_an_error_of_the_file() -> None:
    with pytest.raises(ConfigError):
        parse_settings(b"a = " + b"[" * 100_000, "f")


@pytest.mark.parametrize("filler", [" ", "[", "[ "])
def test_a_long_line_costs_no_more_than_its_length(filler: str) -> None:
    """With a pattern that tries every split of the line, this one would take hours."""
    text = f'a = """\n{filler * 100_000}\n"""\n'
    with pytest.raises(ConfigError, match=r"unknown setting a \(f:1\)"):
        parse_settings(text.encode(), "f")


def test_a_file_that_cannot_be_read_says_why(home: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read") as caught:
        load_settings(home)
    assert caught.value.why == "Is a directory"


lines = st.lists(
    st.one_of(
        st.sampled_from(
            [
                'timezone = "UTC"',
                "[sources.claude]",
                "homes = []",
                "[sources]",
                "claude = 3",
                "[projectmap]",
                '"a@b:c" = "x"',
                "a.b = 'x'",
                "[attribution]",
                "ticket_pattern = '(a|b)+'",
                "[[budgets]]",
                "scope = 'day'",
                "amount = '3 tokens'",
                "hard = 1",
                "[gate]",
                "fail = 1",
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=6,
)


@given(st.one_of(st.binary(max_size=200), lines.map(lambda part: "\n".join(part).encode())))
def test_any_bytes_end_in_settings_or_a_config_error_with_a_line(content: bytes) -> None:
    said = "(f:1)"
    try:
        parse_settings(content, "f")
    except ConfigError as error:
        said = error.what
    assert "(f:" in said
