"""Mapping files: what they can say, and what is wrong with them."""

from __future__ import annotations

import pytest
from tertius.loaders.mapping import MappingError, load_mapping, shipped
from tertius.loaders.reading import read
from tertius.ontology.identity import key


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a YAML mapping"),
        ("- a", "must be a YAML mapping"),
        ("[", "row 1: the mapping is not YAML"),
        ("\x00", "not YAML"),
        ("identity: nme", "key 'identity': 'nme' is not 'name'"),
        ("identity: id:foo", "key 'identity'"),
        ("identity: name\nidentity: name", "row 1: the mapping is not YAML: key 'identity' twice"),
        ("identty: name", "key 'identty': there is no such key (did you mean 'identity'?)"),
        ("files: {alliance: {}}", "(did you mean 'alliances'?)"),
        ("files: {participations: {columns: {partnr: x}}}", "(did you mean 'partner'?)"),
        ("files: {participations: {columns: {partner: ''}}}", "files.participations.columns.partner"),
        ("values: {role: x}", "key 'values.role'"),
        ("source: {licence: CC BY}", "key 'source.licence': 'CC BY' is not an http or https address"),
        ("source: {retrieved: soon}", "key 'source.retrieved'"),
        ("labels: {colour: {a: b}}", "key 'labels.colour'"),
        ("separator: ''", "key 'separator'"),
        ("constants: {role: boss}", "key 'constants.role': 'boss': not one of"),
        ("constants: {start: soon}", "key 'constants.start'"),
        ("constants: {form: marriage}", "key 'constants.form'"),
    ],
)
def test_a_wrong_mapping_names_its_key(write, small, text, says):
    path = write(text, "map.yaml")
    with pytest.raises(MappingError) as caught:
        read([small], "s", load_mapping(path)[0], None)
    assert says in str(caught.value)


def test_a_mapping_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(MappingError) as caught:
        load_mapping(tmp_path / "none.yaml")
    assert all(name in str(caught.value) for name in shipped())


def test_shipped_mappings_are_valid_and_documented():
    assert shipped() == (
        "cncf-membership",
        "cordis-export",
        "cordis-h2020-cleantech",
        "cordis-pic",
        "lf-foundation-memberships",
    )
    for name in shipped():
        mapping, digest = load_mapping(name)
        assert mapping.summary
        assert mapping.source.licence
        assert mapping.source.attribution
        assert len(digest) == 64


MAPPING = """
identity: id:lei
source: {title: Test, retrieved: 2024-05-06}
separator: "+"
files:
  participations:
    columns: {alliance: deal, partner: firm, id:lei: lei, role: kind}
    ignore: [comment]
  alliances:
    columns: {alliance: code, start: begun, governance: rules}
    optional: [rules]
constants: {equity: non-equity, country: "NO", form: licensing}
values: {role: {LEAD: coordinator, "no": partner}, start: {unknown: ""}}
"""
DEALS = "code,begun,purpose,rules\nd1,2019,wind,formal-contractual+relational\nd2,unknown,,\nd3,2020,,\n"
FIRMS = "deal,firm,lei,kind,comment,sector\nd1,Ajax,529900T8BM49AURSDO55,lead,x,S1\nd1,Bo,,NO,y,\nd9,Bo,,,,\n"
LEI = "529900T8BM49AURSDO55"


def test_two_files_are_joined_whatever_their_order(write):
    mapping, _ = load_mapping(write(MAPPING, "map.yaml"))
    files = [write(FIRMS, "firms.csv"), write(DEALS, "deals.csv")]
    one, other = read(files, "s", mapping, None), read(files[::-1], "s", mapping, None)
    assert not one.problems
    assert not other.problems
    assert list(one.facts.alliances) == list(other.facts.alliances) == ["d1", "d9"]
    first, late = one.facts.alliances.values()
    assert first.dates["start"].text == "2019"
    assert first.texts["purpose"] == "wind"
    assert first.concepts == {
        "governance": ("formal-contractual", "relational"),
        "equity": ("non-equity",),
        "form": ("licensing",),
    }
    assert late.dates == {}
    notes = one.notes.counts
    assert (notes["no-partner"], notes["undescribed-alliance"], notes["without-identifier"]) == (2, 1, 2)


def test_values_constants_and_identity_follow_the_mapping(write):
    mapping, _ = load_mapping(write(MAPPING, "map.yaml"))
    facts = read([write(FIRMS, "firms.csv"), write(DEALS, "deals.csv")], "s", mapping, None).facts
    assert [(p.organization.name, p.role) for p in facts.participations()] == [
        ("Ajax", "coordinator"),
        ("Bo", "partner"),
        ("Bo", "partner"),
    ]
    assert [entry.key for entry in facts.organizations] == [key("lei", LEI), key("s", "Bo", "NO")]
    assert [entry.circles.get("country") for entry in facts.organizations] == ["NO", "NO"]


@pytest.mark.parametrize(
    ("identity", "keys"),
    [
        ("name", [("s", "Ajax", ""), ("s", "Bo", "")]),
        ("name+country", [("s", "Ajax", "NL"), ("s", "Bo", "NL"), ("s", "Ajax", "DE")]),
    ],
)
def test_identity_decides_how_many_organisations_there_are(write, identity, keys):
    mapping, _ = load_mapping(write(f"identity: {identity}", "map.yaml"))
    table = write("alliance,partner,country\na,Ajax,NL\na,Bo,NL\nb,Ajax,DE\n")
    facts = read([table], "s", mapping, None).facts
    assert [entry.key for entry in facts.organizations] == [key(*parts) for parts in keys]


def test_a_file_that_the_mapping_needs_and_nobody_gave_is_a_problem(write):
    mapping, _ = load_mapping(write(MAPPING, "map.yaml"))
    found = read([write(FIRMS, "firms.csv")], "s", mapping, None)
    assert [p.message for p in found.problems] == [
        "the mapping also needs the alliances file, whose header has 'code'"
    ]


def test_a_column_that_the_mapping_names_must_be_there(write):
    mapping, _ = load_mapping(write(MAPPING, "map.yaml"))
    files = [write(FIRMS, "firms.csv"), write(DEALS.replace("begun", "begin"), "deals.csv")]
    found = read(files, "s", mapping, None)
    assert [p.code for p in found.problems] == ["missing-column"]
    assert "'begun' (did you mean 'begin'?)" in found.problems.listed[0].message


def test_lenient_identifiers_and_remarks_are_counted(write):
    mapping, _ = load_mapping(
        write(
            "lenient: [id:pic]\nremarks: {left: {'yes': gone early}}\n"
            "files: {participations: {ignore: ['*']}}",
            "m.yaml",
        )
    )
    table = write("alliance,partner,id:pic,left,x\na,Ajax,999981634,no,1\na,Bo,none,YES,2\n")
    found = read([table], "s", mapping, None)
    assert not found.problems
    assert found.notes.counts == {"identifier-left-out": 1, "remark": 1, "undated-alliance": 1}
    assert [note.message for note in found.notes if note.code == "remark"] == ["1 rows: gone early"]
