"""What the words mean: OWL modules, concept schemes, SHACL shapes, and the only code that knows IRIs."""

from tertius.ontology.vocabulary import Concept, Scheme, UnknownSchemeError, concepts, schemes

__all__ = ["Concept", "Scheme", "UnknownSchemeError", "concepts", "schemes"]
