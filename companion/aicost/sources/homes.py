"""Which folders an environment keeps its agents' state in, as text. Cheap: commands ask first."""

from collections.abc import Mapping

from aicost.sources.claude import homes as claude
from aicost.sources.codex import homes as codex


def home_folders(env: Mapping[str, str], configured: tuple[str, ...] = ()) -> list[str]:
    """Return the folders of all agents, existing or not, absolute, each once.

    An agent's own variable replaces its default ones; `configured` ones are always added.
    """
    found = claude.home_folders(env, configured)
    return list(dict.fromkeys((*found, *codex.home_folders(env))))
