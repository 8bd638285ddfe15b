"""Which folders an environment keeps Codex's state in, as text. Cheap: commands ask first."""

from collections.abc import Mapping

from aicost.sources.named_folders import absolute_folders

HOME_VARIABLE = "CODEX_HOME"  # names one folder


def home_folders(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> list[str]:
    """Return the folders, existing or not, absolute, each once.

    `CODEX_HOME` replaces the default one; `configured` ones are always added.
    """
    named = env.get(HOME_VARIABLE, "").strip() or "~/.codex"
    return absolute_folders(env, (named, *configured))
