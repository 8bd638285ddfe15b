"""Which folders an environment keeps Claude Code's state in, as text. Cheap: commands ask first."""

from collections.abc import Mapping

from aicost.sources.named_folders import absolute_folders

HOME_VARIABLE = "CLAUDE_CONFIG_DIR"  # may name several folders, separated by commas


def home_folders(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> list[str]:
    """Return the folders, existing or not, absolute, each once.

    `CLAUDE_CONFIG_DIR` replaces the default ones; `configured` ones are always added.
    """
    named = [part.strip() for part in env.get(HOME_VARIABLE, "").split(",") if part.strip()]
    if not named:
        named = ["~/.claude", "~/.config/claude"]
        if config := env.get("XDG_CONFIG_HOME"):  # no client was seen to use it; tools do
            named.append(f"{config}/claude")
    return absolute_folders(env, (*named, *configured))
