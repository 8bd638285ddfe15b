"""The peers we measure against, from npm into the checkout's `.bench/`, by exact version."""

import platform
from dataclasses import dataclass
from pathlib import Path

from lab.client import MACHINES, ClientMissing, install


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that reads the same logs."""

    name: str
    version: str
    package: str  # on npm, with {system} and {machine}
    linux_suffix: str = ""
    program: str = ""  # the file to run; "": of the peer's name

    def package_name(self, system: str, machine: str) -> str:
        """Return the npm package of its binary for a platform. Raises PeerMissing."""
        if system not in ("Darwin", "Linux") or machine not in MACHINES:
            raise PeerMissing(f"no {self.name} for {system} on {machine}")
        suffix = self.linux_suffix if system == "Linux" else ""
        name = self.package.format(system=system.lower(), machine=MACHINES[machine])
        return name + suffix


CCUSAGE = Peer("ccusage", "20.0.24", "@ccusage/ccusage-{system}-{machine}")
TOKSCALE = Peer("tokscale", "4.17.0", "@tokscale/cli-{system}-{machine}", linux_suffix="-gnu")
CCSTATUSLINE = Peer("ccstatusline", "2.2.30", "ccstatusline", program="ccstatusline.js")


class PeerMissing(Exception):
    """There is no such peer to run; the text says why."""


def find_peer(peer: Peer, cache: Path) -> Path:
    """Return a peer's binary, fetched if it is not in `cache`. Raises PeerMissing."""
    package = peer.package_name(platform.system(), platform.machine())
    folder = cache / f"{package.rpartition('/')[2]}-{peer.version}"
    if not folder.exists():
        try:
            install(package, peer.version, folder)
        except ClientMissing as error:
            raise PeerMissing(str(error)) from error
    binary = next((folder / "node_modules" / package).rglob(peer.program or peer.name))
    binary.chmod(0o755)  # one of the packages lacks the bit
    return binary
