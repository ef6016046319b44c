"""Arrays on disk: written once, then memory-mapped and shared by every process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.errors import NetworkFormatError
from tertius.store.files import link_or_copy

FORMAT = 3
"""Version of the files' layout; a reader refuses every other."""

_ROOM: Final = 16
"""A growing array has room for so many more values, and for one part in so many."""


def write_array(directory: Path, name: str, values: NDArray[Any], *, growing: bool = False) -> None:
    """Write `<name>.npy`; whoever publishes the directory makes it durable.

    Args:
        directory: Existing directory.
        name: Name without ending.
        values: One-dimensional.
        growing: Whether to leave room behind the values, a hole in the file, for `map_private`.
    """
    with (directory / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
        if growing:
            _leave_room(file, values.size, values.dtype)


def write_pieces(directory: Path, name: str, pieces: Sequence[NDArray[Any]]) -> None:
    """Write `<name>.npy`, growing, from pieces of one type, without putting them together in memory."""
    kind, size = pieces[0].dtype, sum(piece.size for piece in pieces)
    header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (size,)}
    with (directory / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece, dtype=kind).data)
        _leave_room(file, size, kind)


def _leave_room(file: BinaryIO, size: int, kind: np.dtype[Any]) -> None:
    file.truncate(file.tell() + (size // _ROOM + _ROOM) * kind.itemsize)


def map_private(directory: Path, name: str, size: int) -> NDArray[Any] | None:
    """Memory-map `<name>.npy` so that what is written stays in this process.

    Args:
        directory: Directory of the file.
        name: Name without ending.
        size: Length of the array; what the file holds beyond the values that were written is zero.

    Returns:
        The array, or None where the file has no room for so many.

    Raises:
        NetworkFormatError: The file is missing or is no array.
    """
    path = directory / f"{name}.npy"
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            _, _, kind = np.lib.format.read_array_header_1_0(file)
            begin = file.tell()
        if begin + size * kind.itemsize > path.stat().st_size:
            return None
        return np.asarray(np.memmap(path, kind, "c", begin, (size,))) if size else np.empty(0, kind)
    except (OSError, ValueError, EOFError) as error:
        raise NetworkFormatError(f"{path}: {error}") from error


def map_array(directory: Path, name: str) -> NDArray[Any]:
    """Memory-map `<name>.npy` read-only; the view keeps the mapping alive after the file is deleted.

    Raises:
        NetworkFormatError: The file is missing or is no array.
    """
    path = directory / f"{name}.npy"
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise NetworkFormatError(f"{path}: {error}") from error


def write_json(directory: Path, name: str, data: Mapping[str, Any]) -> None:
    """Write `<name>.json` with the format version added."""
    text = json.dumps({"format": FORMAT, **data}, ensure_ascii=False, indent=1, sort_keys=True)
    (directory / f"{name}.json").write_text(text, encoding="utf-8")


def read_json(directory: Path, name: str) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises:
        NetworkFormatError: The file is missing, damaged, or of another format version.
    """
    path = directory / f"{name}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NetworkFormatError(f"{path}: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise NetworkFormatError(f"{path}: not a network of format {FORMAT}; load the sources again")
    return data


def link_tree(source: Path, target: Path) -> None:
    """Give every file of a flat directory a second name in `target`, copying where links are refused."""
    target.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        link_or_copy(file, target / file.name)
