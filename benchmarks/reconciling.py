"""Reconcile 10,000 names against 1,000,000 organisations, and search among them: one command.

    python -m benchmarks.reconciling [--organizations 1000000] [--names 10000] [--searches 2000] [--keep FILE]

The organisations are generated from a seed: coined and common words in the proportions in which names have
them (a few hundred words in half of all names, hundreds of thousands in one or two), places, legal forms
of twenty countries, former names and acronyms. Names asked for are written with slips of the keyboard,
other legal forms, words left out (`labelled`); three quarters belong to an organisation of the index.
Searches are what people type: names begun, single common words, misspelt names, two common words, letters.

Some questions nobody can answer: a slip or a word left out made the name asked for that of another
organisation, in no other country than the one asked for. Wrong answers to them are counted apart. Times
are given by the clock and by processor time of the thread, which other processes hardly change.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tertius.queries.matching import Connections, Described, Filter, Matcher, Outcome, search

from benchmarks.labelled import Entry, _variant
from benchmarks.search_index import write_index

_COMMON = (
    "international", "systems", "energy", "research", "technology", "university", "institute", "group",
    "services", "solutions", "consulting", "engineering", "holding", "management", "capital", "digital",
    "medical", "health", "industries", "trading", "logistics", "development", "design", "software",
    "data", "power", "water", "food", "bio", "pharma", "construction", "properties", "investments",
    "partners", "media", "marketing", "motors", "electronics", "chemicals", "materials", "steel",
    "foundation", "school", "hospital", "college", "laboratory", "centre", "national", "global",
    "european", "first", "new", "green", "blue", "north", "south", "west", "east",
)  # fmt: skip
_FORMS = {
    "GB": ("Ltd", "Limited", "PLC", "LLP"), "US": ("Inc.", "Corp", "LLC", "Company"),
    "DE": ("GmbH", "AG", "e.V."),
    "FR": ("SA", "SAS", "SARL"), "NL": ("B.V.", "N.V.", "Stichting"), "IT": ("S.p.A.", "S.r.l."),
    "ES": ("S.A.", "S.L."), "SE": ("AB",), "FI": ("Oy", "Oyj"), "DK": ("A/S", "ApS"), "NO": ("AS",),
    "PL": ("Sp. z o.o.", "S.A."), "BE": ("NV", "SA", "BVBA"), "AT": ("GmbH",), "CH": ("AG", "SA"),
    "CZ": ("s.r.o.", "a.s."), "PT": ("Lda", "S.A."), "IE": ("Ltd", "DAC"), "JP": ("Co., Ltd.", "K.K."),
    "IN": ("Pvt Ltd", "Limited"),
}  # fmt: skip
_SYLLABLES = [
    first + vowel + last
    for first in (*"bcdfghjklmnprstvwz", "br", "ch", "gr", "st")
    for vowel in ("a", "e", "i", "o", "u", "ei", "ou")
    for last in ("", "n", "r", "l", "s", "m")
]  # fmt: skip


def organizations(count: int, seed: int) -> Iterator[Entry]:
    """Yield organisations with names such as registers have."""
    chance = random.Random(seed)
    # Sorted, since a set of texts has another order in every process.
    coined = sorted(
        {
            "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3))))
            for _ in range(max(2000, count // 3))
        }
    )
    chance.shuffle(coined)
    places = ["".join(chance.choices(_SYLLABLES, k=2)).capitalize() for _ in range(3000)]
    weights = list(itertools.accumulate(1 / (rank + 4) for rank in range(len(_COMMON))))
    countries = list(_FORMS)
    for number in range(count):
        country = chance.choice(countries)
        words = [_Rare.word(chance, coined).capitalize()]
        words += [
            word.capitalize()
            for word in chance.choices(_COMMON, cum_weights=weights, k=chance.choice((0, 1, 1, 2, 2, 3)))
        ]
        if chance.random() < 0.25:
            words.append(chance.choice(places))
        if chance.random() < 0.3:
            words.insert(0, _Rare.word(chance, coined).capitalize())
        name = f"{' '.join(words)} {chance.choice(_FORMS[country])}"
        names = [(name, "current")]
        if chance.random() < 0.15:
            names.append((f"{_Rare.word(chance, coined).capitalize()} {words[-1]}", "former"))
        if len(words) > 2 and chance.random() < 0.2:
            names.append(("".join(word[0] for word in words), "acronym"))
        yield Entry(f"o{number}", "generated", names, country, chance.choice(places))


class _Rare:
    """Coined words: some are borne by hundreds, most by one or two."""

    @staticmethod
    def word(chance: random.Random, coined: list[str]) -> str:
        return coined[int(len(coined) * chance.random() ** 2)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--organizations", type=int, default=1_000_000)
    arguments.add_argument("--names", type=int, default=10_000)
    arguments.add_argument("--searches", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=6)
    arguments.add_argument(
        "--keep", type=Path, default=None, help="index to use, or to write where there is none"
    )
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "search.sqlite"
        started = time.perf_counter()
        fresh = not path.exists()
        if fresh:
            write_index(path, organizations(given.organizations, given.seed))
        print("| | |\n|---|---|")
        print(f"| organisations | {given.organizations:,} |")
        if fresh:
            print(f"| writing the index, generating included | {time.perf_counter() - started:.0f} s |")
        print(f"| size of the index | {path.stat().st_size / 1e6:,.0f} MB |")
        _reconcile(path, given.names, given.seed)
        _search(path, given.searches, given.seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| peak memory of the process, index writing included | {peak:,.0f} MB |")


class _Times:
    """What single answers took, in seconds by the clock and of the thread's processor time."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.thread_time()
        yield
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(time.thread_time() - processor)

    def add(self, others: _Times) -> None:
        self.wall += others.wall
        self.processor += others.processor

    def slowest(self) -> str:
        return f"{_at(self.processor, 0.999):.1f} / {max(self.processor) * 1000:.1f} ms"

    def __str__(self) -> str:
        parts = []
        for name, times in (("by the clock", self.wall), ("of processor time", self.processor)):
            parts.append(f"{_at(times, 0.5):.1f} / {_at(times, 0.99):.1f} ms {name}")
        return ", ".join(parts)


