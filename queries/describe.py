"""The catalogue told to programs: as plain data, and as SHACL's `sh:SPARQLExecutable` in RDF."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from tertius.ontology import identity
from tertius.ontology.namespaces import DEFAULT_BASE, PREFIXES, RDF, RDFS, SCHEMA, SH, XSD
from tertius.queries.named_queries import EXAMPLE_CONTEXT, Catalogue, NamedQuery
from tertius.queries.params import Context, Parameter

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def describe(query: NamedQuery, context: Context = EXAMPLE_CONTEXT) -> dict[str, Json]:
    """Return what a named query says about itself, as data for JSON.

    Args:
        query: the named query.
        context: base IRI, and the as-of date that the example text gets where it needs one.

    Returns:
        `name`, `topic`, `summary`, `description`, `tags`, `proposition`, `parameters` and `columns` in order,
        `service` (what it asks of a service outside), `order`, `seconds`, the `text` with its parameters, and
        an `example` that any SPARQL editor runs.
    """
    header = query.header
    tags: list[Json] = [*header.tags]
    order: list[Json] = [*header.order]
    return {
        "name": query.name,
        "topic": query.topic,
        "summary": header.summary,
        "description": header.description.strip(),
        "tags": tags,
        "proposition": header.proposition,
        "parameters": [_parameter(name, parameter) for name, parameter in query.params.items()],
        "columns": [
            {"name": name, "type": column.type.value, "description": column.description}
            for name, column in query.answer_columns.items()
        ],
        "service": _service(query),
        "order": order,
        "seconds": header.budget.seconds,
        "text": query.text,
        "example": query.example_text(context),
    }


def _service(query: NamedQuery) -> Json:
    outside = query.header.service
    if outside is None:
        return None
    data: dict[str, Json] = outside.model_dump(mode="json")
    return data


def describe_all(catalogue: Catalogue, context: Context = EXAMPLE_CONTEXT) -> list[dict[str, Json]]:
    """Return `describe` of every query, in the catalogue's order."""
    return [describe(query, context) for query in catalogue.values()]


def _parameter(name: str, parameter: Parameter) -> dict[str, Json]:
    data: dict[str, Json] = {"name": name, "required": parameter.required}
    data |= parameter.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return data


def catalogue_triples(catalogue: Catalogue, context: Context = EXAMPLE_CONTEXT) -> Iterator[Triple]:
    """Describe the catalogue in RDF.

    Each query is an `sh:SPARQLSelectExecutable` with its examples filled in, so that what `sh:select` holds
    runs as it is once the prefixes that `sh:prefixes` points to are declared.

    Args:
        catalogue: the queries.
        context: base IRI, and the as-of date that the examples get where they need one.

    Yields:
        Triples; the prefix declarations come first.
    """
    prefixes = NamedNode(f"{context.base}queries/prefixes")
    for prefix, namespace in PREFIXES.items():
        declaration = BlankNode()
        yield Triple(prefixes, NamedNode(f"{SH}declare"), declaration)
        yield Triple(declaration, NamedNode(f"{SH}prefix"), Literal(prefix))
        yield Triple(
            declaration, NamedNode(f"{SH}namespace"), Literal(namespace, datatype=NamedNode(f"{XSD}anyURI"))
        )
    for query in catalogue.values():
        node = NamedNode(query_iri(query, context.base))
        yield Triple(node, NamedNode(f"{RDF}type"), NamedNode(f"{SH}SPARQLExecutable"))
        yield Triple(node, NamedNode(f"{RDF}type"), NamedNode(f"{SH}SPARQLSelectExecutable"))
        yield Triple(node, NamedNode(f"{SH}prefixes"), prefixes)
        yield Triple(
            node, NamedNode(f"{SH}select"), Literal(query.bound(query.read(query.examples, context)))
        )
        yield Triple(node, NamedNode(f"{RDFS}label"), Literal(query.header.summary, language="en"))
        yield Triple(
            node, NamedNode(f"{RDFS}comment"), Literal(query.header.description.strip(), language="en")
        )
        for tag in query.header.tags:
            yield Triple(node, NamedNode(f"{SCHEMA}keywords"), Literal(tag))


def query_iri(query: NamedQuery, base: str = DEFAULT_BASE) -> str:
    """Return the IRI of a named query."""
    return identity.individual("query", query.name, base)
