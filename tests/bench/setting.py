"""What every part of the bench measures with: the logs, a scratch folder, the programs."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ours import Ours
from bench.peers import Peer

LEDGER = Path("data", "ledger.db")  # below a profile


class Skipped(Exception):
    """A part cannot be measured; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    mib: int  # of logs
    large_mib: int  # 0: none
    rounds: int  # of what takes seconds, after one to warm up
    starts: int  # of what takes milliseconds
    idle_s: float
    appends: int
    storm_s: float
    developers: int = 2_000  # of a team; ten times as many with --large
    documents: int = 1_000  # sent to its server


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Nothing is written below `source` and `home`."""

    source: Path  # the agent's folder that the corpus was grown from
    home: Path  # the grown corpus
    cache: Path
    scratch: Path
    ours: Ours
    peers: Mapping[str, Path | str]  # by name: the binary, or why there is none
    sizes: Sizes

    def aicost(self, *arguments: str) -> list[str]:
        """Return a command line of aicost as users call it."""
        return [str(self.ours.script), *arguments]

    def python(self, *arguments: str) -> list[str]:
        """Return a command line of the Python that aicost is installed in."""
        return [str(self.ours.python), *arguments]

    def peer(self, peer: Peer) -> str:
        """Return the binary of a peer. Raises Skipped if there is none."""
        found = self.peers[peer.name]
        if isinstance(found, str):
            raise Skipped(found)
        return str(found)

    def environment(self, profile: Path, homes: Sequence[Path] = ()) -> dict[str, str]:
        """Return what a measured process sees; of agents only the corpus, or these homes."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.scratch),
            "CLAUDE_CONFIG_DIR": ",".join(map(str, homes or [self.home])),
            "AICOST_HOME": str(profile),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
