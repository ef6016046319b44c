"""The score: a logistic model over features, its coefficients and thresholds read from `model.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

LITTLE: Final = 0.05
"""Weight of a word that says nothing."""


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients fitted by `python -m benchmarks.matching --fit`, and what was measured with them.

    Attributes:
        intercept: Log odds of two names about which nothing else is known.
        coefficients: Feature -> what one unit of it adds to the log odds.
        same: Score from which two are taken for the same.
        different: Score below which they are taken for different.
        words: Common word -> its weight; every other word weighs 1.
        measured: What the thresholds were chosen for, and what they give on names not used for fitting.
    """

    intercept: float
    coefficients: Mapping[str, float]
    same: float
    different: float
    words: Mapping[str, float]
    measured: Mapping[str, object] = field(default_factory=dict)

    def score(self, features: Mapping[str, float | None]) -> float:
        """Return the probability that two are the same, between 0 and 1."""
        total = self.intercept
        for name, weight in self.coefficients.items():
            total += weight * (features.get(name) or 0.0)
        return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, total))))

    def weight(self, word: str) -> float:
        """Return how much a word says of who is meant, between 0 and 1."""
        return self.words.get(word, 1.0)


@cache
def model() -> Model:
    """Return the model that comes with this version."""
    return Model(**json.loads(files(__package__).joinpath("model.json").read_text("utf-8")))
