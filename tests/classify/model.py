"""The model: one weight for each signal and category, fitted to labelled turns. Needs numpy, scipy.

Given the same versions of these the same turns give the same weights: nothing is drawn by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from aicost.core.categories import TaskCategory
from aicost.core.category import CATEGORIES, Weights, packed_weights
from aicost.core.category_signals import FIRST_WORD, signals_of
from aicost.core.turn_features import TurnFeatures
from classify.labelled import Labelled

# Each turn is trained on four times: as it is, and without some of its words. What is said in one
# place is then not relied upon alone, and newer clients log no thoughts.
LEFT_OUT: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset(("thought",)),
    frozenset(("closing",)),
    frozenset(("head", "prompt")),
)
WEIGHT_DECAY = 24.0
WORD_SCALE = 0.6  # words are many: each is trusted less than what was counted
ALSO_SHARE = 0.2  # of a turn's weight that goes to its second label
LEAST_ROWS = 6  # that a signal is seen in
ROUNDS = 80
_LARGEST = 127

Matrix = Any  # numpy is not typed strictly enough


@dataclass(frozen=True, slots=True)
class Training:
    """Turns as a matrix of signals, and what they should come to."""

    numbers: tuple[int, ...]  # which signal each column is
    values: Matrix
    wanted: Matrix


def training_of(turns: Sequence[Labelled]) -> Training:
    """Return turns as numbers; signals that hardly a turn has are left out."""
    signals = [signals_of(_without(turn, zones)) for zones in LEFT_OUT for turn in turns]
    seen: dict[int, int] = {}
    for one in signals:
        for number, value in one.items():
            seen[number] = seen.get(number, 0) + (value != 0)
    numbers = tuple(sorted(number for number, count in seen.items() if count >= LEAST_ROWS))
    column = {number: at for at, number in enumerate(numbers)}
    values = np.zeros((len(signals), len(numbers)))
    for row, one in enumerate(signals):
        for number, value in one.items():
            if number in column:
                values[row, column[number]] = value * _scale(number)
    wanted = np.array([_wanted(turn) for turn in turns] * len(LEFT_OUT))
    return Training(numbers, values, wanted)


def _without(turn: Labelled, zones: frozenset[str]) -> TurnFeatures:
    words = {zone: said for zone, said in turn.features.words.items() if zone not in zones}
    return TurnFeatures(turn.features.counts, words)


def _scale(number: int) -> float:
    return WORD_SCALE if number >= FIRST_WORD else 1.0


def _wanted(turn: Labelled) -> list[float]:
    also = [TaskCategory(name) for name in turn.also]
    share = ALSO_SHARE if also else 0.0
    wanted = [share / len(also) if category in also else 0.0 for category in CATEGORIES]
    wanted[CATEGORIES.index(TaskCategory(turn.label))] += 1 - share
    return wanted


def fitted(training: Training, rows: Matrix) -> Matrix:
    """Return the weights (a row a signal, the bias last) that suit some turns best."""
    turns = len(training.values) // len(LEFT_OUT)
    rows = np.concatenate([rows + turns * number for number in range(len(LEFT_OUT))])
    values = np.hstack([training.values[rows], np.ones((len(rows), 1))])
    wanted = training.wanted[rows]
    decay = np.full((values.shape[1], 1), WEIGHT_DECAY)
    decay[-1] = 1e-6
    shape = (values.shape[1], len(CATEGORIES))

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights = flat.reshape(shape)
        sums = values @ weights
        sums -= sums.max(1, keepdims=True)
        logs = sums - np.log(np.exp(sums).sum(1, keepdims=True))
        slope = values.T @ (np.exp(logs) - wanted) + decay * weights
        return float(-(wanted * logs).sum() + 0.5 * (decay * weights**2).sum()), slope.ravel()

    start = np.zeros(shape[0] * shape[1])
    options = {"maxiter": ROUNDS, "maxcor": 8}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(shape)


def rounded(training: Training, weights: Matrix) -> tuple[str, float]:
    """Return weights as the product keeps them: packed whole steps, and how large a step is."""
    scales = np.array([[_scale(number)] for number in training.numbers])
    scaled, bias = weights[:-1] * scales, weights[-1]
    scaled = scaled - scaled.mean(1, keepdims=True)  # (adding the same to all changes nothing)
    step = float(max(abs(scaled).max(), abs(bias).max()) / _LARGEST)
    steps = np.rint(scaled / step).astype(int)
    rows = {
        number: [int(one) for one in row]
        for number, row in zip(training.numbers, steps)
        if row.any()
    }
    return packed_weights([int(one) for one in np.rint(bias / step)], rows), step


def weights_for(turns: Sequence[Labelled]) -> tuple[str, float]:
    """Return the packed weights, and their step, that suit all of these turns best."""
    training = training_of(turns)
    return rounded(training, fitted(training, np.arange(len(turns))))


__all__ = ["Training", "Weights", "fitted", "rounded", "training_of", "weights_for"]
