"""The user's config.toml."""

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost.platform.config import parse_settings

SEEDS = (
    b'timezone = "Europe/Berlin"\n[sources.claude]\nhomes = ["~/.claude", "/srv/claude"]\n',
    b'sources.claude.homes = ["here"]',
    b"[sources.claude]\n\nhome = []",
    b"# first\nsources = 3",
    b'[budgets]\nday = 3\n[[a.b]]\n"c d" = 1979-05-27T07:32:00Z\n',
    b"a = 1\nb = [",
    b'timezone = """\nUTC"""\n',
    b'[[budgets]]\nscope = "day"\namount = "25"\nhard = true\n[[budgets]]\nscope = "session"\n',
    b'[gate]\nfail = "closed"\ngrace_percent = 7.5\n[nudges]\ndesktop = true\ncontext_usd = 1\n',
)


def check(content: bytes) -> None:
    """Any bytes are settings, or an error that names the file, a line of it and a way on."""
    error = _error_of(content)
    if error is not None:
        _, _, place = error.what.rpartition("(f:")
        number = int(place.removesuffix(")"))
        assert 1 <= number <= max(1, len(content.decode(errors="replace").splitlines()))
        assert error.hint


def _error_of(content: bytes) -> ConfigError | None:
    try:
        parse_settings(content, "f")
    except ConfigError as error:
        return error
    return None


TARGET = Target(
    name="config",
    modules=("aicost.platform.config", "aicost.platform.timezone"),
    seeds=lambda: SEEDS,
    check=check,
)
