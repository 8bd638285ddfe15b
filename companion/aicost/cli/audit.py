"""`aicost audit`: what the gate did, with a daemon or without one."""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aicost.cli import ask
from aicost.core.audit import GateEvent
from aicost.core.days import LocalDays, from_us, to_us
from aicost.core.errors import ExitCode
from aicost.ipc.protocol import NotRunning
from aicost.platform.config import load_settings
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.timezone import local_zone

_LATELY = timedelta(days=7)


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Print the audit. Raises AicostError."""
    from aicost.report.audit import audit_document, audit_table
    from aicost.report.documents import as_json
    from aicost.report.tables import Style

    dirs = load_dirs(env)
    zone = ZoneInfo(load_settings(dirs.config_file).timezone or local_zone(env))
    since = datetime.now(UTC) - _LATELY
    if args.since is not None:
        since = from_us(LocalDays(zone).start_us(date.fromisoformat(args.since)))
    events = _events(env, dirs, since, args.session)
    if args.json:
        text = as_json(audit_document(events))
    else:
        style = Style(ask.width(env, ask.PIPE_WIDTH), ask.wants_colour(env))
        text = audit_table(events, zone, style)
    sys.stdout.write(text)
    return ExitCode.OK


def _events(
    env: Mapping[str, str], dirs: Dirs, since: datetime, session: str
) -> Sequence[GateEvent]:
    from aicost.report.audit import events_in

    try:
        found = ask.call(env, "audit", {"since_us": to_us(since), "session": session})
        return events_in(found["events"])
    except NotRunning:
        from aicost.store.journal import read_events

        return read_events(dirs.journal_file, since, session)
    finally:
        ask.clear_progress()
