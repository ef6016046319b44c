"""Triples as text, fed to the engine's bulk loader through a pipe while they are still being written.

The loader reads the pipe itself, outside Python's lock, so that whoever makes the text and the engine work at
the same time; the pipe's own size is all that waits between them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pyoxigraph as ox

_DESCRIPTORS: Final = Path("/dev/fd")


def feed(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph, chunks: Iterable[bytes]) -> None:
    """Load N-Triples into a graph, in bulk and without holding them.

    Args:
        store: Where to.
        graph: Graph that takes the triples.
        chunks: The text in pieces of whole lines; made in the calling thread, and consumed once. IRIs in it
            are not checked again.

    Raises:
        SyntaxError: The text is not N-Triples.
        OSError: The disk is full or broken.
        Exception: Whatever `chunks` raises; what was read until then is in the store.
    """

    def write(end: int) -> None:
        with open(end, "wb", buffering=0, closefd=False) as pipe:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[pipe.write(view) :]

    _through_a_pipe(write, lambda end: _load(store, graph, end))


def copy_graph(source: ox.Store, target: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> None:
    """Copy one graph from a store to another in bulk.

    Raises:
        OSError: The disk is full or broken.
    """

    def write(end: int) -> None:
        with open(end, "wb", buffering=1 << 20, closefd=False) as pipe:
            source.dump(pipe, ox.RdfFormat.N_TRIPLES, from_graph=graph)

    _through_a_pipe(write, lambda end: _load(target, graph, end))


def _load(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph, end: int) -> None:
    form = ox.RdfFormat.N_TRIPLES
    if _DESCRIPTORS.is_dir():
        store.bulk_load(path=str(_DESCRIPTORS / str(end)), format=form, to_graph=graph, lenient=True)
    else:
        with open(end, "rb", closefd=False) as pipe:
            store.bulk_load(input=pipe, format=form, to_graph=graph, lenient=True)


def _through_a_pipe(write: Callable[[int], None], read: Callable[[int], None]) -> None:
    """Run a reader in a thread of its own beside a writer in this one; the reader's error goes first."""
    out, into = os.pipe()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            read(out)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
            failed.append(error)
        finally:
            # Without a reader the writer is told so at its next write, and does not wait for ever.
            os.close(out)

    reader = threading.Thread(target=work, name="tertius-bulk-load")
    reader.start()
    try:
        write(into)
    except BrokenPipeError:
        if not failed:
            reader.join()
            if not failed:
                raise
    finally:
        os.close(into)
        reader.join()
    if failed:
        raise failed[0]
