"""The evidence base: what five documents say, coded as data that a person can review, turned into statements.

`read_evidence()` reads and checks the coding; `evidence_quads()` writes it as the named graph `evidence`.
"""

from __future__ import annotations

from tertius.loaders.evidence.reading import Evidence, EvidenceError, evidence_files, read_evidence
from tertius.loaders.evidence.statements import evidence_quads

__all__ = ["Evidence", "EvidenceError", "evidence_files", "evidence_quads", "read_evidence"]
