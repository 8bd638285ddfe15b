"""The ledger's tables, as append-only migrations.

Ids are local to the file. A *span* is a stretch of one thread: a prompt with its main-thread
calls, or all calls of one subagent; `turn` is the span of the prompt it belongs to. Times are
microseconds since 1970 UTC, days are `date.toordinal()` in the ledger's time zone, money is
nano-dollars, `ncredits` nano-credits of the agent's plan.
"""

import sqlite3

from aicost.core.errors import StoreError

TOKENS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
)
_TOKEN_COLUMNS = ", ".join(f"{name} INTEGER NOT NULL" for name in TOKENS)

_MIGRATIONS = (  # append only, never edit: position n takes the file from version n to n + 1
    f"""
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE home (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
    CREATE TABLE log_file (
      id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, home INTEGER NOT NULL,
      agent TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
      read_offset INTEGER NOT NULL, seen_bytes INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL, mark INTEGER NOT NULL, skipping INTEGER NOT NULL,
      thread TEXT NOT NULL, broken_lines INTEGER NOT NULL);
    CREATE INDEX log_file_identity ON log_file (device, inode);
    CREATE TABLE session (
      id INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, agent TEXT NOT NULL,
      first_us INTEGER, last_us INTEGER, last_main_us INTEGER, last_main_call INTEGER);
    CREATE INDEX session_last ON session (last_us);
    CREATE TABLE session_home (session INTEGER, home INTEGER, PRIMARY KEY (session, home))
      WITHOUT ROWID;
    CREATE TABLE span (
      id INTEGER PRIMARY KEY, session INTEGER NOT NULL, turn_id TEXT NOT NULL,
      subagent_id TEXT NOT NULL, started_us INTEGER, prompt_id TEXT NOT NULL, turn INTEGER,
      UNIQUE (session, subagent_id, turn_id));
    CREATE INDEX span_turn_id ON span (turn_id) WHERE turn_id <> '';
    CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE place (
      id INTEGER PRIMARY KEY, cwd TEXT NOT NULL, branch TEXT NOT NULL, repo TEXT NOT NULL,
      UNIQUE (cwd, branch));
    CREATE TABLE variant (
      id INTEGER PRIMARY KEY, speed TEXT NOT NULL, service_tier TEXT NOT NULL,
      inference_geo TEXT NOT NULL, UNIQUE (speed, service_tier, inference_geo));
    CREATE TABLE price_book (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE call (
      id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, event_key TEXT NOT NULL,
      span INTEGER NOT NULL,
      model INTEGER NOT NULL, place INTEGER NOT NULL, variant INTEGER NOT NULL,
      at_us INTEGER NOT NULL, {_TOKEN_COLUMNS}, web_searches INTEGER NOT NULL, parts TEXT,
      source_rank INTEGER NOT NULL, cost_nusd INTEGER, price_book INTEGER NOT NULL);
    CREATE INDEX call_at ON call (at_us);
    CREATE INDEX call_span ON call (span);
    CREATE TABLE usage_day (
      day INTEGER NOT NULL, span INTEGER NOT NULL, model INTEGER NOT NULL,
      place INTEGER NOT NULL, requests INTEGER NOT NULL, {_TOKEN_COLUMNS},
      web_searches INTEGER NOT NULL, cost_nusd INTEGER NOT NULL,
      priced_requests INTEGER NOT NULL, unpriced_tokens INTEGER NOT NULL,
      PRIMARY KEY (day, span, model, place)) WITHOUT ROWID;
    CREATE INDEX usage_day_span ON usage_day (span);
    """,
    # What the evidence reading finds, what stands in for logs that are missing, and credits.
    f"""
    CREATE TABLE evidence_file (
      id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, home INTEGER NOT NULL,
      agent TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
      read_offset INTEGER NOT NULL, seen_bytes INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL, mark INTEGER NOT NULL, skipping INTEGER NOT NULL,
      thread TEXT NOT NULL, broken_lines INTEGER NOT NULL);
    CREATE INDEX evidence_file_identity ON evidence_file (device, inode);
    ALTER TABLE span ADD COLUMN kind TEXT NOT NULL DEFAULT '';
    ALTER TABLE span ADD COLUMN setting INTEGER;
    CREATE TABLE setting (
      id INTEGER PRIMARY KEY, version TEXT NOT NULL, entrypoint TEXT NOT NULL,
      effort TEXT NOT NULL, permission_mode TEXT NOT NULL, command TEXT NOT NULL,
      ci_job TEXT NOT NULL,
      UNIQUE (version, entrypoint, effort, permission_mode, command, ci_job));
    ALTER TABLE call ADD COLUMN ncredits INTEGER;
    ALTER TABLE call ADD COLUMN uncertain_ncredits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_day ADD COLUMN ncredits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_day ADD COLUMN uncertain_ncredits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_day ADD COLUMN credited_requests INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE thread_log (thread_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE stand_in (key INTEGER PRIMARY KEY, thread_id TEXT NOT NULL);
    CREATE INDEX stand_in_thread ON stand_in (thread_id);
    CREATE TABLE tool (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE tool_call (
      call INTEGER NOT NULL, key INTEGER NOT NULL, tool INTEGER NOT NULL,
      PRIMARY KEY (call, key)) WITHOUT ROWID;
    CREATE TABLE api_error (
      key INTEGER PRIMARY KEY, span INTEGER NOT NULL, at_us INTEGER NOT NULL,
      is_retried INTEGER NOT NULL);
    CREATE INDEX api_error_span ON api_error (span);
    CREATE TABLE skill (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE call_skill (key INTEGER PRIMARY KEY, skill INTEGER NOT NULL);
    CREATE TABLE copied_call (session INTEGER, key INTEGER, PRIMARY KEY (session, key))
      WITHOUT ROWID;
    CREATE TABLE client_total (
      session INTEGER NOT NULL, model TEXT NOT NULL, {_TOKEN_COLUMNS},
      web_searches INTEGER NOT NULL, cost_nusd INTEGER NOT NULL, PRIMARY KEY (session, model))
      WITHOUT ROWID;
    CREATE TABLE hidden_hint (
      key INTEGER PRIMARY KEY, session INTEGER NOT NULL, at_us INTEGER NOT NULL,
      kind TEXT NOT NULL, context_tokens INTEGER NOT NULL);
    CREATE INDEX hidden_hint_session ON hidden_hint (session);
    CREATE TABLE hidden_spend (
      session INTEGER NOT NULL, model TEXT NOT NULL, {_TOKEN_COLUMNS},
      web_searches INTEGER NOT NULL, cost_nusd INTEGER, causes TEXT NOT NULL,
      PRIMARY KEY (session, model)) WITHOUT ROWID;
    CREATE INDEX copied_call_key ON copied_call (key);
    CREATE TABLE plan_limit (
      home INTEGER NOT NULL, limit_id TEXT NOT NULL, at_us INTEGER NOT NULL, said TEXT NOT NULL,
      PRIMARY KEY (home, limit_id)) WITHOUT ROWID;
    CREATE TABLE stale_account (session INTEGER PRIMARY KEY);
    CREATE TABLE stale_span (span INTEGER PRIMARY KEY);
    CREATE TABLE evidence_day (
      day INTEGER NOT NULL, span INTEGER NOT NULL, model INTEGER NOT NULL,
      place INTEGER NOT NULL, tool_calls INTEGER NOT NULL, api_errors INTEGER NOT NULL,
      retries INTEGER NOT NULL, active_us INTEGER NOT NULL,
      PRIMARY KEY (day, span, model, place)) WITHOUT ROWID;
    CREATE INDEX evidence_day_span ON evidence_day (span);
    ALTER TABLE place ADD COLUMN repo_key TEXT NOT NULL DEFAULT '';
    UPDATE place SET repo_key = repo;
    INSERT INTO stale_span SELECT id FROM span;
    """,
    # What logs say of a folder's repository: those that do are read once more.
    """
    CREATE TABLE logged_remote (cwd TEXT PRIMARY KEY, repo_key TEXT NOT NULL) WITHOUT ROWID;
    DELETE FROM log_file WHERE agent = 'codex';
    """,
    # How shell commands ended: all evidence is read once more for it, after what is new.
    """
    CREATE TABLE command_label (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE command_run (
      call INTEGER NOT NULL, key INTEGER NOT NULL, at_us INTEGER NOT NULL,
      command INTEGER NOT NULL, label INTEGER NOT NULL, error INTEGER,
      PRIMARY KEY (call, key)) WITHOUT ROWID;
    CREATE INDEX span_started ON span (session, started_us)
      WHERE subagent_id = '' AND turn_id <> '';
    DELETE FROM evidence_file;
    """,
    # What tools did, and what of it led nowhere: all evidence is read once more for it.
    """
    CREATE TABLE step (
      call INTEGER NOT NULL, key INTEGER NOT NULL, at_us INTEGER NOT NULL, kind TEXT NOT NULL,
      target INTEGER NOT NULL, label INTEGER NOT NULL, part INTEGER NOT NULL,
      content INTEGER NOT NULL, size_bytes INTEGER, failed INTEGER NOT NULL,
      PRIMARY KEY (call, key)) WITHOUT ROWID;
    ALTER TABLE api_error ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE api_error ADD COLUMN wait_us INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE compaction (
      key INTEGER PRIMARY KEY, span INTEGER NOT NULL, at_us INTEGER NOT NULL);
    CREATE INDEX compaction_span ON compaction (span);
    CREATE TABLE waste (
      session INTEGER NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL,
      turn_id TEXT NOT NULL, thread TEXT NOT NULL, label TEXT NOT NULL, cause TEXT NOT NULL,
      count INTEGER NOT NULL, size INTEGER NOT NULL, since_us INTEGER NOT NULL,
      until_us INTEGER NOT NULL, cost_nusd INTEGER, PRIMARY KEY (session, number)) WITHOUT ROWID;
    CREATE TABLE progress (
      session INTEGER PRIMARY KEY, edits INTEGER NOT NULL, kept_edits INTEGER NOT NULL,
      files INTEGER NOT NULL, turned_green INTEGER NOT NULL, commits INTEGER NOT NULL,
      answers INTEGER NOT NULL);
    CREATE TABLE stale_waste (session INTEGER PRIMARY KEY);
    INSERT INTO stale_waste SELECT id FROM session;
    DELETE FROM evidence_file;
    """,
    # What came of sessions and turns, and when to look again.
    """
    CREATE TABLE outcome (
      session INTEGER PRIMARY KEY, kind TEXT NOT NULL, why TEXT NOT NULL, commits INTEGER NOT NULL,
      merged INTEGER NOT NULL, reverted INTEGER NOT NULL, fixed_tests INTEGER NOT NULL,
      pull_requests INTEGER NOT NULL, files INTEGER NOT NULL, left_files INTEGER NOT NULL,
      commit_id TEXT NOT NULL, merged_branch INTEGER, rules INTEGER NOT NULL,
      last_us INTEGER NOT NULL, due_us INTEGER);
    CREATE TABLE session_commit (
      session INTEGER NOT NULL, commit_id TEXT NOT NULL, made_us INTEGER NOT NULL,
      fate TEXT NOT NULL, files INTEGER NOT NULL, PRIMARY KEY (session, commit_id)) WITHOUT ROWID;
    CREATE TABLE turn_outcome (
      span INTEGER PRIMARY KEY, session INTEGER NOT NULL, kind TEXT NOT NULL);
    CREATE INDEX turn_outcome_session ON turn_outcome (session);
    CREATE TABLE pull_request (
      session INTEGER NOT NULL, number INTEGER NOT NULL, at_us INTEGER NOT NULL,
      PRIMARY KEY (session, number)) WITHOUT ROWID;
    DELETE FROM evidence_file;
    """,
    # What turns were for, as the classifier or the user says.
    """
    CREATE TABLE turn_work (
      span INTEGER PRIMARY KEY, steps INTEGER NOT NULL, features BLOB NOT NULL);
    CREATE TABLE turn_category (
      span INTEGER PRIMARY KEY, category TEXT NOT NULL, confidence REAL NOT NULL,
      why TEXT NOT NULL, origin TEXT NOT NULL);
    CREATE TABLE stale_work (span INTEGER PRIMARY KEY);
    CREATE TABLE tag (
      session_id TEXT NOT NULL, turn_id TEXT NOT NULL, category TEXT NOT NULL,
      PRIMARY KEY (session_id, turn_id)) WITHOUT ROWID;
    DELETE FROM evidence_file;
    """,
    # Which tickets the merged pull requests of a session closed.
    """
    CREATE TABLE closed_ticket (
      session INTEGER NOT NULL, ticket INTEGER NOT NULL, PRIMARY KEY (session, ticket))
      WITHOUT ROWID;
    """,
)
VERSION = len(_MIGRATIONS)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a ledger to this version. Raises StoreError if a newer aicost wrote it."""
    version = _version(db)
    if version > VERSION:
        raise StoreError(
            f"the ledger is of version {version}, this aicost knows up to {VERSION}",
            why="a newer aicost wrote it",
            hint="upgrade aicost, or set AICOST_HOME to another folder",
        )
    for number, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
        _step(db, number, statements)


def _step(db: sqlite3.Connection, number: int, statements: str) -> None:
    """Take a ledger to version `number`, unless another process did meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        if _version(db) < number:
            for statement in statements.split(";"):  # executescript would commit first
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
