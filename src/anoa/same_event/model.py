"""How alike two accounts must be: weights of what compares, fitted and applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import numpy as np

from anoa.errors import DataError
from anoa.same_event.accounts import FEATURES, Array, Pairs

RIDGE = 1.0  # how strongly weights are drawn to none
STEPS, ENOUGH = 60, 1e-8
CERTAIN_RECALL = 0.10  # below it, nothing is ever called near-certain


class Band(StrEnum):
    """How sure a proposal is, as it is told to a person; none of them merges anything."""

    NEAR_CERTAIN = "near_certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Provenance:
    """From what weights were learnt, and how far they were tried."""

    data: str
    licence: str
    trained_on: str
    not_validated: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted weights by name, the limits of the bands, and the limit at which accounts group.

    ``bands`` holds the least probability of each band that is offered at all.
    """

    of: Mapping[str, float]
    recall_at_certain: float  # on the training part, at a precision of .9
    bands: Mapping[Band, float]
    grouping: float
    provenance: Provenance

    def __post_init__(self) -> None:
        if set(self.of) != set(FEATURES):
            raise DataError("the weights are not those of what is compared: fit them anew")
        if Band.NEAR_CERTAIN in self.bands and self.recall_at_certain < CERTAIN_RECALL:
            raise DataError("too few were found at a precision of .9 to offer 'near-certain'")

    def probability(self, pairs: Pairs) -> Array:
        """For each pair how probable it is that both tell of one event, 0 to 1."""
        return chance(pairs.features, np.array([self.of[name] for name in FEATURES]))

    def band(self, probability: float) -> Band | None:
        """The band of a probability; None below the lowest: then nothing is proposed."""
        for band in Band:
            if band in self.bands and probability >= self.bands[band]:
                return band
        return None


def chance(features: Array, weights: Array) -> Array:
    """The logistic function of the weighted features."""
    found: Array = 1 / (1 + np.exp(-np.clip(features @ weights, -40, 40)))
    return found


def fit(features: Array, is_same: Array, ridge: float = RIDGE) -> Array:
    """Weights of a logistic regression by Newton's method; the constant is not drawn to none."""
    weights, pull = np.zeros(features.shape[1]), np.eye(features.shape[1]) * ridge
    pull[0, 0] = 1e-6
    for _ in range(STEPS):
        found = chance(features, weights)
        slope = features.T @ (found - is_same) + pull @ weights
        bend = (features * (found * (1 - found))[:, None]).T @ features + pull
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < ENOUGH:
            break
    return weights


@cache
def shipped() -> Weights:
    """The weights that anoa carries."""
    raw = json.loads(files("anoa.same_event").joinpath("weights.json").read_text("utf-8"))
    bands = {Band(name): float(least) for name, least in raw["bands"].items()}
    return Weights(
        raw["weights"], raw["recall_at_certain"], bands, raw["grouping"],
        Provenance(**raw["provenance"]),
    )  # fmt: skip
