"""A graph small enough to check by hand, and the shipped catalogue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tertius.queries import Catalogue, Context, load_catalogue
from tertius.store import MemoryStore

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def mini() -> MemoryStore:
    store = MemoryStore()
    store.graph.load(path=str(DATA / "mini.trig"))
    return store


@pytest.fixture(scope="session")
def context() -> Context:
    return Context(as_of=dt.date(2024, 12, 31))
