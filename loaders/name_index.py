"""The part of `search.sqlite` that finds organisations by their names: whole, begun, and misspelt.

Everything here is derived from the tables that `search` keeps for each source:

- `place`: every organisation's place in one fixed order, short names first, then by name. Rows of the word
  index stand in it, so that the first hits of any search are the best ones and the others need not be read.
- `name`: every name of an organisation with its normal form; number 0 is the name in use.
- `name_key`: names as one word, and initials, for looking up by equality.
- `name_words`: full-text index over the words of all names, the numbers, circles and sources of an
  organisation.
- `word`: the words of names with the number of organisations that bear them.
- `near_word`: each longer word, and it without one of its letters. Two words that are one slip apart
  (a letter wrong, too many, missing, or two swapped) share a row (deletion neighbourhood: T. Bocek, E. Hunt,
  B. Stiller, "Fast similarity search in large dictionaries", University of Zurich, 2007).
- `about`: city and host of the website.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tertius.queries.matching.names import normalise
from tertius.queries.matching.schema import circle_token, host, identifier_token
from tertius.queries.matching.words import shortened

_TABLES: Final = ("place", "name", "name_key", "name_words", "word", "near_word", "about")
_BATCH: Final = 20_000
_NAMES: Final = 200
"""Names of one organisation that are kept."""

# What the statements of `_FINISH` choose: words in `word`, and those of them in `near_word`.
_COUNTED: Final = re.compile(r"[a-z0-9]")
_FORGIVEN: Final = re.compile(r"(?=.*[a-z]).{4,24}")

GAP: Final = 1 << 24
"""Between two places, so that later ones find room: two dozen that halve the same gap each time."""

_BETWEEN, _WITHIN = "\x1f", "\x1e"

_SCHEMA: Final = """
CREATE TABLE place (place INTEGER PRIMARY KEY, organization INTEGER NOT NULL UNIQUE);
INSERT INTO place SELECT {gap} * row_number() OVER (ORDER BY length(name), name, id), id FROM organization;
CREATE TABLE name (place INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    core TEXT NOT NULL, forms TEXT NOT NULL, initials TEXT NOT NULL, PRIMARY KEY (place, number))
    WITHOUT ROWID;
CREATE VIRTUAL TABLE name_words USING fts5 (
    words, content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3 4');
CREATE TABLE about (organization INTEGER PRIMARY KEY, city TEXT, website TEXT);
CREATE TEMP TABLE key_found (form TEXT NOT NULL, place INTEGER NOT NULL);
"""

_ABOUT: Final = """
INSERT INTO about
    SELECT coalesce(r.organization, a.id), max(a.city), max(host(a.website))
    FROM mention_about a LEFT JOIN record r ON r.id = a.id WHERE {} GROUP BY 1
"""

_OF_ONE: Final = (
    "coalesce(r.organization, a.id) = ?"
    " AND (a.id = ? OR a.id IN (SELECT id FROM record WHERE organization = ?))"
)

_FINISH: Final = """
CREATE TABLE name_key (form TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (form, place)) WITHOUT ROWID;
INSERT INTO name_key SELECT DISTINCT form, place FROM key_found ORDER BY form, place;
DROP TABLE key_found;
INSERT INTO name_words (name_words) VALUES ('optimize');
CREATE TABLE word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, count INTEGER NOT NULL);
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab ('main', 'name_words', 'row');
INSERT INTO word (word, count) SELECT term, doc FROM vocabulary WHERE term GLOB '[a-z0-9]*';
DROP TABLE vocabulary;
CREATE TEMP TABLE letter (at INTEGER PRIMARY KEY);
INSERT INTO letter WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 24)
    SELECT at FROM n;
CREATE TABLE near_word (form TEXT NOT NULL, word INTEGER NOT NULL, PRIMARY KEY (form, word)) WITHOUT ROWID;
INSERT INTO near_word
    SELECT word, id FROM word WHERE length(word) BETWEEN 4 AND 24 AND word GLOB '*[a-z]*'
    UNION SELECT substr(word, 1, at - 1) || substr(word, at + 1), id FROM word JOIN letter
        ON at <= length(word) WHERE length(word) BETWEEN 4 AND 24 AND word GLOB '*[a-z]*'
    ORDER BY 1, 2;
DROP TABLE letter;
"""

_ORGANIZATIONS: Final = """
SELECT p.place, o.id, o.name, o.country, o.sector, o.type,
    (SELECT group_concat(n.kind || char(30) || n.name, char(31)) FROM mention_name n
        WHERE n.id = o.id OR n.id IN (SELECT r.id FROM record r WHERE r.organization = o.id)),
    (SELECT group_concat('alternative' || char(30) || m.name, char(31)) FROM mention m
        WHERE (m.id = o.id OR m.id IN (SELECT r.id FROM record r WHERE r.organization = o.id))
        AND m.name <> o.name),
    (SELECT group_concat(i.value, char(31)) FROM identifier i WHERE i.organization = o.id),
    (SELECT group_concat(m.source, char(31)) FROM mention m
        WHERE m.id = o.id OR m.id IN (SELECT r.id FROM record r WHERE r.organization = o.id))
