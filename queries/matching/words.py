"""Words of the index that are a slip of the keyboard away from a word that somebody writes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA
from tertius.queries.matching.connections import listed

SHORTEST: Final = 4
"""Letters of a word from which slips are forgiven: of shorter ones nearly every neighbour is another word."""

LONG: Final = 8
"""Letters from which two slips are forgiven, where the index knows of them."""

_NEIGHBOURS: Final = 12


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the index.

    Attributes:
        text: The word.
        count: Organisations that bear it.
        slips: Letters wrong, too many, missing or swapped against the word that was asked for.
    """

    text: str
    count: int
    slips: int = 0


def shortened(word: str) -> set[str]:
    """Return a word and what is left of it without one of its letters."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def known(connection: sqlite3.Connection, words: list[str]) -> dict[str, int]:
    """Return how many organisations bear each word; words that none bears are left out."""
    rows = listed(connection, "SELECT word, count FROM word WHERE word IN ({})", words)
    return {str(word): int(count) for word, count in rows}


def neighbours(connection: sqlite3.Connection, word: str) -> list[Word]:
    """Return the words of the index that are like a word but not it, the likest first, then the commonest.

    Args:
        connection: The index.
        word: A normalised word; one of fewer than `SHORTEST` letters, or of digits alone, has no neighbours.
    """
    if not SHORTEST <= len(word) <= 24 or word.isdigit():
        return []
    rows = listed(
        connection,
        "SELECT DISTINCT w.word, w.count FROM near_word n JOIN word w ON w.id = n.word WHERE n.form IN ({})",
        shortened(word),
    )
    most = 2 if len(word) >= LONG else 1
    found = []
    for text, count in rows:
        slips = OSA.distance(word, text, score_cutoff=most)
        if 0 < slips <= most and not _other_number(word, text):
            found.append(Word(str(text), int(count), int(slips)))
    found.sort(key=lambda one: (one.slips, -one.count, one.text))
    return found[:_NEIGHBOURS]


def _other_number(left: str, right: str) -> bool:
    """Tell whether two words differ in their digits: `fund1` is no slip of `fund2`."""
    return [*filter(str.isdigit, left)] != [*filter(str.isdigit, right)]
