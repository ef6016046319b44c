"""What the words mean: OWL modules, concept schemes, SHACL shapes, and the only code that knows IRIs."""

from tertius.ontology.graphs import ontology_graph, serialize, shapes_graph
from tertius.ontology.version import VERSION
from tertius.ontology.vocabulary import Concept, Scheme, UnknownSchemeError, concepts, schemes

__all__ = [
    "VERSION",
    "Concept",
    "Scheme",
    "UnknownSchemeError",
    "concepts",
    "ontology_graph",
    "schemes",
    "serialize",
    "shapes_graph",
]
