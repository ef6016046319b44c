"""Classes that share no member, and the module that says so pair by pair.

Pairs instead of `owl:AllDisjointClasses` keep the published ontology free of blank nodes, so that loading it
twice gives the same graph.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

from tertius.ontology.namespaces import PREFIXES

DISJOINT_CLASSES: Final = (
    (
        "adms:Identifier",
        "org:Organization",
        "skos:Collection",
        "skos:Concept",
        "skos:ConceptScheme",
        "tt:Alliance",
        "tt:Ambiguity",
        "tt:Case",
        "tt:CaseAttribute",
        "tt:CodedStatement",
        "tt:Condition",
        "tt:GovernanceModeUse",
        "tt:Interviewee",
        "tt:Judgement",
        "tt:LiteratureClaim",
        "tt:Load",
        "tt:Locator",
        "tt:MeasureSet",
        "tt:NameRecord",
        "tt:NetworkPosition",
        "tt:OrientationAssessment",
        "tt:Participation",
        "tt:Proposition",
        "tt:Reading",
        "tt:RegisteredRelation",
        "tt:ReportingException",
        "tt:Source",
        "tt:SourceDocument",
        "tt:SourceFile",
        "tt:Tie",
    ),
    ("tt:Circle", "tt:Construct", "tt:FrameworkItem"),
    ("tt:GroupStatement", "tt:Observation"),
)
"""Groups of classes of which no two have a member in common."""


def render() -> str:
    """Return the disjointness module as Turtle."""
    names = {name for group in DISJOINT_CLASSES for name in group}
    prefixes = {name.partition(":")[0] for name in names} | {"dcterms", "owl"}
    lines = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in sorted(prefixes)]
    lines += [
        "",
        "<https://w3id.org/tertius/ontology/disjointness> a owl:Ontology ;",
        '    dcterms:title "Tertius disjointness"@en, "Tertius-uitsluitingen"@nl ;',
        "    dcterms:license <https://www.apache.org/licenses/LICENSE-2.0> .",
        "",
    ]
    lines += [
        f"{one} owl:disjointWith {other} ."
        for group in DISJOINT_CLASSES
        for one, other in combinations(group, 2)
    ]
    return "\n".join(lines) + "\n"
