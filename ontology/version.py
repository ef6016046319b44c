"""The release of the ontology, which is the release of the package."""

from typing import Final

VERSION: Final = "0.1.0"
"""Version of the ontology, as in its `owl:versionIRI`."""