def _sample(path: Path, count: int, seed: int) -> list[tuple[str, str, str]]:
    """Return keys, names and countries of organisations chosen at random."""
    with closing(sqlite3.connect(path)) as database:
        (most,) = database.execute("SELECT max(id) FROM organization").fetchone()
        chosen = random.Random(seed).sample(range(most + 1), min(count, most + 1))
        query = "SELECT key, name, country FROM organization WHERE id = ?"
        return [database.execute(query, (number,)).fetchone() for number in chosen]


def _reconcile(path: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    asked = [
        (
            key if chance.random() < 0.75 else None,
            _variant(chance, name),
            country if chance.random() < 0.7 else None,
        )
        for key, name, country in _sample(path, count, seed)
    ]
    # Who is not to be found is asked for by another coined name.
    unknown = random.Random(seed + 1)
    asked = [
        (
            key,
            name if key else _coin(unknown) + name[name.find(" ") :],
            country,
        )
        for key, name, country in asked
    ]
    matcher = Matcher(path)
    matcher.match(Described(asked[0][1]))
    times, outcomes, alike = _Times(), [], 0
    for key, name, country in asked:
        with times.one():
            found = matcher.match(Described(name, country=country), limit=3)
        if found:
            outcomes.append((found[0].outcome, found[0].key == key))
            wrong = found[0].outcome is Outcome.SAME and found[0].key != key
            alike += bool(wrong and found[0].features["equal"] and not found[0].features["country_other"])
    matcher.close()
    known = sum(key is not None for key, _, _ in asked)
    same = [right for outcome, right in outcomes if outcome is Outcome.SAME]
    first = sum(right for _, right in outcomes)
    wall, processor = sum(times.wall), sum(times.processor)
    print(f"| names reconciled | {len(asked):,} in {wall:.1f} s, {len(asked) / wall:,.0f} a second |")
    print(f"| the same, processor time | {processor:.1f} s, {len(asked) / processor:,.0f} a second |")
    print(f"| one name, median / p99 | {times} |")
    print(f"| one name, p99.9 / slowest, processor time | {times.slowest()} |")
    print(f"| first candidate is the one meant | {first / known:.1%} of {known:,} that are there |")
    print(f"| outcome `same` | {len(same):,}, right {sum(same) / max(1, len(same)):.2%} |")
    print(f"| wrong, with the very name that was asked for | {alike} of {len(same) - sum(same)} |")
    print(f"| found by `same` | {sum(same) / known:.1%} of those that are there |")


def _coin(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=4)).capitalize()


def _search(path: Path, count: int, seed: int) -> None:
    chance = random.Random(seed + 2)
    sample = _sample(path, count, seed + 2)
    kinds: dict[str, list[str]] = {
        "begun": [],
        "misspelt": [],
        "common words": [],
        "letters": [],
        "whole name": [],
    }
    for _, name, _ in sample:
        words = name.split()
        kinds["begun"].append(name[: chance.randrange(3, max(4, len(name)))])
        kinds["misspelt"].append(_slip_in(chance, " ".join(words[:2])))
        kinds["common words"].append(" ".join(chance.sample(_COMMON, chance.choice((1, 1, 2)))))
        kinds["letters"].append(chance.choice("abcdefghijklmnoprst") + chance.choice(("", "a", "e", "o")))
        kinds["whole name"].append(name)
    connections = Connections(path)
    every = _Times()
    for kind, texts in kinds.items():
        times = _Times()
        for text in texts[: count // len(kinds)]:
            with times.one(), connections.use() as connection:
                search(connection, text, wanted=Filter(), after=None, limit=20)
        every.add(times)
        print(f"| search, {kind}: median / p99 | {times} |")
    print(f"| search, all: median / p99 | {every} |")
    print(f"| search, the slowest of all, processor time | {max(every.processor) * 1000:.1f} ms |")
    connections.close()


def _slip_in(chance: random.Random, text: str) -> str:
    at = chance.randrange(1, max(2, len(text) - 1))
    return text[:at] + text[at + 1 :]


def _at(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


if __name__ == "__main__":
    main()
