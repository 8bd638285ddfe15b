"""Codex' config.toml, which its user writes: what is trusted goes in, and comes out again."""

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost_hooks.install_codex import are_hooks_off, parse_config, with_trust, without_trust

NAME = "config.toml"
HASHES = {"/home/ada's/.codex/hooks.json:pre_tool_use:0:0": "sha256:abc", "é:stop:1:0": "sha256:d"}
SEEDS = (
    b"",
    b'model = "gpt-5"  # mine\n\n[features]\nhooks = false\n',
    b'[hooks.state."/x/hooks.json:stop:0:0"]\ntrusted_hash = "sha256:1"\nenabled = false\n',
    b"[hooks]\nstate = {}\n[[hooks.PreToolUse]]\nmatcher = 'Bash'\n",
    b'hooks.state."a:b" = { trusted_hash = "sha256:2" }\n[[projects]]\npath = "/\\u00e9"\n',
    b"[hooks]\n[hooks.state]\n# nothing\n[z]\na = 1979-05-27T07:32:00Z\n",
    with_trust(b'a = 1\n[hooks.state."k"]\ntrusted_hash = "h"\n', HASHES, NAME),
)


def check(content: bytes) -> None:
    """Any bytes are a config that keeps all else, or are refused."""
    try:
        before = parse_config(content, NAME)
        after = with_trust(content, HASHES, NAME)
    except ConfigError:
        return
    are_hooks_off(before)
    state = parse_config(after, NAME)["hooks"]["state"]
    assert all(state[key]["trusted_hash"] == value for key, value in HASHES.items())
    assert parse_config(with_trust(after, HASHES, NAME), NAME) == parse_config(after, NAME)
    try:
        left = parse_config(without_trust(after, HASHES, NAME), NAME)
    except ConfigError:
        return
    assert all(key not in left.get("hooks", {}).get("state", {}) for key in HASHES)
    assert _without_hooks(left) == _without_hooks(before)


def _without_hooks(config: dict[str, object]) -> dict[str, str]:
    return {name: repr(value) for name, value in config.items() if name != "hooks"}


TARGET = Target(
    name="codex_config",
    modules=("aicost_hooks.install_codex",),
    seeds=lambda: SEEDS,
    check=check,
)
