"""The peer we measure against: ccusage, from npm into the checkout's `.bench/`."""

import platform
from pathlib import Path

from lab.client import ClientMissing, install

VERSION = "20.0.24"


class PeerMissing(Exception):
    """There is no peer to run; the text says why."""


def find_peer(cache: Path) -> Path:
    """Return the peer's binary, fetched if it is not in `cache`. Raises PeerMissing."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise PeerMissing("the pinned build of ccusage is for Linux on x86_64")
    package = "@ccusage/ccusage-linux-x64"
    folder = cache / f"ccusage-linux-x64-{VERSION}"
    if not folder.exists():
        try:
            install(package, VERSION, folder)
        except ClientMissing as error:
            raise PeerMissing(str(error)) from error
    binary = next((folder / "node_modules" / package).rglob("ccusage"))
    binary.chmod(0o755)  # the package lacks the bit
    return binary
