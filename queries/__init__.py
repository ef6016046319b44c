"""How questions are asked: named queries, safe binding, the SPARQL endpoint's guard, network measures."""

from tertius.queries.describe import catalogue_triples, describe, describe_all
from tertius.queries.errors import (
    CatalogueError,
    FederationRefused,
    MalformedQuery,
    ParameterError,
    QueryError,
    QueryTooComplex,
    QueryTooLong,
    UnexpectedValue,
    UnknownQuery,
)
from tertius.queries.guard import DEFAULT_LIMITS, Limits, Shape, check_read_only
from tertius.queries.header import Column, ColumnType
from tertius.queries.named_queries import Catalogue, NamedQuery, load_catalogue
from tertius.queries.params import Argument, Context, Parameter, Type
from tertius.queries.rows import Row
from tertius.queries.runner import Page, run

__all__ = [
    "DEFAULT_LIMITS",
    "Argument",
    "Catalogue",
    "CatalogueError",
    "Column",
    "ColumnType",
    "Context",
    "FederationRefused",
    "Limits",
    "MalformedQuery",
    "NamedQuery",
    "Page",
    "Parameter",
    "ParameterError",
    "QueryError",
    "QueryTooComplex",
    "QueryTooLong",
    "Row",
    "Shape",
    "Type",
    "UnexpectedValue",
    "UnknownQuery",
    "catalogue_triples",
    "check_read_only",
    "describe",
    "describe_all",
    "load_catalogue",
    "run",
]
