"""Numbered snapshots in a data directory: which is live, which are kept, and how a new one begins.

    DATA/CURRENT          number of the live snapshot, replaced by rename
    DATA/COUNTER          last number given out; none is used twice
    DATA/KEPT             numbers somebody went back to; they are not cleared away
    DATA/PUBLISHING       number that is being made live, there only meanwhile
    DATA/lock             admits one writer
    DATA/snapshots/<n>/   store/, network/, search.sqlite, search.sqlite-wal, manifest.json; never changes

Reading needs no lock. Names with a suffix (`<n>.draft`, `<n>.removed`) are work in progress or what a crash
left of it, and the next writer sweeps them away.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError
from tertius.store.draft import Draft
from tertius.store.errors import DiskFull, SnapshotDamaged, SnapshotGone, StoreError
from tertius.store.files import (
    WriterLock,
    is_disk_full,
    remove_tree,
    sync_directory,
    sync_tree,
    write_durably,
)
from tertius.store.manifest import Manifest

Paths = list[Path]


@dataclass(frozen=True)
class Snapshot:
    """One published snapshot.

    Attributes:
        number: its number.
        path: its directory.
    """

    number: int
    path: Path

    @property
    def store_path(self) -> Path:
        """The triples: a directory the engine opens read-only."""
        return self.path / "store"

    @property
    def network_path(self) -> Path:
        """The participation tables and tie arrays."""
        return self.path / "network"

    @property
    def search_path(self) -> Path:
        """The index over names and identifiers."""
        return self.path / "search.sqlite"

    @cached_property
    def manifest(self) -> Manifest:
        """What the snapshot says about itself.

        Raises:
            SnapshotGone: the snapshot was cleared away meanwhile.
            SnapshotDamaged: the manifest is not readable, or is another snapshot's.
        """
        try:
            manifest = Manifest.model_validate_json((self.path / "manifest.json").read_bytes())
        except FileNotFoundError:
            raise SnapshotGone(self.number) from None
        except ValidationError as error:
            raise SnapshotDamaged(f"{self.path / 'manifest.json'} is not a manifest: {error}") from error
        if manifest.number != self.number:
            raise SnapshotDamaged(f"{self.path} holds the manifest of snapshot {manifest.number}")
        return manifest


class Snapshots:
    """The snapshots of one data directory.

    Args:
        data_dir: the directory; it is made when the first draft begins.
        keep: how many of the newest snapshots stay, 1 or more. The live one and those somebody rolled back to
            stay in any case.

    Raises:
        ValueError: `keep` is less than 1.
    """

    def __init__(self, data_dir: Path | str, keep: int = 5) -> None:
        if keep < 1:
            raise ValueError(f"keep must be 1 or more, not {keep}")
        self.data_dir = Path(data_dir).absolute()
        self.keep = keep
        self._root = self.data_dir / "snapshots"
        self._known: dict[int, Snapshot] = {}

    def current_number(self) -> int | None:
        """Number of the live snapshot, `None` before the first.

        Raises:
            SnapshotDamaged: `CURRENT` does not hold a number.
        """
        return self._number("CURRENT")

    def current(self) -> Snapshot | None:
        """The live snapshot, `None` before the first.

        Raises:
            SnapshotDamaged: `CURRENT` names a snapshot that is not there.
        """
        # A writer may clear the old one away between reading its number and looking for it.
        for _ in range(3):
            number = self.current_number()
            if number is None:
                return None
            with contextlib.suppress(SnapshotGone):
                return self.get(number)
        raise SnapshotDamaged(
            f"{self.data_dir / 'CURRENT'} names snapshot {number}, which is not there; "
            "roll back to one that is, or load again"
        )

    def get(self, number: int) -> Snapshot:
        """The snapshot with a number.

        Raises:
            SnapshotGone: there is none, or no longer.
        """
        path = self._root / str(number)
        if number < 1 or not (path / "manifest.json").is_file():
            self._known.pop(number, None)
            raise SnapshotGone(number)
        # Snapshots never change, so one that is still there need not be read again.
        return self._known.setdefault(number, Snapshot(number, path))

    def list(self) -> tuple[Snapshot, ...]:
        """Every published snapshot, oldest first."""
        if not self._root.is_dir():
            return ()
        numbers = sorted(int(path.name) for path in self._root.iterdir() if path.name.isdigit())
        return tuple(Snapshot(number, self._root / str(number)) for number in numbers)

    def rollback(self, number: int | None = None) -> Snapshot:
        """Make an older (or newer) snapshot live again, and keep it from now on.

        Args:
            number: which; `None` means the newest one before the live one.

        Raises:
            SnapshotGone: there is no such snapshot.
            StoreError: nothing is live yet, or there is nothing before it.
            LockHeld: a load is running.
        """
        self._make()
        with WriterLock(self.data_dir / "lock"):
            live = self.current_number()
            if live is None:
                raise StoreError(f"{self.data_dir} has no snapshot yet; there is nothing to go back from")
            if number is None:
                older = [snapshot.number for snapshot in self.list() if snapshot.number < live]
                if not older:
                    raise StoreError(f"snapshot {live} is the oldest that is kept; there is none before it")
                number = older[-1]
            target = self.get(number)
            _ = target.manifest
            kept = {*self._kept(), number}
            write_durably(self.data_dir / "KEPT", " ".join(map(str, sorted(kept))).encode() + b"\n")
            self._point_at(number)
            return target

    def sweep(self) -> Paths:
        """Clear away what interrupted writers left.

        Returns:
            The paths that were removed.

        Raises:
            LockHeld: a load is running, whose work this would be.
        """
        if not self._root.is_dir():
            return []
        with WriterLock(self.data_dir / "lock"):
            return self._sweep()

    def left_overs(self) -> Paths:
        """Return what interrupted writers left, which `sweep` would clear away; nothing is changed.

        Raises:
            LockHeld: a load is running, whose work this would be.
        """
        if not self._root.is_dir():
            return []
        with WriterLock(self.data_dir / "lock"):
            return list(self._abandoned())

    @contextlib.contextmanager
    def draft(self) -> Iterator[Draft]:
        """Begin a snapshot as a copy of the live one.

        Publishing is the last thing to do inside the `with`. Leaving it otherwise, by an exception or not,
        discards the draft and changes nothing.

        Raises:
            LockHeld: another load is running.
            DiskFull: the disk filled up, now or inside the `with`.
        """
        draft = None
        try:
            self._make()
            with WriterLock(self.data_dir / "lock"):
                self._sweep()
                number = self._next_number()
                draft = Draft.begin(self._root / f"{number}.draft", number, self.current(), self._go_live)
                try:
                    yield draft
                finally:
                    draft.discard()
        except Exception as error:
            if is_disk_full(error) and not isinstance(error, DiskFull):
                raise DiskFull(
                    f"the disk of {self.data_dir} is full, or a limit on file sizes is met; the new "
                    "snapshot was discarded and the live one is unchanged: free some space and load again"
                ) from error
            raise

    def _make(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)

    def admit(self, fill: Callable[[Path], Manifest]) -> Snapshot:
        """Take in a whole snapshot from elsewhere and make it live; nothing is cleared away for it.

        It keeps its number and its uuid where the number is higher than any used here, and is given others
        where it is not.

        Args:
            fill: makes the snapshot in a directory that does not exist yet, or raises; returns its manifest.

        Returns:
            The snapshot, live.

        Raises:
            LockHeld: a load is running.
            OSError: writing failed; the snapshot that was live still is.
        """
        self._make()
        with WriterLock(self.data_dir / "lock"):
            self._sweep()
            path = self._root / "incoming.draft"
            try:
                manifest = fill(path)
                number = self._next_number(manifest.number)
                if number != manifest.number:
                    manifest = manifest.model_copy(
                        update={"number": number, "uuid": uuid.uuid4(), "parent": None}
                    )
                    (path / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
                sync_tree(path)
                return self._settle(path, number)
            finally:
                shutil.rmtree(path, ignore_errors=True)

    def _go_live(self, draft: Draft) -> Snapshot:
        """Move a finished, durable draft to its place, point at it, and clear away what is too old."""
        snapshot = self._settle(draft.path, draft.number)
        # The new snapshot is live: tidying up must not make it look as if it were not.
        with contextlib.suppress(OSError):
            self._prune()
        return snapshot

    def _settle(self, path: Path, number: int) -> Snapshot:
        place = self._root / str(number)
        # Tells the next sweep that this directory, if it is there, was never live.
        write_durably(self.data_dir / "PUBLISHING", f"{number}\n".encode())
        try:
            path.rename(place)
            sync_directory(self._root)
            self._point_at(number)
        except BaseException:
            if self.current_number() != number and place.exists():
                remove_tree(place)
            raise
        with contextlib.suppress(OSError):
            (self.data_dir / "PUBLISHING").unlink()
        return Snapshot(number, place)

    def _point_at(self, number: int) -> None:
        write_durably(self.data_dir / "CURRENT", f"{number}\n".encode())

    def _next_number(self, wanted: int = 1) -> int:
        used = [int(stem) for path in self._root.iterdir() if (stem := path.name.partition(".")[0]).isdigit()]
        last = max(self._number("COUNTER") or 0, self.current_number() or 0, *used, 0)
        number = max(last + 1, wanted)
        write_durably(self.data_dir / "COUNTER", f"{number}\n".encode())
        return number

    def _prune(self) -> None:
        numbers = [snapshot.number for snapshot in self.list()]
        protected = {self.current_number(), *self._kept(), *numbers[-self.keep :]}
        for number in numbers:
            if number not in protected:
                remove_tree(self._root / str(number))

    def _sweep(self) -> Paths:
        removed = list(self._abandoned())
        for path in removed:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        (self.data_dir / "PUBLISHING").unlink(missing_ok=True)
        return removed

    def _abandoned(self) -> Iterable[Path]:
        for path in sorted(self._root.iterdir()):
            if not path.name.isdigit():
                yield path
            else:
                # Left by a bulk load that was killed; the engine neither uses nor removes them.
                yield from sorted((path / "store").glob("bulk-*.sst"))
        yield from sorted(self.data_dir.glob("*.new"))
        unfinished = self._number("PUBLISHING")
        if unfinished is not None and unfinished != self.current_number():
            place = self._root / str(unfinished)
            if place.is_dir():
                yield place

    def _kept(self) -> set[int]:
        path = self.data_dir / "KEPT"
        return {int(word) for word in path.read_text().split()} if path.is_file() else set()

    def _number(self, name: str) -> int | None:
        try:
            text = (self.data_dir / name).read_text().strip()
        except FileNotFoundError:
            return None
        if not text.isdigit():
            raise SnapshotDamaged(
                f"{self.data_dir / name} should hold a snapshot's number and holds {text[:40]!r}"
            )
        return int(text)
