"""The snapshot's directory of names and identifiers: how keys become organisations and alliances."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.api.models import AllianceRef, Circles, Identifier, Organization, OrganizationDetail, Record
from tertius.queries.matching import Connections, Filter, search

_BATCH: Final = 500
_MASKS: Final = 16
_STANDS: Final = "SELECT r.key AS record, o.* FROM record r JOIN organization o ON o.id = r.organization"


_After = tuple[str | float, int] | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list and the position of the last one; `None` where there are no more rows."""

    keys: Sequence[str]
    last: _After


@dataclass(frozen=True, slots=True)
class _Listing:
    source: str
    position: str


class Directory:
    """Read access to one snapshot's `search.sqlite`; safe to share between threads.

    Args:
        path: The file of a published snapshot, which never changes.
    """

    def __init__(self, path: Path) -> None:
        self._masks: dict[tuple[str | None, str | None], NDArray[np.bool_]] = {}
        self._connections = Connections(path)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._connections.use() as connection:
            return connection.execute(sql, values).fetchall()

    def _in_batches(self, sql: str, values: Sequence[Any]) -> Iterator[sqlite3.Row]:
        """Run a statement whose `{}` takes a list of question marks over any number of values."""
        for start in range(0, len(values), _BATCH):
            part = values[start : start + _BATCH]
            yield from self._rows(sql.format(",".join("?" * len(part))), part)

    # Organisations

    def by_identifier(self, scheme: str, value: str) -> list[str]:
        """Return the keys of the organisations that bear an identifier, in order."""
        rows = self._rows(
            "SELECT o.key FROM identifier i JOIN organization o ON o.id = i.organization"
            " WHERE i.scheme = ? AND i.value = ? ORDER BY o.key",
            (scheme, value),
        )
        return [str(row["key"]) for row in rows]

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run a statement of ours; what a caller sends is among the values."""
        return self._rows(sql, values)

    @cached_property
    def judged(self) -> bool:
        """Whether the snapshot has a place for judgements; those of early versions have none."""
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE name = 'record'"))

    def canonical(self, key: str) -> str | None:
        """Return the key of the organisation that has or is a record; `None` where nothing has the key."""
        rows = self._rows("SELECT key FROM organization WHERE key = ?", (key,))
        if not rows and self.judged:
            rows = self._rows(f"{_STANDS} WHERE r.key = ?", (key,))
        return str(rows[0]["key"]) if rows else None

    def standing(self, keys: Iterable[str]) -> dict[str, str]:
        """Return for each key that of the organisation that has or is the record; unknown keys stay.

        For keys beside the one in the path, which nothing redirects: the network knows no records of
        registers, so that theirs would lead nowhere. Whoever uses a key that nothing has says so.
        """
        wanted = set(keys)
        return {key: key for key in wanted} | {
            key: found.key for key, found in self.organizations(wanted).items()
        }

    def records(self, key: str) -> list[Record]:
        """Return the records that judgements join into an organisation, itself first; none if it is one."""
        if not self.judged:
            return []
        rows = self._rows(
            "SELECT DISTINCT m.key, m.iri, m.name, m.country, m.source FROM record r"
            " JOIN record o ON o.id = r.organization JOIN mention m ON m.id = r.id"
            " WHERE o.key = ? ORDER BY m.key <> o.key, m.name, m.key, m.source",
            (key,),
        )
        return [Record(**{**row, "country": row["country"] or None}) for row in rows]

    def judgements(
        self,
        *,
        records: Sequence[str] | None = None,
        verdict: str | None = None,
        by: str | None = None,
        standing: bool | None = None,
        after: tuple[str, str] | None = None,
        limit: int,
    ) -> list[sqlite3.Row]:
        """List judgements by moment and key.

        Args:
            records: Keys of records of which one must be judged.
            verdict: Which verdict.
            by: Which judge.
            standing: Whether they must count, or not.
            after: Moment and key of the last one already given.
            limit: Most judgements to return.
        """
        if not self.judged:
            return []
        where, values = ["1"], []  # type: list[str], list[Any]
        if records is not None:
            marks = ",".join("?" * len(records))
            where.append(f'("left" IN ({marks}) OR "right" IN ({marks}))')
            values += [*records, *records]
        for column, value in (("verdict", verdict), ('"by"', by)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(str(value))
        if standing is not None:
            where.append(f"status {'=' if standing else '<>'} 'standing'")
        if after is not None:
            where.append('("when", key) > (?, ?)')
            values += after
        # Only our own words are put together here; every value that a caller sends is bound.
        sql = f'SELECT * FROM judgement WHERE {" AND ".join(where)} ORDER BY "when", key LIMIT ?'  # noqa: S608
        return self._rows(sql, [*values, limit])

    def judgements_on(self, records: Sequence[str]) -> dict[str, sqlite3.Row]:
        """Return the judgements on any of some records that no newer one replaces, by their own keys."""
        if not self.judged:
            return {}
        return {
            row["key"]: row
            for side in ("left", "right")
            for row in self._in_batches(
                f"SELECT * FROM judgement WHERE \"{side}\" IN ({{}}) AND status <> 'replaced'",  # noqa: S608
                records,
            )
        }

    def sources(self, records: Sequence[str]) -> set[str]:
        """Return the names of the sources that mention one of some records."""
        if not self.judged:
            return set()
        found = self._in_batches("SELECT DISTINCT source FROM mention WHERE key IN ({})", records)
        return {str(row["source"]) for row in found}

    def organizations(self, keys: Iterable[str]) -> dict[str, Organization]:
        """Return organisations by key, or by the key of a record that one has; unknown keys are left out."""
        wanted = set(keys)
        stands = {key: key for key in wanted}
        rows = list(self._in_batches("SELECT * FROM organization WHERE key IN ({})", sorted(wanted)))
        rest = wanted - {row["key"] for row in rows}
        if rest and self.judged:
            for row in self._in_batches(f"{_STANDS} WHERE r.key IN ({{}})", sorted(rest)):
                stands[row["record"]] = row["key"]
            more = {stands[key] for key in rest} - wanted
            rows += self._in_batches("SELECT * FROM organization WHERE key IN ({})", sorted(more))
        identifiers: dict[int, list[Identifier]] = {}
        for row in self._in_batches(
            "SELECT organization, scheme, value FROM identifier WHERE organization IN ({})"
            " ORDER BY organization, scheme, value",
            [row["id"] for row in rows],
        ):
            identifiers.setdefault(row["organization"], []).append(
                Identifier(scheme=row["scheme"], value=row["value"])
            )
        found = {
            row["key"]: Organization(**_organization(row, identifiers.get(row["id"], []))) for row in rows
        }
        return {key: found[stood] for key, stood in stands.items() if stood in found}

    def organization(self, key: str) -> OrganizationDetail | None:
        """Return one organisation with what its source says about it; `None` where nothing has the key."""
        rows = self._rows("SELECT * FROM organization WHERE key = ?", (key,))
        if not rows:
            return None
        found = self._rows(
            "SELECT scheme, value FROM identifier WHERE organization = ? ORDER BY scheme, value",
            (rows[0]["id"],),
        )
        identifiers = [Identifier(scheme=row["scheme"], value=row["value"]) for row in found]
        return OrganizationDetail(
            **_organization(rows[0], identifiers),
            size=rows[0]["size"] or None,
            source=rows[0]["source"],
            records=self.records(key),
        )

    def list_organizations(
        self,
        *,
        q: str | None = None,
        identifier: tuple[str, str] | None = None,
        country: str | None = None,
        circle: tuple[str, str] | None = None,
        after: _After = None,
        limit: int,
    ) -> Page:
        """List organisations: by likeness where words are searched for (`lookup`), else by name.

        Args:
            q: Words or beginnings of words that the names or the identifiers must contain; typos are forgiven
                where few do.
            identifier: Scheme and value.
            country: Two letters.
            circle: Partition (`country`, `sector`, `type`) and notation.
            after: Position of the last entry already given.
            limit: Most entries to return.
        """
        if q is not None:
            circles = [("country", country.upper())] if country is not None else []
            circles += [circle] if circle is not None else []
            return self._search(q, Filter(tuple(circles), identifier), after, limit)
        where, values = ["1"], []  # type: list[str], list[Any]
        if identifier is not None:
            where.append("o.id IN (SELECT organization FROM identifier WHERE scheme = ? AND value = ?)")
            values += identifier
        if country is not None:
            where.append("o.country = ?")
            values.append(country.upper())
        if circle is not None:
            column = {"country": "o.country", "sector": "o.sector", "type": "o.type"}[circle[0]]
            where.append(f"{column} = ?")
            values.append(circle[1])
        return self._page(_Listing("organization o", "o.name"), where, values, after, limit)

    def _search(self, text: str, wanted: Filter, after: _After, limit: int) -> Page:
        # A cursor is whatever a caller sends; one that is none of ours begins at the beginning.
        place = (str(after[0]), after[1]) if after is not None and after[0] in {"head", "tail"} else None
        with self._connections.use() as connection:
            found = search(connection, text, wanted=wanted, after=place, limit=limit)
        return Page(found.keys, found.next)

    def kinds(self) -> list[str]:
        """Return the notations of all kinds of organisations, in order."""
        rows = self._rows(
            "SELECT DISTINCT type FROM organization WHERE coalesce(type, '') <> '' ORDER BY type"
        )
        return [str(row["type"]) for row in rows]

    def mask(
        self, canonical: NDArray[np.int32], *, size: str | None, scheme: str | None
    ) -> NDArray[np.bool_]:
        """Tell which organisation ids have a size and an identifier; kept for the next who asks.

        Args:
            canonical: For each organisation id, the record that stands for it; a record has what any of
                those that it stands for has.
            size: Size as the source gives it; None for any or none.
            scheme: Scheme of an identifier, `any` for any scheme; None for no condition.

        Returns:
            One flag for each id, read-only.
        """
        found = self._masks.get((size, scheme))
        if found is None:
            found = np.ones(canonical.size, dtype=np.bool_)
            for sql, value in (
                ("SELECT id FROM organization WHERE size = ?", size),
                ("SELECT organization FROM identifier WHERE ? IN (scheme, 'any')", scheme),
            ):
                if value is not None:
                    ids = np.array([row[0] for row in self._rows(sql, (value,))], dtype=np.int64)
                    # Organisations that only registers know lie outside the network.
                    ids = ids[ids < canonical.size]
                    has = np.zeros(canonical.size, dtype=np.bool_)
                    has[canonical[ids]] = True
                    found &= has
            found.setflags(write=False)
            while len(self._masks) >= _MASKS:
                self._masks.pop(next(iter(self._masks), (None, None)), None)
            self._masks[size, scheme] = found
        return found

    # Alliances

    def alliances(self, keys: Iterable[str]) -> dict[str, AllianceRef]:
        """Return alliances by key; a key that nothing has is left out."""
        rows = self._in_batches("SELECT * FROM alliance WHERE key IN ({})", sorted(set(keys)))
        return {row["key"]: AllianceRef(**_alliance(row)) for row in rows}

    def forms_and_purposes(self, keys: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
        """Return form and purpose of alliances by key; a key that nothing has is left out."""
        rows = self._in_batches(
            "SELECT key, form, purpose FROM alliance WHERE key IN ({})", sorted(set(keys))
        )
        return {row["key"]: (row["form"] or None, row["purpose"] or None) for row in rows}

    def alliance_text(self, key: str) -> tuple[str | None, str | None]:
        """Return purpose and source of an alliance."""
        rows = self._rows("SELECT purpose, source FROM alliance WHERE key = ?", (key,))
        return (rows[0]["purpose"] or None, rows[0]["source"] or None) if rows else (None, None)

    def list_alliances(
        self,
        *,
        q: str | None = None,
        form: str | None = None,
        active_on: str | None = None,
        after: _After = None,
        limit: int,
    ) -> Page:
        """List alliances by name.

        Args:
            q: Text that the name or the purpose must contain.
            form: Notation of the form.
            active_on: ISO date on which it must have been running.
            after: Position of the last entry already given.
            limit: Most entries to return.
        """
        where, values = ["1"], []  # type: list[str], list[Any]
        if q is not None:
            where.append(
                "(instr(lower(o.name), lower(?)) OR instr(lower(coalesce(o.purpose, '')), lower(?)))"
            )
            values += [q, q]
        if form is not None:
            where.append("o.form = ?")
            values.append(form)
        if active_on is not None:
            where.append("o.start <= ? AND (o.\"end\" >= ? OR coalesce(o.\"end\", '') = '')")
            values += [active_on, active_on]
        return self._page(_Listing("alliance o", "o.name"), where, values, after, limit)

    def _page(
        self, listing: _Listing, where: list[str], values: list[Any], after: _After, limit: int
    ) -> Page:
        if after is not None:
            where.append(f"({listing.position}, o.id) > (?, ?)")
            values += after
        # Only our own words are put together here; every value that a caller sends is bound.
        sql = (
            f"SELECT o.id, o.key, {listing.position} AS position FROM {listing.source}"  # noqa: S608
            f" WHERE {' AND '.join(where)} ORDER BY {listing.position}, o.id LIMIT ?"
        )
        rows = self._rows(sql, [*values, limit + 1])
        more = len(rows) > limit
        rows = rows[:limit]
        return Page([row["key"] for row in rows], (rows[-1]["position"], rows[-1]["id"]) if more else None)


def _organization(row: sqlite3.Row, identifiers: list[Identifier]) -> dict[str, Any]:
    country, sector, kind = (row[name] or None for name in ("country", "sector", "type"))
    return {
        "key": row["key"],
        "iri": row["iri"],
        "name": row["name"],
        "country": country,
        "circles": Circles(country=country, sector=sector, type=kind),
        "identifiers": identifiers,
    }


def _alliance(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "key": row["key"],
        "iri": row["iri"],
        "name": row["name"],
        "start": row["start"] or None,
        "end": row["end"] or None,
        "form": row["form"] or None,
    }
