"""What a snapshot says about itself: `manifest.json`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

Count = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceEntry(_Frozen):
    """One source inside a snapshot.

    Attributes:
        checksum: digest of the input with its algorithm (`"sha256:…"`); tells an identical load.
        licence: licence of the source, as a name or IRI.
        title: what people call the source.
        attribution: the text its licence asks to be shown.
        retrieved: the day the source was fetched.
        loaded: the moment it was loaded.
        counts: what the load made of it, by kind (`"rows"`, `"triples"`, …).
    """

    checksum: str
    licence: str | None = None
    title: str | None = None
    attribution: str | None = None
    retrieved: dt.date | None = None
    loaded: AwareDatetime
    counts: dict[str, Count] = {}


class Manifest(_Frozen):
    """Everything needed to say where an answer came from; written once, when the snapshot is published.

    Attributes:
        number: the snapshot's number, 1 or more, never used twice in one data directory.
        uuid: differs between any two snapshots anywhere, so that caches cannot mix them.
        parent: number of the snapshot this one began as a copy of.
        created: the moment of publishing.
        base: the IRI prefix under which individuals were named.
        sources: what was loaded, by source name.
        counts: totals over the snapshot, by kind.
        as_of: the default date for everything that is computed as of a date.
        materialised: what was computed and written into the graph, and with which settings.
        ontology_version: version of the ontology the facts follow.
        software_version: version of the software that wrote the snapshot.
    """

    number: Annotated[int, Field(ge=1)]
    uuid: UUID
    parent: int | None = None
    created: AwareDatetime
    base: str
    sources: dict[str, SourceEntry] = {}
    counts: dict[str, Count] = {}
    as_of: dt.date | None = None
    materialised: dict[str, JsonValue] = {}
    ontology_version: str | None = None
    software_version: str
