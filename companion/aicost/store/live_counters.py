"""What was used since a moment, by tool and public name of the model. Read only."""

import sqlite3
from collections.abc import Mapping

from aicost.core.live_counters import CounterKey, Used
from aicost.core.team.words import Known, model_words, tool_word
from aicost.core.usage import TokenCounts
from aicost.store.schema import TOKENS

_SUMS = ", ".join(f"sum(c.{name})" for name in TOKENS)
_ALL = " + ".join(f"c.{name}" for name in TOKENS if name != "reasoning_tokens")
_USED = (
    f"SELECT x.agent, m.name, {_SUMS}, coalesce(sum(c.cost_nusd), 0),"
    f" sum(iif(c.cost_nusd IS NULL, {_ALL}, 0))"
    " FROM call c CROSS JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session"
    " JOIN model m ON m.id = c.model WHERE c.at_us >= ? GROUP BY x.agent, c.model"
)


def used_since(db: sqlite3.Connection, since_us: int, known: Known) -> Mapping[CounterKey, Used]:
    """Return what calls since a moment used; a model that no public list has is "other".

    Raises sqlite3.Error.
    """
    found: dict[CounterKey, Used] = {}
    for agent, model, *counts, cost_nusd, unpriced_tokens in db.execute(_USED, (since_us,)):
        words = model_words(model, known)
        key = CounterKey(tool_word(agent), words.provider, words.model)
        before = found.get(key, Used())
        found[key] = Used(
            tokens=before.tokens + TokenCounts(**dict(zip(TOKENS, counts))),
            cost_nusd=before.cost_nusd + cost_nusd,
            unpriced_tokens=before.unpriced_tokens + unpriced_tokens,
        )
    return found
