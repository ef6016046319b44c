"""Labelled pairs of names for matching, made from what registers and member lists say themselves.

- ROR: names of one record (labels in other languages, aliases, acronyms); country and city.
- GLEIF: legal, former, trading and transliterated names of one LEI; country and city.
- Companies House: names and previous names of one company.
- Linux Foundation and CNCF member lists: names that one member (by its slug) had in snapshots of several
  years.
- SEC: registrants have one name each; theirs, like all others', are asked for in written variants.

Of every organisation with several names one is taken out of the register and asked for; of every other one
a variant of a name is asked for: a slip of the keyboard, the legal form left out, spelt otherwise or made
another spelling of the same, words abbreviated or left out, capitals. A quarter of the organisations asked
for is taken out of the register altogether, so that the right answer is nobody: their nearest neighbours
are the hard negatives. What else is told of them is not always right, as in lists that people keep: of the
countries 4 in a hundred, of the websites 10, of the cities 20 are another organisation's. Organisations,
not pairs, are divided into those to fit with and those to judge by. All choices follow from the seed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Entry:
    """An organisation of a register."""

    id: str
    source: str
    names: list[tuple[str, str]]
    country: str | None = None
    city: str | None = None
    website: str | None = None


@dataclass
class Question:
    """A name asked for, and the id of who is meant; None where nobody in the register is."""

    id: str
    source: str
    name: str
    kind: str
    truth: str | None
    split: str
    country: str | None = None
    city: str | None = None
    website: str | None = None


@dataclass
class Labelled:
    """Registers and what is asked of them."""

    entries: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write everything as JSON, for programs in other environments."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")


def build(folder: Path, *, seed: int = 20, most: int | None = None) -> Labelled:
    """Make labelled pairs from a folder of samples.

    Args:
        folder: Holds `ror`, `gleif`, `companies-house`, `org-names`, `lf-foundation-memberships`,
            `cncf-membership`; those missing are left out.
        seed: Of every choice.
        most: Most organisations of one source.
    """
    found = Labelled()
    for reader in (_ror, _gleif, _companies_house, _members, _sec):
        distinct = {entry.id: entry for entry in reader(folder)}
        entries = sorted(distinct.values(), key=lambda entry: entry.id)
        random.Random(seed).shuffle(entries)
        _ask(found, entries[:most], seed)
    return found


def split_of(identifier: str) -> str:
    """Tell whether an organisation is fitted with or judged by."""
    return "train" if hashlib.blake2b(identifier.encode(), digest_size=2).digest()[0] % 2 else "test"


def _ask(found: Labelled, entries: list[Entry], seed: int) -> None:
    wrong = _Wrong(entries)
    for entry in entries:
        chance = random.Random(f"{seed} {entry.source} {entry.id}")
        kept, asked = _choose(chance, entry)
        known = asked is None or chance.random() >= 0.25
        if known:
            found.entries.append(
                Entry(entry.id, entry.source, kept, entry.country, entry.city, entry.website)
            )
        if asked is None or len(asked[0]) < 2:
            continue
        if asked[1] not in {"variant", "acronym"} and chance.random() < 0.2:
            asked = _variant(chance, asked[0]), asked[1]
        found.questions.append(
            Question(
                id=f"{entry.source}/{entry.id}",
                source=entry.source,
                name=asked[0],
                kind=asked[1],
                truth=entry.id if known else None,
                split=split_of(entry.id),
                country=wrong.told(chance, entry.country, "country", told=0.75, wrong=0.04),
                city=wrong.told(chance, entry.city, "city", told=0.4, wrong=0.2),
                website=wrong.told(chance, entry.website, "website", told=0.1, wrong=0.1),
            )
        )


def _choose(chance: random.Random, entry: Entry) -> tuple[list[tuple[str, str]], tuple[str, str] | None]:
    """Return the names that stay in the register, and the one asked for with its kind."""
    distinct = {name.casefold(): (name, kind) for name, kind in reversed(entry.names)}
    others = [pair for key, pair in sorted(distinct.items()) if key != entry.names[0][0].casefold()]
    if others:
        asked = chance.choice(others)
        return [pair for pair in entry.names if pair[0].casefold() != asked[0].casefold()], asked
    if chance.random() < 0.5:
        return list(distinct.values()), (_variant(chance, entry.names[0][0]), "variant")
    return list(distinct.values()), None


class _Wrong:
    """Tells facts as lists do: some not at all, some wrong."""

    def __init__(self, entries: list[Entry]) -> None:
        self._values = {
            fact: sorted(set(filter(None, (getattr(entry, fact) for entry in entries))))
            for fact in ("country", "city", "website")
        }

    def told(
        self, chance: random.Random, value: str | None, fact: str, *, told: float, wrong: float
    ) -> str | None:
        if not value or chance.random() >= told:
            return None
        return chance.choice(self._values[fact]) if chance.random() < wrong else value


_FORMS = (
    ("limited", "ltd"),
    ("ltd", "limited"),
    ("corporation", "corp"),
    ("corp", "corporation"),
    ("incorporated", "inc"),
    ("inc", "incorporated"),
    ("company", "co"),
    ("co", "company"),
    ("gmbh", "g.m.b.h."),
    ("bv", "b.v."),
    ("b.v.", "bv"),
    ("n.v.", "nv"),
    ("s.a.", "sa"),
    ("sa", "s.a."),
    ("university", "univ."),
    ("institute", "inst."),
    ("international", "intl"),
    ("technology", "tech"),
    ("and", "&"),
    ("&", "and"),
)


def _variant(chance: random.Random, name: str) -> str:
    """Write a name as somebody else might."""
    for _ in range(chance.choice((1, 1, 2))):
        kind = chance.random()
        words = name.split()
        if kind < 0.45:
            name = _slip(chance, name)
        elif kind < 0.6 and len(words) > 1:
            name = " ".join(words[:-1])
        elif kind < 0.8:
            lowered = [word.casefold().strip(",.") for word in words]
            hits = [(at, new) for at, word in enumerate(lowered) for old, new in _FORMS if word == old]
            if hits:
                at, new = chance.choice(hits)
                words[at] = new
                name = " ".join(words)
            else:
                name = _slip(chance, name)
        elif kind < 0.9:
            name = name.upper() if not name.isupper() else name.title()
        elif len(words) > 2:
            del words[chance.randrange(1, len(words))]
            name = " ".join(words)
    return name


def _slip(chance: random.Random, name: str) -> str:
    """Make one slip of the keyboard inside a word."""
    places = [at for at in range(1, len(name) - 1) if name[at].isalpha() and name[at + 1].isalpha()]
    if not places:
        return name
    at = chance.choice(places)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + letter + name[at:],
            name[:at] + letter + name[at + 1 :],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        )
    )


def _ror(folder: Path) -> Iterator[Entry]:
    for path in sorted((folder / "ror").glob("ror-v2*.json")):
        for record in json.loads(path.read_text("utf-8")):
            names: list[tuple[str, str]] = []
            for name in record["names"]:
                kind = (
                    "acronym"
                    if "acronym" in name["types"]
                    else "alias"
                    if "alias" in name["types"]
                    else "label"
                )
                pair = (name["value"], kind)
                names = [pair, *names] if "ror_display" in name["types"] else [*names, pair]
            place = (record["locations"] or [{}])[0].get("geonames_details", {})
            website = next((link["value"] for link in record["links"] if link["type"] == "website"), None)
            yield Entry(record["id"], "ror", names, place.get("country_code"), place.get("name"), website)


def _gleif(folder: Path) -> Iterator[Entry]:
    found: dict[str, Entry] = {}
    for path in sorted((folder / "gleif").glob("level1-lei-cdf/*.xml")):
        for record in ET.parse(path).iter("{http://www.gleif.org/data/schema/leidata/2016}LEIRecord"):
            space = {"l": "http://www.gleif.org/data/schema/leidata/2016"}
            text = {path: (record.findtext(path, None, space) or "") for path in _GLEIF}
            others = [*record.iterfind(".//l:OtherEntityName", space)]
            others += record.iterfind(".//l:TransliteratedOtherEntityName", space)
            names = [
                (text["l:Entity/l:LegalName"], "current"),
                *((one.text or "", "former") for one in others),
            ]
            lei = text["l:LEI"]
            found[lei] = Entry(
                lei, "gleif", names, text["l:Entity/l:LegalAddress/l:Country"],
                text["l:Entity/l:LegalAddress/l:City"],
            )  # fmt: skip
    for path in sorted((folder / "gleif").glob("api-v1-json/**/*.json")):
        content = json.loads(path.read_text("utf-8"))
        data = content.get("data") if isinstance(content, dict) else None
        for record in data if isinstance(data, list) else [data]:
            if not isinstance(record, dict) or record.get("type") != "lei-records":
                continue
            entity = record["attributes"]["entity"]
            others = [*entity["otherNames"], *entity["transliteratedOtherNames"]]
            names = [(entity["legalName"]["name"], "current"), *((one["name"], "former") for one in others)]
            address = entity["legalAddress"]
            found[record["id"]] = Entry(record["id"], "gleif", names, address["country"], address["city"])
    yield from found.values()


_GLEIF = (
    "l:LEI",
    "l:Entity/l:LegalName",
    "l:Entity/l:LegalAddress/l:Country",
    "l:Entity/l:LegalAddress/l:City",
)


def _companies_house(folder: Path) -> Iterator[Entry]:
    place = folder / "companies-house"
    for path in sorted(place.glob("BasicCompanyData*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for given in csv.DictReader(file, skipinitialspace=True):
                row = {key.strip(): value for key, value in given.items() if key}
                names = [(row["CompanyName"], "current")]
                names += [
                    (row[f"PreviousName_{at}.CompanyName"], "former")
                    for at in range(1, 11)
                    if row.get(f"PreviousName_{at}.CompanyName")
                ]
                yield Entry(row["CompanyNumber"], "companies-house", names, "GB", row["RegAddress.PostTown"])
    for path in sorted(place.glob("companieshr*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Entry(
                    row["CompanyNumber"],
                    "companies-house",
                    [(row["CompanyName"], "current")],
                    "GB",
                    row["RegAddress.PostTown"] or None,
                )


def _members(folder: Path) -> Iterator[Entry]:
    names: dict[str, dict[str, str]] = defaultdict(dict)
    sites: dict[str, str] = {}
    for path in (
        folder / "lf-foundation-memberships" / "lf-members-by-snapshot.csv",
        folder / "cncf-membership" / "members-by-snapshot.csv",
    ):
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                slug = row["crunchbase_slug"]
                if slug and row["org_name"]:
                    names[slug][row["org_name"].casefold()] = row["org_name"]
                    sites[slug] = row["homepage_url"]
    for slug, found in names.items():
        pairs = [(name, "other") for name in found.values()]
        yield Entry(slug, "members", pairs, website=sites[slug] or None)


def _sec(folder: Path) -> Iterator[Entry]:
    path = folder / "org-names" / "sec-company-tickers.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            found = {row["cik"]: row["name"] for row in csv.DictReader(file) if row["name"]}
        for cik, name in found.items():
            yield Entry(cik, "sec", [(name, "current")])
