"""What becomes of a judgement beside all others."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What became of a judgement; the values are notations of the ontology's `judgement-status`.

    Members:
        STANDING: It is what counts for its pair.
        REPLACED: Another judgement of the same pair counts instead.
        OVERRULED: It contradicts stronger judgements of other pairs.
        DORMANT: No source has one of its records now; it counts again when one has.
    """

    STANDING = "standing"
    REPLACED = "replaced"
    OVERRULED = "overruled"
    DORMANT = "dormant"
