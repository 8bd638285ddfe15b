"""Machines that joined a team's server, without the command that asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fault_server import Faulty
from msgspec.structs import replace

from aicost.core.team.pseudonyms import write_key
from aicost.platform.dirs import Dirs
from aicost.platform.membership import Membership, save_membership
from aicost.platform.secrets import SecretStore, TeamSecrets
from aicost.sync.backend import Backend

KEY = b"k" * 32


def join(dirs: Dirs, server: Faulty, device: str = "d1", **changes: Any) -> Membership:
    """Join as `aicost team join` does, from ten days ago on."""

    def now() -> datetime:
        return server.now

    with Backend(server.url, client=httpx.Client(trust_env=False), now=now) as backend:
        joined = backend.join(server.invite(), None)
    since = (datetime.now(UTC) - timedelta(days=10)).date()
    membership = Membership(
        sink=server.url,
        team=joined.team,
        k=joined.k,
        retention_months=joined.retention_months,
        since=since,
        first=since,
    )
    membership = replace(membership, **changes)
    save_membership(dirs.team_file, membership)
    secrets = TeamSecrets(key=write_key(KEY), device=device, token=joined.token)
    SecretStore(dirs.team_secret_file).save(secrets)
    return membership
