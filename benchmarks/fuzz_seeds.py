"""What fuzzing begins with, most of it small files of the tests, and mutations that keep their form."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
import re
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_REGISTERS: Final = ROOT / "tests" / "loaders" / "registers"
_DATA: Final = _REGISTERS / "data"

QUERIES: Final = [
    b"SELECT ?a WHERE { ?a <urn:b> 'c'@en , 1.5e3 . FILTER(?a < 3 && ?a > 2) }",
    b"ASK { SERVICE <x> {} }",
    b'PREFIX a: <b> CONSTRUCT { ?s a:b [] } { VALUES ?s { "\\u0041"^^a:c } ?s a:c/^a:d+ (1 2) # e\n }',
    b"SELECT (COUNT(*) AS ?n) { << ?a ?b ?c >> ?d '''x'y''' MINUS { GRAPH ?g { ?a !(a|^a) ?c } } }",
]
TABLES: Final = [b"alliance,partner,start,id:lei\na1,One,2015-01-01,\na1,Two,2016,\n", b'a;b\r\n"x""";2\r\n']
ALLIANCES: Final = [
    (
        b"alliance,alliance_name,partner,role,start,end,country,type,id:pic,orientation,form,governance,size\n"
        b"a1,Alpha,Anker BV,coordinator,2015-01-01,2018-12-31,NL,PRC,999990001,exploration,licensing,,big\n"
        b"a1,Alpha,Brug GmbH,partner,2015,2018-12,DE,PRC,,exploration,unheard of,relational,\n"
    ),
    b'alliance;partner;from;to;sector;purpose\n"a ""1""";"\xc3\x89lan & <Fils>";2018-06;;energy;"x\ny"\n',
]
OBSERVED: Final = [
    (
        b"snapshot_date,commit,org_name,tier,joined,enduser,homepage_url,unnamed_organization\n"
        b"2020-07-01,5371656489d7,Alibaba Cloud,Platinum,2019-01,,https://x/,\n"
        b"2020-08-01,5371656489d7,Alibaba Cloud,Platinum,,,https://x/,yes\n"
    ),
]
MAPPINGS: Final = [
    (
        b"summary: x\nidentity: id:lei\nfiles:\n  participations:\n    columns: {partner: org_name}\n"
        b"    ignore: [snapshot_date, '*']\nconstants:\n  alliance: A\n  form: licensing\nseparator: ';'\n"
    ),
    (ROOT / "loaders" / "mappings" / "cncf-membership.yaml").read_bytes(),
    (ROOT / "loaders" / "mappings" / "cordis-h2020-cleantech.yaml").read_bytes(),
]
BEARERS: Final = (
    "alliance,partner,start,id:lei,id:gb-coh\n"
    "a,One,2019-01-01,549300YX4S1LLSMK2627,\na,Two,2019-01-01,,01234567\n"
)
REVIEWED: Final = [
    (
        b"left,right,verdict,note,score\naaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbb,same,looks right,0.9\n"
        b"aaaaaaaaaaaaaaaa,cccccccccccccccc,d,,\n"
    ),
]
_WIKIDATA: Final = {
    "head": {"vars": ["lei", "item", "what", "said"]},
    "results": {
        "bindings": [
            {
                "lei": {"type": "literal", "value": "549300YX4S1LLSMK2627"},
                "item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q42"},
                "what": {"type": "literal", "value": what},
                "said": {"type": "literal", "value": said, "xml:lang": "en"},
            }
            for what, said in (
                ("label", "An organisation"),
                ("alias", "AO"),
                ("country", "DE"),
                ("ror", "https://ror.org/02e2c7k09"),
                ("founded", "1999-01-01T00:00:00Z"),
                ("website", "https://x.example/"),
            )
        ]
    },
}


def _file(name: str) -> bytes:
    return (_DATA / name).read_bytes()


def _few(name: str) -> list[bytes]:
    """Return the records of a list, two at a time: short inputs are mutated faster."""
    records = json.loads(_file(name))
    return [json.dumps(records[at : at + 2]).encode() for at in range(0, min(len(records), 24), 2)]


