"""The search index follows a small load row by row, and holds what one derived whole would hold."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tertius.loaders import LoadJob, load, name_index, search, search_update
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Verdict
from tertius.queries.matching.schema import LAYOUT
from tertius.store import Snapshots
from tertius.store.search_file import reading

Write = Callable[[str | bytes, str], Path]

HEAD = "alliance,partner,country,sector,start,id:lei\n"
LEI = "7LTWFZYICNSX8D621K86"
MANY = HEAD + "".join(
    f"a{at},Organisation {word} {at},NL,steel,2019-01-01,\n"
    for at in range(12)
    for word in ("Alpha", "Omega", "Kilogramm")
)


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Read everything that readers can see, with organisations where places are numbered."""
    queries = {
        name: f"SELECT * FROM {name} ORDER BY 1, 2"
        for name in (
            "mention",
            "mention_identifier",
            "mention_name",
            "alliance",
            "organization",
            "about",
            "judgement",
            "record",
        )
    }
    queries |= {
        "identifier": "SELECT * FROM identifier ORDER BY scheme, value, organization",
        "place": "SELECT organization FROM place ORDER BY place",
        "name": "SELECT organization, number, name, kind, core, forms FROM name JOIN place USING (place)"
        " ORDER BY 1, 2",
        "name_key": "SELECT form, organization FROM name_key JOIN place USING (place) ORDER BY 1, 2",
        "word": "SELECT word, count FROM word ORDER BY 1",
        "near": "SELECT form, w.word FROM near_word n JOIN word w ON w.id = n.word ORDER BY 1, 2",
    }
    with closing(reading(path)) as database:
        found = {name: database.execute(sql).fetchall() for name, sql in queries.items()}
        database.execute("CREATE VIRTUAL TABLE temp.seen USING fts5vocab ('main', 'name_words', 'row')")
        found["terms"] = database.execute("SELECT term, doc FROM seen ORDER BY term").fetchall()
        matching = (
            "SELECT organization FROM name_words JOIN place ON place = name_words.rowid"
            " WHERE name_words MATCH ? ORDER BY place"
        )
        for term, _ in found["terms"]:
            found[f"matching {term}"] = database.execute(matching, (f'"{term}"',)).fetchall()
    return found


class Both:
    """A data directory that is updated, and the same loads with every index derived whole."""

    def __init__(self, folder: Path, write: Write) -> None:
        self.folder, self.write, self.files = folder, write, 0

    def load(self, source: str, text: str | None, patch: pytest.MonkeyPatch) -> None:
        self.files += 1
        file = self.write(text, f"{self.files}.csv") if text else None
        files = (file,) if file else ()
        self.run(LoadJob(data=self.folder, source=source, files=files, remove=file is None), patch)

    def judge(self, left: str, right: str, verdict: Verdict, patch: pytest.MonkeyPatch) -> None:
        self.files += 1
        when = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=self.files)
        self.run(LoadJob.judged(self.folder, [Judgement(left, right, verdict, "Ada", "person", when)]), patch)

    def run(self, job: LoadJob, patch: pytest.MonkeyPatch) -> None:
        for name, most in (("updated", search.MOST_TOUCHED), ("whole", -1)):
            with patch.context() as within:
                within.setattr(search, "MOST_TOUCHED", most)
                assert load(replace(job, data=self.folder / name)).published

    def check(self) -> None:
        paths = []
        for name in ("updated", "whole"):
            snapshot = Snapshots(self.folder / name).current()
            assert snapshot is not None
            paths.append(snapshot.search_path)
        assert content(paths[0]) == content(paths[1])


