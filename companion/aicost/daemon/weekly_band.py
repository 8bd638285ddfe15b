"""Asks the team that was joined, if one was, how its people did. Nothing of this machine is sent.

Imported on Mondays alone; what speaks to a server only where a team was joined.
"""

import logging
from datetime import date, datetime

from aicost.core.errors import AicostError
from aicost.core.weekly import TeamBand
from aicost.platform.dirs import Dirs

log = logging.getLogger(__name__)


def team_band(dirs: Dirs, monday: date, now: datetime) -> TeamBand | None:
    """Return the newest band up to a week. None: no team, none published, or no answer."""
    if not dirs.team_file.exists():
        return None
    from aicost.daemon.teamwork import CLIENT, load_member
    from aicost.sync.backend import Backend, open_client
    from aicost.sync.bands import fetch_band

    try:
        member = load_member(dirs)
        if member is None or member.membership.left or member.membership.is_folder:
            return None
        address, source = member.membership.sink, member.source
        with Backend(address, source, client=open_client(CLIENT), now=lambda: now) as server:
            return fetch_band(server, monday)
    except (AicostError, OSError):  # the report does without; no address is written down
        log.info("the team's server did not tell how its people did")
        return None
