"""A snapshot with a small register and a table of alliances, loaded as any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tertius.loaders import LoadJob, load
from tertius.queries.matching import Matcher
from tertius.store import Snapshots

# name in use, other names (kind, text), country, city, website
RECORDS = {
    "https://ror.org/05a28rw58": (
        "International Business Machines (United States)",
        [("acronym", "IBM"), ("alias", "Computing Tabulating Recording")],
        "US",
        "Armonk",
        "https://www.ibm.com/",
    ),
    "https://ror.org/013meh722": (
        "University of Cambridge",
        [("alias", "Cambridge University"), ("label", "Prifysgol Caergrawnt")],
        "GB",
        "Cambridge",
        "https://www.cam.ac.uk",
    ),
    "https://ror.org/02jx3x895": ("University of Canterbury", [], "NZ", "Christchurch", None),
    "https://ror.org/02j13m798": ("Siemens (Germany)", [("label", "Siemens AG")], "DE", "Munich", None),
    "https://ror.org/02qz8b764": ("Siemens Energy (Germany)", [], "DE", "Munich", None),
    "https://ror.org/00f54p054": ("Research Fund II", [], "US", "Boston", None),
    "https://ror.org/01abcd016": ("Research Fund III", [], "US", "Boston", None),
}
TABLE = """alliance,partner,country,id:lei,start
a,Philips Electronics Nederland B.V.,NL,549300DK4D6VHZFT7B75,2019
a,Société Générale,FR,O2RNE8IBXP4R0TD8PU41,2019
a,Müller Maschinenbau GmbH & Co. KG,DE,,2019
a,Delta Ltd,GB,,2019
a,Delta Ltd,IE,,2019
"""


def _record(ror: str) -> dict[str, object]:
    name, others, country, city, website = RECORDS[ror]
    names = [{"value": name, "types": ["ror_display", "label"], "lang": "en"}]
    names += [{"value": text, "types": [kind], "lang": None} for kind, text in others]
    return {
        "id": ror,
        "names": names,
        "status": "active",
        "types": ["education"],
        "external_ids": [],
        "established": None,
        "links": [{"type": "website", "value": website}] if website else [],
        "locations": [{"geonames_details": {"country_code": country, "name": city}}],
        "relationships": [],
    }


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> Path:
    """The search index of the snapshot."""
    folder = tmp_path_factory.mktemp("matching")
    register, table = folder / "ror.json", folder / "alliances.csv"
    register.write_text(json.dumps([_record(ror) for ror in RECORDS]), encoding="utf-8")
    table.write_text(TABLE, encoding="utf-8")
    data = folder / "data"
    load(LoadJob(data=data, source="register", files=(register,), mapping="ror"))
    load(LoadJob(data=data, source="alliances", files=(table,)))
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    return snapshot.search_path


@pytest.fixture(scope="session")
def matcher(index) -> Matcher:
    return Matcher(index)
