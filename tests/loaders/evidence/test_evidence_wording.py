"""Own words only: no text of the coding shares eight consecutive words with a document."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

CODING = Path(__file__).parents[3] / "loaders" / "evidence"
DOCS = Path(__file__).parents[3] / "docs"

LONGEST = 7
"""Consecutive words of a document that a text of ours may share with it; eight are a quotation."""


def words(text: str) -> list[str]:
    """Return a text's words in lower case; punctuation and mark-up of any kind only separate them."""
    return re.findall(r"[^\W_]+", re.sub(r"<[^>]*>", " ", text).lower())


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every run of eight consecutive words."""
    found = words(text)
    for start in range(len(found) - LONGEST):
        yield tuple(found[start : start + LONGEST + 1])


def shared(text: str, documents: set[tuple[str, ...]]) -> list[str]:
    """Return the runs of a text that documents have too."""
    return [" ".join(run) for run in runs(text) if run in documents]


def strings(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from strings(part)


def own_texts():
    for path in sorted(CODING.rglob("*.yaml")):
        for text in strings(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)):
            yield path.name, text
    for path in (*sorted(CODING.rglob("*.md")), DOCS / "evidence.md"):
        yield path.name, path.read_text(encoding="utf-8")


def test_a_quotation_is_noticed_whatever_its_punctuation():
    document = set(runs("The <b>quick</b> brown fox, jumps over the lazy dog; and then it sleeps."))
    assert shared("See: “the quick brown fox jumps over a LAZY dog”", document) == []
    assert shared("See: “the quick brown fox jumps — over the LAZY dog”", document) == [
        "the quick brown fox jumps over the lazy",
        "quick brown fox jumps over the lazy dog",
    ]


def test_no_text_of_ours_quotes_a_document_at_hand(texts):
    documents = {run for text in texts.values() for run in runs(text)}
    assert bool(documents) == bool(texts)
    quoted = [(name, run) for name, text in own_texts() for run in shared(text, documents)]
    assert quoted == []


def test_no_text_of_ours_is_long_enough_to_be_a_passage():
    """What can be known without the documents: a sentence that restates is short."""
    for name, text in own_texts():
        if name.endswith(".yaml"):
            assert len(text) <= 1000, (name, text[:80])
