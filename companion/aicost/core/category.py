"""What a turn was for: the category that the evidence speaks for most. Pure, and deterministic.

Each category adds up the signals of a turn, weighed as training found best (`category_weights`);
no model is asked, and nothing is looked up outside.
"""

import math
import zlib
from base64 import b85decode, b85encode
from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple

from aicost.core import category_weights
from aicost.core.categories import TaskCategory
from aicost.core.category_evidence import evidence_of
from aicost.core.category_signals import signals_of
from aicost.core.turn_features import TurnFeatures
from aicost.core.upgrades import upgrade_in

CATEGORIES: Final = tuple(TaskCategory)
VERSION: Final = category_weights.VERSION  # grows with each training that is shipped
_OF_A_RULE: Final = 0.85  # such turns are too rare to measure it
_LOOKED_AT: Final = 24  # of the signals that pull most, for its reasons
_NOTHING_DONE: Final = "it says nothing of its work"
_LANES: Final = Struct(f"<{len(CATEGORIES)}I")  # the weights of a signal side by side


class Classified(NamedTuple):
    """A turn's category, how sure that is, and what speaks for it."""

    category: TaskCategory
    confidence: float  # 0..1: how often it is right where it is that sure
    evidence: str  # a clause, e.g. "it edited tests; its prompt says “flaky”"
    is_tagged: bool = False  # the prompt itself named it


class Weights(NamedTuple):
    """What training found."""

    bias: tuple[float, ...]  # one number a category, in the order of `CATEGORIES`
    of_signals: Mapping[int, tuple[float, ...]]  # likewise, by number of signal
    step: float  # what all of them are multiples of
    lanes: Mapping[int, int]  # how often; 128 added, side by side: so they add up all at once


def classify(features: TurnFeatures) -> Classified:
    """Return what a turn was for, by what is known of it so far.

    The first answer while a turn runs is a guess; it settles as more of the turn is known.
    """
    if 0 < (tagged := features.counts.get("tagged", 0)) <= len(CATEGORIES):
        named = CATEGORIES[tagged - 1]
        return Classified(named, 1.0, f"its prompt says #{named}", is_tagged=True)
    if features.counts.get("prompt_local_command"):
        return Classified(TaskCategory.OTHER, 1.0, "it is a command of the agent's own screen")
    return classify_with(shipped_weights(), features)


def classify_with(weights: Weights, features: TurnFeatures) -> Classified:
    """Return what the evidence alone says, weighed so."""
    if (upgrade := upgrade_in(features)) is not None:
        return Classified(TaskCategory.DEPENDENCY_UPGRADE, _OF_A_RULE, upgrade)
    signals = signals_of(features)
    shares = shares_of(weights, signals)
    best = max(range(len(CATEGORIES)), key=shares.__getitem__)
    of_signals = weights.of_signals
    pulls = [
        (pull, number)
        for number, value in signals.items()
        if number in of_signals and (pull := value * of_signals[number][best]) > 0
    ]
    pulls.sort(reverse=True)
    strongest = {number: pull for pull, number in pulls[:_LOOKED_AT]}
    said = evidence_of(features, strongest) or _NOTHING_DONE
    return Classified(CATEGORIES[best], round(shares[best], 3), said)


def shares_of(weights: Weights, signals: Mapping[int, float]) -> tuple[float, ...]:
    """Return how likely each category is, in their order; together 1."""
    lanes, of_signals = weights.lanes, weights.of_signals
    sums, plain = list(weights.bias), list[int]()
    for number, value in signals.items():
        if number not in lanes:
            continue
        if value == 1.0:  # most are: words, and what there is at all
            plain.append(lanes[number])
        else:
            sums = [so_far + value * weight for so_far, weight in zip(sums, of_signals[number])]
    steps = _LANES.unpack(sum(plain).to_bytes(_LANES.size, "little"))
    added = 128 * len(plain)
    sums = [so_far + (lane - added) * weights.step for so_far, lane in zip(sums, steps)]
    most = max(sums)
    powers = [math.exp(one - most) for one in sums]
    total = sum(powers)
    return tuple(power / total for power in powers)


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """Return the weights of this version. They are unpacked when first used."""
    return unpacked_weights(category_weights.PACKED, category_weights.STEP)


def packed_weights(bias: list[int], of_signals: Mapping[int, list[int]]) -> str:
    """Return weights in whole steps (-127..127 each) as text; of a category each in its order."""
    out = bytearray(step & 255 for step in bias)
    before = -1
    for number in sorted(of_signals):
        gap, before = number - before, number
        out += bytes((gap >> 8, gap & 255)) + bytes(step & 255 for step in of_signals[number])
    return b85encode(zlib.compress(bytes(out), 9)).decode()


def unpacked_weights(text: str, step: float) -> Weights:
    """Return what `packed_weights` packed."""
    data, width = zlib.decompress(b85decode(text)), len(CATEGORIES)

    def row(at: int) -> tuple[float, ...]:
        return tuple((byte - 256 if byte > 127 else byte) * step for byte in data[at : at + width])

    rows, lanes, number = dict[int, tuple[float, ...]](), dict[int, int](), -1
    for at in range(width, len(data), width + 2):
        number += data[at] << 8 | data[at + 1]
        rows[number] = row(at + 2)
        lanes[number] = _lanes_of(data[at + 2 : at + 2 + width])
    return Weights(row(0), rows, step, lanes)


def _lanes_of(steps: bytes) -> int:
    return int.from_bytes(_LANES.pack(*(byte ^ 128 for byte in steps)), "little")
