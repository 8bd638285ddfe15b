"""The words after `aicost tag`. Loaded for that command alone."""

import argparse

from aicost.core.categories import MEANINGS

_EPILOG = """\
categories:
{categories}

examples:
  aicost tag 6f93eca8 bugfix         a turn or a session, by how its id begins
  aicost tag 6f93eca8 --remove       believe the evidence again
  aicost tag --list

A tag wins over the evidence for ever, also when a later aicost classifies anew. #bugfix as a word
of a prompt tags that turn. `aicost turns --json` has the ids of turns.
"""


def fill_tag(tag: argparse.ArgumentParser) -> None:
    """Add the options of `tag`."""
    lines = (f"  {category:20}{meaning}" for category, meaning in MEANINGS.items())
    tag.epilog = _EPILOG.format(categories="\n".join(lines))
    tag.add_argument("id", nargs="?", metavar="TURN_OR_SESSION", help="its id, or how it begins")
    tag.add_argument("category", nargs="?", metavar="CATEGORY", help="what it was for")
    tag.add_argument("--list", action="store_true", help="print all tags")
    tag.add_argument("--remove", action="store_true", help="take the tag away")
    tag.add_argument("--json", action="store_true", help="print the list as JSON")
