"""A network's files that differ in few places from an earlier network's: the same files, and the changes.

Arrays of the earlier network are shared as files. What is different stands in `changes.npz`: for each array
its length, places, and the values there, always against the file. Whoever opens the network maps the file
so that writing stays private, and puts the values in their places: a page of memory for each page that has
one, everything else is shared with all who have the earlier network open.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.errors import NetworkFormatError
from tertius.queries.network.files import map_array, map_private, write_array, write_pieces
from tertius.store.files import link_or_copy

_CHANGES: Final = "changes"

_MOST: Final = 16
"""An array of which more than one value in so many has changed is written anew."""


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What has changed in one array.

    Attributes:
        size: Length.
        places: Ascending.
        values: Value at each place.
    """

    size: int
    places: NDArray[np.int64]
    values: NDArray[Any]


class Arrays:
    """The arrays of a network's directory, by name.

    Raises:
        NetworkFormatError: A file is missing or damaged.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.changes: Final = _read(directory)

    def __call__(self, name: str) -> NDArray[Any]:
        """Map an array for reading."""
        change = self.changes.get(name)
        return map_array(self._directory, name) if change is None else self.private(name, change.size)

    def private(self, name: str, size: int) -> NDArray[Any]:
        """Map an array, or copy it where its file has not so much room, so that it can be written to.

        Values beyond those that were there are zero.
        """
        change = self.changes.get(name)
        result = map_private(self._directory, name, size)
        if result is None:
            file = map_array(self._directory, name)
            result = np.zeros(size, file.dtype)
            result[: file.size] = file
        if change is not None:
            within = change.places < size
            result[change.places[within]] = change.values[within]
            # The file may still hold what was there before the array became shorter.
            result[change.size :] = 0
        return result


class Revision:
    """The files of a network that is brought up to date from another.

    Args:
        parent: Directory of the other network.
        target: Existing, empty directory.
    """

    def __init__(self, parent: Path, target: Path) -> None:
        self._parent, self._target = parent, target
        self._old = Arrays(parent)
        self._mine: dict[str, NDArray[Any]] = {}
        self._marked: dict[str, list[NDArray[np.int64]]] = {}
        self._written: set[str] = set()

    def change(self, name: str, size: int) -> NDArray[Any]:
        """Return an array as it was, of a new size, to be written to; `mark` says where it was.

        Values beyond the old size are zero.
        """
        self._mine[name] = self._old.private(name, size)
        return self._mine[name]

    def mark(self, name: str, places: NDArray[np.integer[Any]]) -> None:
        """Say where an array from `change` may have other values than before."""
        self._marked.setdefault(name, []).append(places.astype(np.int64))

    def put(self, name: str, *pieces: NDArray[Any]) -> NDArray[Any]:
        """Write an array anew and map it."""
        write_pieces(self._target, name, pieces)
        self._written.add(name)
        return map_array(self._target, name)

    def finish(self) -> None:
        """Share what was not written and write the changes."""
        changes: dict[str, NDArray[Any]] = {}
        for file in sorted(self._parent.glob("*.npy")):
            name = file.stem
            if name in self._written:
                continue
            change = self._changed(name) if name in self._mine else self._old.changes.get(name)
            if change is not None and change.places.size * _MOST > change.size:
                values = self._mine.get(name)
                values = self._old(name) if values is None else values
                write_array(self._target, name, values, growing=True)
                continue
            link_or_copy(file, self._target / file.name)
            if change is not None:
                changes |= {
                    f"{name}.size": np.array(change.size),
                    f"{name}.places": change.places,
                    f"{name}.values": change.values,
                }
        if changes:
            with (self._target / f"{_CHANGES}.npz").open("wb") as out:
                np.savez(out, **changes)  # type: ignore[arg-type]

    def _changed(self, name: str) -> _Change:
        """Compare an array with its file."""
        values, file = self._mine[name], map_array(self._parent, name)
        change = self._old.changes.get(name)
        before, size = ([], file.size) if change is None else ([change.places], change.size)
        beyond = np.arange(min(size, values.size), values.size)
        places = np.unique(np.concatenate([*before, *self._marked.get(name, []), beyond]).astype(np.int64))
        places = places[places < values.size]
        known = places < file.size
        differs = ~known
        differs[known] = values[places[known]] != file[places[known]]
        places = places[differs]
        return _Change(values.size, places, values[places])


def _read(directory: Path) -> dict[str, _Change]:
    path = directory / f"{_CHANGES}.npz"
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            names = {name.rpartition(".")[0] for name in found.files}
            return {
                name: _Change(int(found[f"{name}.size"]), found[f"{name}.places"], found[f"{name}.values"])
                for name in names
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise NetworkFormatError(f"{path}: {error}") from error
