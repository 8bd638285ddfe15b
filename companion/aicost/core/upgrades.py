"""Turns that upgrade dependencies: a rule, because too few are known to train on. Pure."""

from typing import Final

from aicost.core.turn_features import TurnFeatures
from aicost.core.vocabulary import WORDS, number_of

_ZONES: Final = ("head", "prompt", "commit", "branch")
_SAY_SO: Final = frozenset(
    map(number_of, ("upgrade", "bump", "downgrade", "outdated", "vulnerability", "to upgrade"))
)
_HINT: Final = frozenset(
    map(number_of, ("dependency", "latest version", "new version", "package", "library"))
)
_MOSTLY, _NEARLY_ALL = 0.5, 0.8  # of all edits


def upgrade_in(features: TurnFeatures) -> str | None:
    """Return why a turn is one that upgrades dependencies; None if it is not.

    It says so and changes what is depended on, whatever else that makes it change; or it changes
    little else.
    """
    counts = features.counts
    changed = counts.get("edit_manifest", 0) + counts.get("edit_lock", 0)
    managed, edits = counts.get("ran_package", 0), _edits(features)
    if not changed and not managed:
        return None
    share = changed / edits if edits else 0.0
    said = frozenset().union(*(features.words.get(zone, frozenset()) for zone in _ZONES))
    did = "it changed manifests or lock files" if changed else "it ran a package manager"
    if counts.get("commit_deps"):
        return f"{did}; it committed as “deps”"
    if words := said & _SAY_SO or (said & _HINT if share > _MOSTLY else frozenset()):
        return f"{did}; its prompt says “{WORDS[min(words)]}”"
    return f"{did}, and little else" if share >= _NEARLY_ALL and edits > 1 else None


def _edits(features: TurnFeatures) -> int:
    return sum(count for name, count in features.counts.items() if name.startswith("edit_"))
