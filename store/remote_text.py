"""A query made ready for a service that is not ours: what it is, what it may not say, its prefixes.

The service parses the query. What is read here is its form, because the request says which media types are
wanted, and whatever a service might understand beyond SPARQL 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from tertius.store.errors import QuerySyntaxError, RefusedQuery
from tertius.store.evaluation import TOKEN

Form = Literal["select", "ask", "construct", "describe"]

_FORMS: Final[dict[str, Form]] = {
    "select": "select",
    "ask": "ask",
    "construct": "construct",
    "describe": "describe",
}
_EXPECTED: Final = "expected SELECT, ASK, CONSTRUCT or DESCRIBE"
_UPDATES: Final = frozenset(
    {"insert", "delete", "load", "clear", "drop", "create", "add", "move", "copy", "modify"}
)
# Virtuoso calls functions of its own by such names, one of which fetches any address for anybody.
_FOREIGN: Final = re.compile(r"<?(?:bif|sql):", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class Prepared(NamedTuple):
    """A query as it is sent.

    Attributes:
        text: the query with the prefixes it needs.
        form: what kind of query it is.
        shift: characters put before its first line.
        clauses: where its FROM clauses begin and end.
    """

    text: str
    form: Form
    shift: int
    clauses: tuple[tuple[int, int], ...]

    @property
    def without_dataset(self) -> str:
        """The text with blanks in the place of its FROM clauses, so that places in it stay the same."""
        text = self.text
        for start, end in self.clauses:
            text = text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
        return text

    @property
    def has_dataset(self) -> bool:
        """Whether it names its own graphs with FROM."""
        return bool(self.clauses)

    @property
    def is_graph(self) -> bool:
        """Whether the answer holds triples."""
        return self.form in {"construct", "describe"}


def prepare(text: str, prefixes: Mapping[str, str]) -> Prepared:
    """Read a query's form and declare the known prefixes it uses without declaring them.

    Args:
        text: a SPARQL query.
        prefixes: prefix to namespace.

    Raises:
        QuerySyntaxError: the text cannot be a query: an update, or nothing that begins like one.
        RefusedQuery: it calls a function that only one vendor's service has.
    """
    _check_characters(text)
    form: Form | None = None
    clauses: list[tuple[int, int]] = []
    began: int | None = None
    used, declared = set[str](), set[str]()
    before = ""
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.isspace() or token.startswith("#"):
            continue
        word = (match["word"] or "").lower()
        if word in _UPDATES:
            raise QuerySyntaxError(f"error at {_place(text, match.start())}: expected a query, not an update")
        if form is None:
            form = _in_prologue(text, match, word, before)
        if word == "from":
            began = match.start()
        elif began is not None and word != "named":
            clauses.append((began, match.end()))
            began = None
        if match["name"] is not None:
            (declared if before == "prefix" else used).add(token.partition(":")[0])
        before = word
    if form is None:
        raise QuerySyntaxError(f"error at {_place(text, len(text))}: {_EXPECTED}")
    missing = sorted((used - declared) & prefixes.keys())
    head = "".join(f"PREFIX {name}: <{prefixes[name]}> " for name in missing)
    shift = len(head)
    return Prepared(head + text, form, shift, tuple((start + shift, end + shift) for start, end in clauses))


def _in_prologue(text: str, match: re.Match[str], word: str, before: str) -> Form | None:
    """Return the form once its keyword is met; only declarations may come before it."""
    if word in _FORMS:
        return _FORMS[word]
    declares = word in {"prefix", "base"}
    named = match["name"] is not None and before == "prefix"
    if not declares and not named and match["iri"] is None:
        raise QuerySyntaxError(f"error at {_place(text, match.start())}: {_EXPECTED}")
    return None


def _check_characters(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QuerySyntaxError("the query is not valid Unicode text")
    if "\0" in text:
        # Some services would read only what comes before it.
        raise QuerySyntaxError(f"error at {_place(text, text.index(chr(0)))}: U+0000 cannot stand in a query")
    plain = _ESCAPE.sub(_unescaped, text)
    for match in TOKEN.finditer(plain):
        if (match["iri"] or match["name"]) and _FOREIGN.match(match.group()):
            raise RefusedQuery(
                "names that begin with bif: or sql: are functions of one vendor's service and are never "
                "called from here; use the functions of SPARQL 1.1"
            )


def _unescaped(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number <= 0x10FFFF else match.group()


def _place(text: str, offset: int) -> str:
    return f"{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"
