"""Content negotiation: which representation a request asks for, decided before any work is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tertius.api.errors import NotAcceptable


@dataclass(frozen=True, slots=True)
class Media:
    """One representation that an address offers.

    Attributes:
        name: The short name that `?format=` takes.
        type: The media type without parameters, in lower case.
        aliases: Other media types that ask for the same thing.
        names: Other short names that `?format=` takes for it.
        content_type: What the `Content-Type` header says; `type` where it is empty.
    """

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    content_type: str = ""
    names: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """The value of the `Content-Type` header."""
        return self.content_type or self.type


JSON: Final = Media("json", "application/json")
JSONLD: Final = Media("jsonld", "application/ld+json", names=("json-ld",))
TURTLE: Final = Media("turtle", "text/turtle", content_type="text/turtle; charset=utf-8")
NTRIPLES: Final = Media("ntriples", "application/n-triples", names=("n-triples", "nt"))
RDFXML: Final = Media("rdfxml", "application/rdf+xml", names=("rdf+xml", "rdf", "xml"))
CSV: Final = Media("csv", "text/csv", content_type="text/csv; charset=utf-8; header=present")
TSV: Final = Media(
    "tsv", "text/tab-separated-values", content_type="text/tab-separated-values; charset=utf-8"
)
HTML: Final = Media("html", "text/html", ("application/xhtml+xml",), "text/html; charset=utf-8")
GRAPHML: Final = Media("graphml", "application/graphml+xml")
GEXF: Final = Media("gexf", "application/gexf+xml")
GEXF_DYNAMIC: Final = Media("gexf-dynamic", "application/gexf+xml")
PAJEK: Final = Media(
    "pajek", "text/x-pajek", content_type="text/x-pajek; charset=utf-8", names=("net", "pajek-net")
)
PAJEK_PROJECT: Final = Media(
    "pajek-project",
    "text/x-pajek-project",
    content_type="text/x-pajek-project; charset=utf-8",
    names=("paj",),
)
UCINET: Final = Media(
    "ucinet", "text/x-ucinet-dl", content_type="text/x-ucinet-dl; charset=utf-8", names=("dl", "ucinet-dl")
)
PARQUET: Final = Media("parquet", "application/vnd.apache.parquet")
ARROW: Final = Media("arrow", "application/vnd.apache.arrow.file", names=("feather",))
CYTOSCAPE: Final = Media("cytoscape", "application/json", names=("cyjs", "json"))
SPARQL_JSON: Final = Media("json", "application/sparql-results+json", ("application/json",))
SPARQL_XML: Final = Media("xml", "application/sparql-results+xml", ("application/xml", "text/xml"))

_HTTP_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE: Final = re.compile(rf"\s*(?:({_HTTP_NAME})/({_HTTP_NAME})|(\*))\s*")
_PARAMETER: Final = re.compile(
    rf"\s*;\s*(?:({_HTTP_NAME})\s*=\s*(?:({_HTTP_NAME})|\"((?:[^\"\\]|\\.)*)\"))?\s*"
)
_QUALITY: Final = re.compile(r"(?:[01]?\.\d{1,6}|[01]\.?)")


@dataclass(frozen=True, slots=True)
class Range:
    """One media range of an `Accept` header.

    Attributes:
        kind: Type, or `*`.
        sub: Sub-type, or `*`.
        parameters: Media type parameters in lower case, without `q`.
        quality: From 0 (never) to 1.
    """

    kind: str
    sub: str
    parameters: tuple[tuple[str, str], ...]
    quality: float

    def specificity(self, media_type: str, content_type: str) -> int:
        """Tell how precisely the range names a media type: 0 not at all, 3 and more exactly."""
        kind, _, sub = media_type.partition("/")
        if self.kind == "*" and self.sub == "*":
            score = 1
        elif self.kind == kind and self.sub == "*":
            score = 2
        elif self.kind == kind and self.sub == sub:
            score = 3
        else:
            return 0
        for name, value in self.parameters:
            if name == "charset":
                if value not in {"utf-8", "utf8", "*"}:
                    return 0
            elif f"{name}={value}" in content_type.replace(" ", "").split(";"):
                score += 1
            else:
                return 0
        return score


def parse_accept(header: str) -> list[Range]:
    """Read an `Accept` header.

    Elements that are not media ranges are left out, as RFC 9110 (2022), section 12.5.1 lets a server do;
    a bare `*` is read as `*/*` because old clients send it.

    Args:
        header: The header's value; several headers joined by commas.

    Returns:
        The media ranges in the order given.
    """
    ranges = []
    for element in _split(header):
        found = _RANGE.match(element)
        if found is None:
            continue
        kind, sub, star = found.groups()
        parsed = _parameters(element[found.end() :])
        if parsed is None or (kind == "*" and sub != "*"):
            continue
        parameters, quality = parsed
        ranges.append(Range((kind or star).lower(), (sub or star).lower(), parameters, quality))
    return ranges


def choose(accept: str | None, wanted: str | None, offered: Sequence[Media]) -> Media:
    """Pick the representation to answer with.

    `?format=` decides alone when it is given; it takes short names and media types. Otherwise the quality of
    the most specific range that covers a media type is its quality (RFC 9110, section 12.5.1); the highest
    wins, then the more specific range, then the one named first, then the order in which the address offers.

    Args:
        accept: The `Accept` header, or `None` where there was none: anything will do.
        wanted: The value of `?format=`, or `None`.
        offered: What the address can answer with, the preferred one first.

    Raises:
        NotAcceptable: Nothing offered is acceptable; the problem lists what is.
    """
    if wanted is not None:
        for media in offered:
            if wanted.lower() in {media.name, media.type, *media.names, *media.aliases}:
                return media
        raise _nothing(f"format={wanted[:40]} is not offered here.", offered, parameter="format")
    if accept is None or not accept.strip():
        return offered[0]
    ranges = parse_accept(accept)
    best: tuple[float, int, int, int] | None = None
    chosen: Media | None = None
    for order, media in enumerate(offered):
        for media_type in (media.type, *media.aliases):
            # An alias has to be asked for by name: wildcards and refusals are about the type itself.
            least = 1 if media_type == media.type else 3
            scored = [
                (score, -place, given.quality)
                for place, given in enumerate(ranges)
                if (score := given.specificity(media_type, media.content_type)) >= least
            ]
            if not scored:
                continue
            score, place, quality = max(scored)
            rank = (quality, score, place, -order)
            if quality > 0 and (best is None or rank > best):
                best, chosen = rank, media
    if chosen is None:
        raise _nothing("None of the media types in Accept is offered here.", offered)
    return chosen


def _nothing(detail: str, offered: Sequence[Media], **members: Any) -> NotAcceptable:
    listing = ", ".join(f"{media.type} (format={media.name})" for media in offered)
    return NotAcceptable(
        f"{detail} Offered: {listing}.", acceptable=[media.type for media in offered], **members
    )


def _split(header: str) -> list[str]:
    """Split at commas that are not inside a quoted string."""
    parts, start, quoted, escaped = [], 0, False, False
    for place, character in enumerate(header):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(header[start:place])
            start = place + 1
    parts.append(header[start:])
    return parts


def _parameters(text: str) -> tuple[tuple[tuple[str, str], ...], float] | None:
    """Read `;name=value` pairs up to and with `q`; `None` where they are not well formed."""
    found: list[tuple[str, str]] = []
    quality = 1.0
    place = 0
    while place < len(text):
        match = _PARAMETER.match(text, place)
        if match is None or match.end() == place:
            return None
        place = match.end()
        name, token, quoted = match.groups()
        if name is None:
            continue
        value = token if token is not None else re.sub(r"\\(.)", r"\1", quoted)
        if name.lower() == "q":
            if not _QUALITY.fullmatch(value):
                return None
            quality = min(float(value), 1.0)
            break  # what follows q are accept extensions, which nothing has ever defined
        found.append((name.lower(), value.lower()))
    return tuple(found), quality
