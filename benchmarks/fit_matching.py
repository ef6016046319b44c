"""Fit the coefficients and thresholds of the matching score to labelled pairs: `queries/matching/model.json`.

    python -m benchmarks.fit_matching DATA

DATA is a folder of register samples (`labelled`). Only organisations of the half kept for fitting are
looked at; the precision and recall that are written beside the thresholds are measured on the other half.
The weights of words are their inverse frequencies in the names of the fitting half; coefficients are those
of a logistic regression with a small ridge, each held to the sign that its feature must have, so that no
reason can count the wrong way. Thresholds: `same` is the lowest score from which the first candidates are
right with `PRECISION`; `different` is the score below which at most `LOST` of the right candidates lie.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from tertius.queries.matching import Candidate, Described, Matcher, Model, model, normalise
from tertius.queries.matching.model import LITTLE
from tertius.queries.matching.names import little

from benchmarks.labelled import Labelled, Question, build, split_of
from benchmarks.search_index import write_index

PRECISION = 0.975
LOST = 0.05
_RIDGE = 0.3
_COMMON = 4
"""Names that bear a word from which its weight is kept."""

POSITIVE = (
    "equal", "ratio", "sorted", "shared", "contained", "evidence", "first", "initials", "form_same",
    "country_same", "city_same", "website_same",
)  # fmt: skip
NEGATIVE = ("unmatched", "numbers", "form_other", "country_other", "city_other", "website_other")
TARGET = Path(__file__).parents[1] / "queries" / "matching" / "model.json"

Rows = list[tuple[Question, list[Candidate]]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--out", type=Path, default=TARGET)
    given = arguments.parse_args()
    labelled = build(given.data)
    fitted = model()
    words = word_weights(labelled)
    fitted = Model(fitted.intercept, fitted.coefficients, fitted.same, fitted.different, words)
    with tempfile.TemporaryDirectory() as folder:
        registers = indexes(labelled, Path(folder))
        # The candidates' likest names follow from the coefficients, hence a second round.
        for _ in range(2):
            fitted = _fit(ask(labelled, registers, "train", fitted), fitted)
        train = ask(labelled, registers, "train", fitted)
        fitted = _thresholds(train, fitted)
        test = ask(labelled, registers, "test", fitted)
    measured = {
        "precision_target": PRECISION,
        "lost_target": LOST,
        "questions": len(test),
        "known": sum(question.truth is not None for question, _ in test),
        **_rates(test, fitted),
    }
    content = {
        "intercept": round(fitted.intercept, 4),
        "coefficients": {name: round(value, 4) for name, value in fitted.coefficients.items()},
        "same": fitted.same,
        "different": fitted.different,
        "measured": measured,
        "words": dict(sorted(fitted.words.items())),
    }
    given.out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: content[name] for name in content if name != "words"}, indent=1))


def word_weights(labelled: Labelled) -> dict[str, float]:
    """Return the weight of each word that several names bear: log(names / bearers) / log(names)."""
    names = {
        normalise(name).core
        for entry in labelled.entries
        if split_of(entry.id) == "train"
        for name, _ in entry.names
    }
    counts = Counter(word for core in names for word in set(core))
    total = math.log(len(names))
    found = {
        word: round(max(LITTLE, math.log(len(names) / count) / total), 3)
        for word, count in counts.items()
        if count >= _COMMON
    }
    return {**found, **dict.fromkeys(little(), LITTLE)}


def indexes(labelled: Labelled, folder: Path) -> dict[str, Path]:
    """Write an index for each register."""
    sources = defaultdict(list)
    for entry in labelled.entries:
        sources[entry.source].append(entry)
    found = {}
    for source, entries in sources.items():
        found[source] = folder / f"{source}.sqlite"
        write_index(found[source], entries)
    return found


def ask(labelled: Labelled, registers: dict[str, Path], split: str, using: Model) -> Rows:
    """Return the candidates for every question of a half."""
    found: Rows = []
    for source, path in registers.items():
        matcher = Matcher(path, using)
        for question in labelled.questions:
            if question.source == source and question.split == split:
                found.append((question, matcher.match(described(question), limit=8)))
        matcher.close()
    return found


def described(question: Question, *, bare: bool = False) -> Described:
    """Return a question as the matcher takes it; `bare` leaves out city and website."""
    if bare:
        return Described(question.name, country=question.country)
    return Described(question.name, country=question.country, city=question.city, website=question.website)


def _fit(rows: Rows, using: Model) -> Model:
    names = [*POSITIVE, *NEGATIVE]
    pairs = [(one.features, one.key == question.truth) for question, found in rows for one in found]
    matrix = np.array([[features.get(name) or 0.0 for name in names] for features, _ in pairs])
    labels = np.array([1.0 if label else 0.0 for _, label in pairs])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        z = matrix @ weights[1:] + weights[0]
        value = float(np.sum(np.logaddexp(0, z) - labels * z)) + _RIDGE * float(weights[1:] @ weights[1:])
        error = 1 / (1 + np.exp(-z)) - labels
        slope = np.concatenate([[error.sum()], matrix.T @ error + 2 * _RIDGE * weights[1:]])
        return value, slope

    bounds = [(None, None), *[(0, None)] * len(POSITIVE), *[(None, 0)] * len(NEGATIVE)]
    best = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    print(f"{len(pairs)} pairs, {int(labels.sum())} the same, loss {best.fun / len(pairs):.4f}")
    coefficients = dict(zip(names, map(float, best.x[1:]), strict=True))
    return Model(float(best.x[0]), coefficients, using.same, using.different, using.words)


def _thresholds(rows: Rows, using: Model) -> Model:
    firsts = sorted(
        ((found[0].score, found[0].key == question.truth) for question, found in rows if found), reverse=True
    )
    right, same = 0, 1.0
    for number, (score, correct) in enumerate(firsts, 1):
        right += correct
        if right / number >= PRECISION:
            same = score
    truths = sorted(one.score for question, found in rows for one in found if one.key == question.truth)
    different = truths[int(len(truths) * LOST)]
    return Model(
        using.intercept, using.coefficients, round(same, 3), round(min(different, same), 3), using.words
    )


def _rates(rows: Rows, using: Model) -> dict[str, float]:
    """Measure the thresholds: of the first candidates for `same`, of the right ones for `different`."""
    known = sum(question.truth is not None for question, _ in rows)
    firsts = [(found[0].score, found[0].key == question.truth) for question, found in rows if found]
    same = [correct for score, correct in firsts if score >= using.same]
    undecided = [correct for score, correct in firsts if using.different <= score < using.same]
    best = 0.0
    for threshold in np.linspace(0.02, 0.98, 97):
        chosen = [correct for score, correct in firsts if score >= threshold]
        if chosen and sum(chosen):
            precision, recall = sum(chosen) / len(chosen), sum(chosen) / known
            best = max(best, 2 * precision * recall / (precision + recall))
    found = sum(any(one.key == question.truth for one in candidates) for question, candidates in rows)
    return {
        "same_precision": round(sum(same) / len(same), 4),
        "same_recall": round(sum(same) / known, 4),
        "undecided_share": round(len(undecided) / len(rows), 4),
        "undecided_right": round(sum(undecided) / max(1, len(undecided)), 4),
        "among_candidates": round(found / known, 4),
        "best_f1": round(best, 4),
    }


if __name__ == "__main__":
    main()
