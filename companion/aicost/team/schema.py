"""The tables of the team's database, as append-only migrations that both engines understand.

Money is micro-dollars, a day is its ISO text (it sorts). Nothing here names a person: a source is
a pseudonym of one quarter, and secrets are kept as their SHA-256 only. One source may send from
several devices, each its own documents: it still counts once.
"""

from aicost.core.errors import StoreError
from aicost.team.database import Database, Transaction

WORDS = (
    "tool", "provider", "model", "tier", "billing", "project", "category", "environment",
)  # fmt: skip
TOKENS = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output", "reasoning")
COUNTS = (
    "requests", "sessions", "turns", "tool_calls", "api_errors", "retries", "loops",
    "budget_stops", "overrides", "active_minutes", "web_searches", "unpriced_tokens",
)  # fmt: skip
TOTALS = ("sessions", "turns", "active_minutes")
OUTCOMES = ("commits", "merged", "reverted", "fixed_tests", "abandoned_microusd")

_MIGRATIONS = (  # append only, never edit: position n takes the database from version n to n + 1
    f"""
    CREATE TABLE invite (code_hash TEXT PRIMARY KEY, spent INTEGER NOT NULL);
    CREATE TABLE token (token_hash TEXT PRIMARY KEY, cohort TEXT, revoked INTEGER NOT NULL);
    CREATE TABLE holder (pair_hash TEXT PRIMARY KEY, pseudonym_hash TEXT NOT NULL);
    CREATE TABLE source (
      id BIGINT PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
      write_hash TEXT NOT NULL, cohort TEXT);
    CREATE TABLE source_day (
      source BIGINT NOT NULL, day TEXT NOT NULL, device TEXT NOT NULL, revision BIGINT NOT NULL,
      body_hash TEXT NOT NULL, final INTEGER NOT NULL, client TEXT NOT NULL,
      price_book TEXT NOT NULL, {", ".join(f"{name} BIGINT NOT NULL" for name in TOTALS)},
      {", ".join(f"{name} BIGINT NOT NULL" for name in OUTCOMES)},
      PRIMARY KEY (source, day, device));
    CREATE INDEX source_day_day ON source_day (day);
    CREATE TABLE day_row (
      source BIGINT NOT NULL, day TEXT NOT NULL, device TEXT NOT NULL,
      {", ".join(f"{name} TEXT NOT NULL" for name in WORDS)},
      {", ".join(f"{name}_tokens BIGINT NOT NULL" for name in TOKENS)},
      {", ".join(f"{name} BIGINT NOT NULL" for name in COUNTS)},
      cost_list_microusd BIGINT, credits_milli BIGINT,
      PRIMARY KEY (source, day, device, {", ".join(WORDS)}));
    CREATE INDEX day_row_day ON day_row (day);
    CREATE TABLE week_change (
      week TEXT NOT NULL, source BIGINT NOT NULL, PRIMARY KEY (week, source));
    CREATE TABLE published_week (
      week TEXT NOT NULL, k BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (week));
    """,
)


def migrate(database: Database) -> None:
    """Bring a database to this version. Raises StoreError, also for one of a newer version."""
    with database.transaction() as change:
        change.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        found = change.row("SELECT version FROM schema_version")
        version = int(found[0]) if found else 0
        if version > len(_MIGRATIONS):
            raise StoreError(
                "the team's database is of a newer aicost",
                why=f"it has version {version}, this program knows {len(_MIGRATIONS)}",
                hint="pipx upgrade aicost",
            )
        for migration in _MIGRATIONS[version:]:
            _apply(change, migration)
        change.run("DELETE FROM schema_version")
        change.run("INSERT INTO schema_version (version) VALUES (?)", len(_MIGRATIONS))


def _apply(change: Transaction, migration: str) -> None:
    for statement in migration.split(";"):
        if statement.strip():
            change.run(statement)
