"""Which concept a code of the codebook stands for: one of the ontology's, or one of the codebook's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from tertius.loaders.evidence import schema
from tertius.ontology import concepts
from tertius.ontology.identity import individual


class Codes:
    """The codebook's values as IRIs.

    A value whose key, or notation where one is given, is a notation of the construct's scheme is that concept
    of the ontology, so that alliances of users can be asked the same question; every other value is an
    individual of its own.

    Args:
        codebook: The codebook.
        base: Base IRI of the individuals.
    """

    def __init__(self, codebook: schema.Codebook, base: str) -> None:
        self._codebook = codebook
        self._base = base

    @cached_property
    def constructs(self) -> Mapping[str, schema.Attribute]:
        """Constructs by key, and attributes of cases by `case-` and their key."""
        found: dict[str, schema.Attribute] = {each.key: each for each in self._codebook.constructs}
        return found | {f"case-{each.key}": each for each in self._codebook.case_attributes}

    def construct(self, name: str) -> str:
        """Return the IRI of a construct."""
        return individual("construct", name, self._base)

    def scheme(self, name: str) -> str:
        """Return the IRI of a construct's list of values."""
        return individual("value-scheme", name, self._base)

    def value(self, name: str, key: str) -> str:
        """Return the IRI of one value of a construct."""
        construct = self.constructs[name]
        value = next(each for each in construct.values if each.key == key)
        return self.shared(construct, value) or individual("value", f"{name}_{key}", self._base)

    def shared(self, construct: schema.Attribute, value: schema.Value) -> str | None:
        """Return the ontology's concept that a value is, None where it is the codebook's own."""
        if construct.scheme is None:
            return None
        concept = concepts(construct.scheme).get(value.notation or value.key)
        return None if concept is None else concept.iri