def test_small_loads_leave_what_a_whole_derivation_leaves(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Both(tmp_path, write)
    both.load("many", MANY, monkeypatch)
    both.check()
    few = HEAD + f"n,Omega Works,DE,steel,2019-01-01,{LEI}\nn,Organisation Alpha 3,NL,,2019-01-01,\n"
    whole = []
    write_names = search.write_names
    monkeypatch.setattr(search, "write_names", lambda database: (whole.append(1), write_names(database)))
    both.load("few", few, monkeypatch)
    both.check()
    # Names that come, go, and change; places before the first and after the last.
    both.load(
        "few",
        few.replace("Omega Works", "A") + "n,Organisation with the longest of all names,NL,,,\n",
        monkeypatch,
    )
    both.check()
    both.load(
        "other", HEAD + f"m,Omega Works,DE,,2018-01-01,{LEI}\nm,Kilogram,FR,,2018-01-01,\n", monkeypatch
    )
    both.check()
    both.load("few", None, monkeypatch)
    both.check()
    # Of eight loads after the first two, only those that had to be whole were.
    assert len(whole) == 4


def test_when_there_is_no_room_between_two_places_all_get_new_ones(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_index, "GAP", 4)
    monkeypatch.setattr(search_update, "GAP", 4)
    both = Both(tmp_path, write)
    both.load("many", MANY, monkeypatch)
    whole = []
    write_names = search.write_names
    monkeypatch.setattr(search, "write_names", lambda database: (whole.append(1), write_names(database)))
    names = "".join(f"n{at},N{at:02},NL,,2019-01-01,\n" for at in range(12))
    both.load("few", HEAD + names, monkeypatch)
    both.check()
    assert len(whole) == 2


def _ror(number: str, name: str, city: str) -> dict[str, object]:
    return {
        "id": f"https://ror.org/{number}",
        "names": [
            {"value": name, "types": ["ror_display", "label"], "lang": "en"},
            {"value": f"Institut {name}", "types": ["label"], "lang": "fr"},
        ],
        "status": "active",
        "types": ["education"],
        "external_ids": [],
        "established": None,
        "links": [{"type": "website", "value": f"https://{number}.example"}],
        "locations": [{"geonames_details": {"country_code": "NL", "name": city}}],
        "relationships": [],
    }


def test_judgements_and_small_loads_after_them_leave_what_a_whole_derivation_leaves(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Both(tmp_path, write)
    both.load("many", MANY, monkeypatch)
    records = [_ror("013meh722", "Omega Works", "Delft"), _ror("05a28rw58", "Kilogramm", "Breda")]
    register = write(json.dumps(records), "ror.json")
    both.run(LoadJob(data=tmp_path, source="register", files=(register,), mapping="ror"), monkeypatch)
    few = HEAD + f"n,Omega Works,NL,steel,2019-01-01,{LEI}\nn,Organisation Alpha 3,NL,,2019-01-01,\n"
    both.load("few", few, monkeypatch)
    whole = []
    write_names = search.write_names
    monkeypatch.setattr(search, "write_names", lambda database: (whole.append(1), write_names(database)))
    omega, alpha = key("few", "Omega Works", "NL"), key("many", "Organisation Alpha 3", "NL")
    same, different = Verdict.SAME, Verdict.DIFFERENT
    steps = (
        # A record of the register comes to stand for one in the network, and for a second, and a third.
        lambda: both.judge(omega, key("ror", "013meh722"), same, monkeypatch),
        lambda: both.judge(key("many", "Organisation Omega 3", "NL"), omega, same, monkeypatch),
        lambda: both.judge(key("few", "Organisation Alpha 3", "NL"), alpha, same, monkeypatch),
        # A source changes that knows a joined record, and one that knows none.
        lambda: both.load("few", few.replace("steel", "glass").replace("Alpha 3,", "Alpha 4,"), monkeypatch),
        lambda: both.load("other", HEAD + "m,Kilogram,FR,,2018-01-01,\n", monkeypatch),
        # A judgement is taken back; a joined record goes, and comes again.
        lambda: both.judge(omega, key("ror", "013meh722"), different, monkeypatch),
        lambda: both.load("few", None, monkeypatch),
        lambda: both.load("few", few, monkeypatch),
    )
    for step in steps:
        step()
        both.check()
    # Each step was whole in one of the two directories only.
    assert len(whole) == len(steps)


def test_an_index_of_an_earlier_layout_is_derived_again_by_the_next_load(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Both(tmp_path, write)
    both.load("many", MANY, monkeypatch)
    snapshot = Snapshots(tmp_path / "updated").current()
    assert snapshot is not None
    with closing(sqlite3.connect(snapshot.search_path)) as database:
        database.execute("DROP TABLE near_word")
        database.execute("DROP TABLE about")
        database.execute(f"PRAGMA user_version = {LAYOUT - 1}")
        database.commit()
    both.load("few", HEAD + "n,Omega Works,NL,steel,2019-01-01,\n", monkeypatch)
    both.check()