def _golden_copies() -> list[bytes]:
    spec = importlib.util.spec_from_file_location("golden", _REGISTERS / "golden.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_REGISTERS / "golden.py")
    golden = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(golden)
    found = []
    records = {"level-1": "LEIRecord", "level-2": "RelationshipRecord", "exceptions": "Exception"}
    with tempfile.TemporaryDirectory() as folder:
        for name, record in records.items():
            target = Path(folder) / name
            golden.write(_DATA / f"gleif-{name}.xml", target, record)
            found.append(target.read_bytes())
    return found


def registers() -> dict[str, tuple[str, list[bytes], bool]]:
    """Return target -> name of the register, what to begin with, and whether that is JSON."""
    xml = [_file(f"gleif-{name}.xml") for name in ("level-1", "level-2", "exceptions")]
    tables = _golden_copies()
    delta = [one.replace(b"FULL_PUBLISHED", b"DELTA_PUBLISHED") for one in xml]
    gone = [one.replace(b",\r\n", b",2024-01-02T00:00:00Z\r\n", 3) for one in tables]
    api = [_file("gleif-api-records.json"), _file("gleif-api-relationship.json")]
    return {
        "gleif": ("gleif", xml, False),
        "gleif-csv": ("gleif", tables, False),
        "gleif-api": ("gleif", api, True),
        "gleif-delta": ("gleif-delta", [*delta, *gone], False),
        "ror": ("ror", _few("ror.json"), True),
        "bods": (
            "bods",
            [_file(f"bods-{name}.json") for name in ("fermcat", "fi-soe", "indirect")],
            True,
        ),
        "companies-house": ("companies-house", [_file("companies-house.csv")], False),
        "companies-house-json": (
            "companies-house",
            [_file("companies-house-profile.json"), *_file("companies-house-control.jsonl").splitlines()],
            True,
        ),
        "kvk": ("kvk", _few("kvk-profiles.json"), True),
        "cordis-organizations": ("cordis-organizations", [_file("cordis-organizations.csv")], False),
        "wikidata": ("wikidata", [json.dumps(_WIKIDATA).encode()], True),
    }


def answers() -> dict[str, list[bytes]]:
    """Return register -> answers that it gives over the network."""
    return {
        "gleif": [_file("gleif-api-records.json")],
        "wikidata": [json.dumps(_WIKIDATA).encode()],
        "companies-house": [_file("companies-house-profile.json")],
    }


_PIECE: Final = re.compile(rb'"[^"\n]*"|[A-Za-z0-9_:.-]+|\s+|.', re.DOTALL)
_ODD: Final = [
    b"",
    b"\0",
    b'"',
    b"\xff",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\xef\xbf\xbf",
    b"0",
    b"-1",
    b"1e999",
    b"9" * 5000,
    b"0000-00-00",
    b"9999-12-31",
    b"2020-02-30",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\r",
    b"\\",
    b"<",
    b">",
    b"&#x0;",
    b"&lt;",
    b"<![CDATA[",
    b"]]>",
    b"{}",
    b"[]",
    b"null",
    b"\xef\xbb\xbf",
    b"\t",
    b"\xd9\xa3",
    b"%00",
    b" ",
    b"id:lei",
]
_VALUES: Final[list[Any]] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    1e308,
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "\uffff",
    "\x85",
    '<>"{}|^`\\',
    "2020-02-30",
    "9999-12-31T00:00:00Z",
    "0001-01-01",
    "\u0662\u0660\u0662\u0660-\u0660\u0661-\u0660\u0661",
    "5",
    "x" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": {}},
    [{}],
    "549300YX4S1LLSMK2627",
    "LEI",
    "en-",
    "NL",
    "🜚",
]


def changed_text(data: bytes, seed: int) -> bytes:
    """Change some words, cells or tags: drop, repeat or swap them, or put odd ones there."""
    chance = random.Random(seed)
    pieces = _PIECE.findall(data[:100_000])
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not pieces:
            break
        at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        kind = chance.randrange(5)
        if kind == 0:
            del pieces[at : at + chance.choice((1, 1, 5))]
        elif kind == 1:
            pieces[at:at] = pieces[other : other + chance.choice((1, 3, 10))]
        elif kind == 2:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif kind == 3:
            pieces[at] = chance.choice(_ODD)
        else:
            pieces[at] = pieces[at][:1] + chance.choice(_ODD) + pieces[at][-1:]
    return b"".join(pieces)


def changed_json(data: bytes, seed: int) -> bytes | None:
    """Change some values of a JSON document, or nothing where it is none."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        return None
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 3))):
        places: list[tuple[Any, Any]] = []
        _collect(whole, places, 0)
        if not places:
            return json.dumps(chance.choice(_VALUES)).encode()
        holder, at = chance.choice(places)
        kind = chance.randrange(4)
        if kind == 0:
            del holder[at]
        elif kind == 1:
            other, place = chance.choice(places)
            holder[at] = copy.deepcopy(other[place])
        else:
            # A copy, for the next change may be one of its own insides.
            holder[at] = copy.deepcopy(chance.choice(_VALUES))
    return json.dumps(whole).encode()


def _collect(value: Any, places: list[tuple[Any, Any]], depth: int) -> None:
    if depth > 50:
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, one in inside:
        places.append((value, at))
        _collect(one, places, depth + 1)
