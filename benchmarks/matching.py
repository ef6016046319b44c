"""Precision, recall, F1 and speed of matching on labelled pairs, ours and other packages' in one run.

    python -m benchmarks.matching DATA [--peers FOLDER] [--most N]

DATA is a folder of register samples (`labelled` tells which). FOLDER has an environment for each peer,
made from `benchmarks/peers/NAME.lock` (`FOLDER/NAME/bin/python`); peers without one are left out and said
so. rapidfuzz runs in this environment.

Everybody is given the same: for each register its organisations with all names but the one asked for, and
their country; for each question the name and, where it is told, the country. Everybody names one
organisation and a score. The threshold of each is the one with the best F1 on the half of the
organisations kept for fitting; the figures are from the other half. An answer counts as right where it is
the organisation meant and its score reaches the threshold; questions whose organisation is not in the
register can only be answered wrongly.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process, utils
from tertius.queries.matching import Matcher, model

from benchmarks.fit_matching import described, indexes
from benchmarks.labelled import Labelled, build

PEERS = {"nomenklatura": "nomenklatura_names.py", "splink": "splink_names.py"}
SCRIPTS = Path(__file__).parent / "peers"

Answers = dict[str, tuple[str, float]]
"""Question -> the organisation named, and its score."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--peers", type=Path, default=Path("peers"))
    arguments.add_argument("--most", type=int, default=None, help="most organisations of one source")
    given = arguments.parse_args()
    labelled = build(given.data, most=given.most)
    test = [question for question in labelled.questions if question.split == "test"]
    known = sum(question.truth is not None for question in test)
    print(
        f"{len(labelled.entries):,} organisations, {len(labelled.questions):,} names asked for;"
        f" judged by {len(test):,}, of which {known:,} have an answer\n"
    )
    print("| | precision | recall | F1 | threshold | index, s | names per second |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        ours, index, seconds = _ours(labelled, Path(folder))
        _print("Tertius", labelled, ours, index, seconds)
        _slices(labelled, ours)
        for name, scorer in _SCORERS.items():
            found, index, seconds = _rapidfuzz(labelled, scorer)
            _print(f"rapidfuzz, {name}", labelled, found, index, seconds)
        missing = _peers(labelled, given.peers, Path(folder))
    for line in [*missing, *_SLICES]:
        print(line)


_SCORERS: dict[str, Callable[..., float]] = {
    "ratio": fuzz.ratio,
    "token_sort_ratio": fuzz.token_sort_ratio,
    "token_set_ratio": fuzz.token_set_ratio,
    "WRatio": fuzz.WRatio,
}
_SLICES: list[str] = []


def _ours(labelled: Labelled, folder: Path) -> tuple[Answers, float, float]:
    started = time.perf_counter()
    registers = indexes(labelled, folder)
    index = time.perf_counter() - started
    found: Answers = {}
    started = time.perf_counter()
    for source, path in registers.items():
        matcher = Matcher(path)
        for question in labelled.questions:
            if question.source == source:
                best = matcher.match(described(question, bare=True), limit=1)
                if best:
                    found[question.id] = best[0].key, best[0].score
        matcher.close()
    return found, index, time.perf_counter() - started


def _rapidfuzz(labelled: Labelled, scorer: Callable[..., float]) -> tuple[Answers, float, float]:
    """Compare every question with every name; a country known to differ halves the score."""
    found: Answers = {}
    names: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    started = time.perf_counter()
    for entry in labelled.entries:
        names[entry.source] += [
            (utils.default_process(name), entry.id, entry.country) for name, _ in entry.names
        ]
    index = time.perf_counter() - started
    started = time.perf_counter()
    for source, rows in names.items():
        asked = [question for question in labelled.questions if question.source == source]
        texts = [row[0] for row in rows]
        countries = np.array([row[2] or "" for row in rows])
        for start in range(0, len(asked), 500):
            part = asked[start : start + 500]
            scores = process.cdist(
                [utils.default_process(question.name) for question in part], texts, scorer=scorer, workers=1
            )
            for question, row in zip(part, scores, strict=True):
                if question.country:
                    row[(countries != "") & (countries != question.country)] *= 0.5
                best = int(row.argmax())
                found[question.id] = rows[best][1], float(row[best])
    return found, index, time.perf_counter() - started


def _peers(labelled: Labelled, peers: Path, folder: Path) -> list[str]:
    missing = []
    labelled.write(folder / "labelled.json")
    for name, script in PEERS.items():
        python = peers / name / "bin" / "python"
        if not python.exists():
            missing.append(f"{name}: no environment at {python}, left out")
            continue
        out = folder / f"{name}.json"
        ran = subprocess.run(
            [python, SCRIPTS / script, folder / "labelled.json", out],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            missing.append(f"{name} failed: {ran.stderr.strip().splitlines()[-1:]}")
            continue
        content: dict[str, Any] = json.loads(out.read_text("utf-8"))
        for tool, answer in content["tools"].items():
            label = tool if tool.startswith(name) else f"{name}, {tool}"
            answers = {question: (one, float(score)) for question, (one, score) in answer["answers"].items()}
            _print(label, labelled, answers, content["index"], answer["seconds"])
    return missing


def judge(labelled: Labelled, answers: Answers, split: str, threshold: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 of answers whose score reaches a threshold."""
    questions = [question for question in labelled.questions if question.split == split]
    given = [
        question for question in questions if question.id in answers and answers[question.id][1] >= threshold
    ]
    right = sum(answers[question.id][0] == question.truth for question in given)
    known = sum(question.truth is not None for question in questions)
    precision, recall = right / max(1, len(given)), right / max(1, known)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def best_threshold(labelled: Labelled, answers: Answers) -> float:
    """Return the threshold with the best F1 on the half kept for fitting."""
    scores = sorted({round(score, 4) for _, score in answers.values()})
    steps = scores[:: max(1, len(scores) // 400)]
    return max(steps, key=lambda threshold: judge(labelled, answers, "train", threshold)[2])


def _print(name: str, labelled: Labelled, answers: Answers, index: float, seconds: float) -> None:
    threshold = best_threshold(labelled, answers)
    precision, recall, f1 = judge(labelled, answers, "test", threshold)
    speed = len(labelled.questions) / seconds
    print(
        f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {threshold:.3g} | {index:.1f} |"
        f" {speed:,.0f} |",
        flush=True,
    )


def _slices(labelled: Labelled, answers: Answers) -> None:
    """Note how ours does by register and by kind of name, and what its two thresholds give."""
    threshold = best_threshold(labelled, answers)
    groups: dict[str, Labelled] = defaultdict(lambda: Labelled(labelled.entries))
    for question in labelled.questions:
        groups[f"{question.source}: {question.kind}"].questions.append(question)
    _SLICES.append(
        "\n| Tertius, by register and kind of name | names | precision | recall | F1 |\n|---|---|---|---|---|"
    )
    for group, part in sorted(groups.items()):
        count = sum(question.split == "test" for question in part.questions)
        precision, recall, f1 = judge(part, answers, "test", threshold)
        _SLICES.append(f"| {group} | {count} | {precision:.3f} | {recall:.3f} | {f1:.3f} |")
    for outcome, limit in (("same", model().same), ("not different", model().different)):
        precision, recall, _ = judge(labelled, answers, "test", limit)
        _SLICES.append(
            f"\nOutcome `{outcome}` (score from {limit}): precision {precision:.3f}, recall {recall:.3f}"
        )


if __name__ == "__main__":
    main()