FROM place p JOIN organization o ON o.id = p.organization WHERE {} ORDER BY p.place
"""


def write_names(database: sqlite3.Connection) -> None:
    """Derive the tables of names from `organization`, `identifier` and the tables of mentions.

    Args:
        database: The index, outside a transaction.
    """
    for table in _TABLES:
        database.execute(f"DROP TABLE IF EXISTS {table}")
    database.create_function("host", 1, host, deterministic=True)
    database.executescript(_SCHEMA.format(gap=GAP))
    database.execute("BEGIN")
    database.execute(_ABOUT.format("1"))
    cursor = database.execute(_ORGANIZATIONS.format("1"))
    while rows := cursor.fetchmany(_BATCH):
        found = [entry(row) for row in rows]
        _write(database, found)
        keys = [(form, one.place) for one in found for form in one.forms]
        database.executemany("INSERT INTO key_found VALUES (?, ?)", keys)
    database.execute("COMMIT")
    database.executescript(_FINISH)


@dataclass(frozen=True, slots=True)
class Entry:
    """An organisation in the index: its place, names with their normal forms, words, and keys."""

    place: int
    names: tuple[tuple[object, ...], ...]
    words: tuple[str, ...]
    forms: tuple[str, ...]


def entry(row: tuple[object, ...]) -> Entry:
    """Put an organisation's entry together from a row of the query over organisations."""
    place, _, name, country, sector, kind, others, mentioned, numbers, sources = row
    at = int(str(place))
    names: list[tuple[object, ...]] = []
    found: set[str] = set()
    forms: set[str] = set()
    for number, (text, sort) in enumerate(_names(str(name), others, mentioned)):
        normal = normalise(text)
        forms_of, initials_of = (" ".join(sorted(some)) for some in (normal.forms, normal.initials))
        names.append((at, number, text, sort, normal.text, forms_of, initials_of))
        found.update(normal.words, normal.core)
        forms.add(normal.compact)
        if sort != "acronym":
            forms.update(f"~{initials}" for initials in normal.initials)
    for value in str(numbers or "").split(_BETWEEN):
        found.update(identifier_token(value))
    for circle, notation in (("country", country), ("sector", sector), ("type", kind)):
        if notation:
            found.add(circle_token(circle, str(notation)))
    found.update(circle_token("source", source) for source in str(sources or "").split(_BETWEEN))
    return Entry(at, tuple(names), tuple(sorted(found)), tuple(sorted(forms - {""})))


def entries(database: sqlite3.Connection, organizations: Iterable[int]) -> list[Entry]:
    """Return the entries that organisations have, or would have, in the index as its other tables stand."""
    found = []
    for organization in organizations:
        rows = database.execute(_ORGANIZATIONS.format("p.organization = ?"), (organization,))
        found += [entry(row) for row in rows]
    return found


def take_out(database: sqlite3.Connection, gone: Sequence[Entry]) -> None:
    """Take entries out of the tables of names."""
    for one in gone:
        database.execute("DELETE FROM name WHERE place = ?", (one.place,))
        database.executemany(
            "DELETE FROM name_key WHERE form = ? AND place = ?", [(form, one.place) for form in one.forms]
        )
        database.execute(
            "INSERT INTO name_words (name_words, rowid, words) VALUES ('delete', ?, ?)",
            (one.place, " ".join(one.words)),
        )


def put_in(database: sqlite3.Connection, come: Sequence[Entry], organizations: Iterable[int]) -> None:
    """Put entries, and what is about organisations, into the tables of names."""
    _write(database, come)
    keys = [(form, one.place) for one in come for form in one.forms]
    database.executemany("INSERT INTO name_key VALUES (?, ?)", keys)
    database.create_function("host", 1, host, deterministic=True)
    for organization in organizations:
        database.execute("DELETE FROM about WHERE organization = ?", (organization,))
        database.execute(_ABOUT.format(_OF_ONE), (organization, organization, organization))


def count_words(database: sqlite3.Connection, words: Mapping[str, int]) -> None:
    """Change how many organisations bear words; new words come, those that nobody bears any more go."""
    for word, change in sorted(words.items()):
        if not change or not _COUNTED.match(word):
            continue
        row = database.execute("SELECT id, count FROM word WHERE word = ?", (word,)).fetchone()
        near = shortened(word) if _FORGIVEN.fullmatch(word) and not word.isdigit() else set()
        if row is None:
            cursor = database.execute("INSERT INTO word (word, count) VALUES (?, ?)", (word, change))
            pairs = [(form, cursor.lastrowid) for form in sorted(near)]
            database.executemany("INSERT INTO near_word VALUES (?, ?)", pairs)
        elif row[1] + change > 0:
            database.execute("UPDATE word SET count = ? WHERE id = ?", (row[1] + change, row[0]))
        else:
            database.execute("DELETE FROM word WHERE id = ?", (row[0],))
            pairs = [(form, row[0]) for form in sorted(near)]
            database.executemany("DELETE FROM near_word WHERE form = ? AND word = ?", pairs)


def _write(database: sqlite3.Connection, found: Sequence[Entry]) -> None:
    names = [name for one in found for name in one.names]
    database.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?, ?, ?)", names)
    words = [(one.place, " ".join(one.words)) for one in found]
    database.executemany("INSERT INTO name_words (rowid, words) VALUES (?, ?)", words)


def _names(name: str, *others: object) -> Iterator[tuple[str, str]]:
    """Yield the name in use and every other one, each once."""
    yield name, "current"
    seen = {name}
    for group in others:
        for entry in str(group or "").split(_BETWEEN):
            kind, _, text = entry.partition(_WITHIN)
            if text and text not in seen and len(seen) < _NAMES:
                seen.add(text)
                yield text, kind
