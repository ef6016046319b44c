"""Arrays on disk: written once, then memory-mapped and shared by every process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.errors import NetworkFormatError
from tertius.store.files import link_or_copy

FORMAT = 2
"""Version of the files' layout; a reader refuses every other."""


def write_array(directory: Path, name: str, values: NDArray[Any]) -> None:
    """Write `<name>.npy`; whoever publishes the directory makes it durable."""
    with (directory / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)


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
