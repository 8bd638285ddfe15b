"""`aicost team`: the server for a team; what its members do is in `team_member`."""

import logging
import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from aicost.cli.team_grammar import DEFAULT_DB
from aicost.core.errors import ConfigError, ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aicost.team.database import Database
    from aicost.team.settings import TeamSettings


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Carry out one action."""
    own = {"serve": _serve, "invite": _invite}
    if args.action in own:
        return own[args.action](args, env)
    from aicost.cli import team_member

    return team_member.run(args, env)


def _invite(args: Namespace, env: Mapping[str, str]) -> int:
    from aicost.team.access import make_invites

    database = _database(args, env)
    with database.transaction() as change:
        codes = make_invites(change, args.number)
    database.close()
    print("\n".join(codes))
    return ExitCode.OK


def _serve(args: Namespace, env: Mapping[str, str]) -> int:
    try:
        import uvicorn

        from aicost.team.app import team_app
    except ImportError as error:
        raise ConfigError(
            "the server's packages are not installed",
            why=f"there is no {error.name}",
            hint="pipx install 'aicost[team]'",
        ) from error
    settings = _settings(args, env)
    database = _database(args, env)
    if args.check:
        database.close()
        print(f"{settings.team}: settings and database are right", file=sys.stderr)
        return ExitCode.OK
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = team_app(database, settings, _now)
    uvicorn.run(
        app,
        host=args.host,
        port=args.port,
        access_log=False,  # it would have addresses
        log_config=None,
        server_header=False,
    )
    return ExitCode.OK


def _settings(args: Namespace, env: Mapping[str, str]) -> "TeamSettings":
    from aicost.team.settings import TeamSettings

    reader = env.get("AICOST_TEAM_READER_TOKEN", "")
    try:
        return TeamSettings(
            team=args.team,
            k=args.k,
            retention_months=args.retention_months,
            head_count=args.head_count,
            cohorts=tuple(args.cohort),
            reader_hash=sha256(reader.encode()).hexdigest() if reader else None,
        )
    except ValueError as error:
        raise ConfigError(f"the server cannot promise this: {error}") from error


def _database(args: Namespace, env: Mapping[str, str]) -> "Database":
    from aicost.team.database import Database
    from aicost.team.schema import migrate

    database = Database.at(args.db or env.get("AICOST_TEAM_DB") or DEFAULT_DB)
    migrate(database)
    return database


def _now() -> datetime:
    return datetime.now(UTC)
