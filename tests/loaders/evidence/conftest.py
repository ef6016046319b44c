"""The shipped coding, the documents where they are at hand, and a small invented coding to break."""

import copy
import os
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from tertius.loaders import LoadJob, load
from tertius.loaders.evidence import Evidence, evidence_quads, read_evidence
from tertius.loaders.evidence.places import read_document
from tertius.ontology import ontology_graph

ROOT = Path(__file__).parents[3]
CODING = ROOT / "loaders" / "evidence"


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return read_evidence(CODING)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory) -> Path:
    """A data directory into which the shipped evidence base was loaded."""
    data = tmp_path_factory.mktemp("evidence") / "data"
    assert load(LoadJob.evidence(data)).published
    return data


@pytest.fixture(scope="session")
def quads(evidence) -> list[ox.Quad]:
    return list(evidence_quads(evidence))


@pytest.fixture(scope="session")
def graph(quads) -> ox.Store:
    """Ontology and evidence together, as a reader of the union sees them."""
    store = ox.Store()
    store.bulk_extend(quads)
    ontology = ox.NamedNode("https://example.org/ontology")
    store.bulk_extend(ox.Quad(*triple, ontology) for triple in ontology_graph())
    return store


@pytest.fixture(scope="session")
def texts(evidence) -> dict[str, str]:
    """The documents by number, as far as a folder with them is at hand; empty elsewhere.

    The documents are not part of the project: one of them is confidential. TERTIUS_DOCUMENTS names their
    folder.
    """
    folder = Path(os.environ.get("TERTIUS_DOCUMENTS", ROOT.parent / "shared" / "sources"))
    return {
        document.id: read_document(document, folder)
        for document in evidence.documents
        if (folder / document.file).is_file()
    }


def label(text: str) -> dict[str, str]:
    return {"en": text, "nl": text}


def locator(**more: object) -> dict[str, object]:
    return {"document": "900", "part": "table 1", "lines": [2, 3], **more}


def coded(value: object) -> dict[str, object]:
    return {"value": value, "at": [] if value is None else ["table-1"]}


VALUES = [
    {"key": "strong", "label": label("strong"), "rule": "Said to be close."},
    {"key": "weak", "label": label("weak"), "rule": "Said to be loose."},
]
ORIENTATIONS = [
    {"key": "exploitation", "label": label("exploitation"), "rule": "Sells."},
    {"key": "exploration", "label": label("exploration"), "rule": "Searches."},
]
UNKNOWN = ("orientation_qualifier", "innovation", "market_scope", "sector", "is_alliance", "channel_model")
DAF = ("daf_form", "daf_independent", "daf_level")
CONDITION = {"construct": "tie", "values": ["strong"]}
ITEM = {"label": label("An item"), "text": {"en": "What it is."}, "locator": locator()}

SMALL = {
    "documents.yaml": {
        "documents": [
            {
                "id": "900",
                "title": "An invented study",
                "authors": ["Doe"],
                "year": 2001,
                "language": "en",
                "kind": "blog",
                "confidentiality": "None.",
                "file": "900_invented.txt",
                "sha256": "0" * 64,
                "lines": 9,
                "notes": [],
                "not_in_text": [],
            }
        ]
    },
    "codebook.yaml": {
        "version": 1,
        "document": "900",
        "coding_unit": "One sentence.",
        "rules": [{"key": "silence", "rule": "Silence is unknown."}],
        "confidence": {"high": "Said.", "medium": "Inferred.", "low": "Guessed."},
        "case_attributes": [
            {
                "key": "orientation",
                "label": label("orientation"),
                "definition": "What for.",
                "scheme": "orientation",
                "values": ORIENTATIONS,
            }
        ],
        "constructs": [
            {
                "key": "tie",
                "label": label("tie"),
                "definition": "How close.",
                "unit": "case",
                "concerns": {"structure": "tie-strength"},
                "scheme": None,
                "multiple": False,
                "values": VALUES,
            }
        ],
    },
    "cases.yaml": {
        "cases": [
            {
                "letter": "A",
                "title": label("a shop"),
                "attributes": {
                    "orientation": coded("exploration"),
                    **{name: coded(None) for name in (*UNKNOWN, *DAF)},
                },
                "interviewees": [{"role": label("owner"), "number": 2, "at": ["table-1"]}],
                "interviews": 2,
                "note": None,
                "places": {"table-1": locator()},
            }
        ]
    },
    "observations/table-1.yaml": {
        "observations": [
            {
                "id": f"o-{number}",
                "case": "A",
                "construct": "tie",
                "value": "strong",
                "paraphrase": "The shop sticks to those it knows.",
                "locator": locator(),
                "voice": "author",
                "confidence": "high",
            }
            for number in (1, 2)
        ]
    },
    "group_statements.yaml": {
        "group_statements": [
            {
                "id": "g-1",
                "group": "all",
                "quantifier": "count",
                "count": 1,
                "total": 1,
                "construct": "tie",
                "value": "strong",
                "illustrated_by": ["A"],
                "statement": "One of one is close.",
                "locator": locator(),
                "confidence": "low",
            }
        ]
    },
    "propositions.yaml": {
        "propositions": [
            {
                "number": number,
                "statement": label("Close ties help."),
                "orientation": "exploration",
                "unit": "case",
                "concerns": {"phase": "search"},
                "relation": {"type": "association", "antecedent": [CONDITION], "consequent": [CONDITION]},
                "kind": "data",
                "note": None,
                "speaks_for": [CONDITION],
                "speaks_against": [{"construct": "tie", "values": ["weak"]}],
                "contrasts_with": [3 - number],
                "literature": [],
                "locators": [locator()],
            }
            for number in (1, 2)
        ]
    },
    "frameworks/lists.yaml": {
        "frameworks": [
            {
                "key": "steps",
                "title": label("Steps"),
                "kind": "ordered",
                "documents": ["900"],
                "locators": [locator()],
                "description": {"en": "What to do."},
                "items": [
                    {"key": "first", "number": 1, "same_as": ["rules/one"], **ITEM},
                    {"key": "second", "number": 2, "parent": "first", **ITEM},
                ],
            },
            {
                "key": "rules",
                "title": label("Rules"),
                "kind": "matrix",
                "documents": ["900"],
                "locators": [locator()],
                "description": {"en": "What to heed."},
                "rows": [{"key": "up", "label": label("up")}],
                "columns": [{"key": "left", "label": label("left")}],
                "items": [
                    {
                        "key": "one",
                        "number": 1,
                        "row": "up",
                        "column": "left",
                        "same_as": ["steps/first"],
                        "question": label("Well?"),
                        "answer": "yes-no",
                        **ITEM,
                    }
                ],
            },
        ]
    },
    "ambiguities.yaml": {
        "ambiguities": [
            {
                "key": "doubt",
                "kind": "within-document",
                "aspect": "content",
                "documents": ["900"],
                "title": {"en": "Close or loose"},
                "summary": {"en": "Both are said."},
                "concerns": ["steps/first"],
                "coded_as": {"en": "Both are coded."},
                "readings": [
                    {"key": name, "text": {"en": f"It is {name}."}, "locator": locator()}
                    for name in ("so", "else")
                ],
            }
        ]
    },
}


@pytest.fixture
def small(tmp_path) -> Callable[[Callable[[dict], object]], Path]:
    """Write the small coding after a change to it, and return its folder."""

    def write(change: Callable[[dict], object]) -> Path:
        coding = copy.deepcopy(SMALL)
        change(coding)
        for path, content in coding.items():
            file = tmp_path / path
            file.parent.mkdir(exist_ok=True)
            text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return write
