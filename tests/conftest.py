"""Fixtures that more than one room needs.

Policy: take the smallest thing that has what you need, in this order.

1. Nothing: most rules can be tried on values.
2. `mini_data` / `mini`: a hand-written table of seven organisations in two sources, with identifiers.
3. `demo_data` / `demo`: the bundled demonstration, loaded once per run by the real loader; only read it.
4. `make_client`: an application with settings of your own; costs a pool of processes.

Nothing here replaces a part of ours by a pretended one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tertius.api import logs
from tertius.api.app import create_app
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, load

MINI = """\
alliance,alliance_name,partner,role,start,end,country,type,id:pic,orientation
a1,Alpha,Anker BV,coordinator,2015-01-01,2018-12-31,NL,PRC,999990001,exploration
a1,Alpha,Brug GmbH,partner,2015-01-01,2018-12-31,DE,PRC,999990002,exploration
a1,Alpha,=Cijfer SA,partner,2015-01-01,2018-12-31,FR,HES,,exploration
a2,Beta,Brug GmbH,partner,2017-01-01,2019-12-31,DE,PRC,999990002,exploitation
a2,Beta,Dam AG,partner,2017-01-01,2019-12-31,DE,,999990004,exploitation
a3,Gamma,Dam AG,partner,2018-06-01,,DE,,999990004,
a3,Gamma,Élan & <Fils>,partner,2018-06-01,,,,999990005,
"""
OTHER = """\
alliance,partner,country,start,id:pic
b1,Ferry Ltd,GB,2018-01-01,999990005
b1,Gracht NV,NL,2018-01-01,
"""


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    """Settings of whoever runs the tests must not change what they see, nor our logs what they read."""
    logs.structured("error", "json")
    for name in [name for name in os.environ if name.upper().startswith("TERTIUS_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of one test run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder in whichever process comes first; the others wait for it."""
    target = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "done").exists():
            make(target)
            (target / "done").touch()
    return target


@pytest.fixture(scope="session")
def demo_data(shared_folder: Path) -> Path:
    """The data folder of the demonstration; read-only by agreement."""

    def make(data: Path) -> None:
        for job in (LoadJob.evidence(data), LoadJob.demo(data)):
            _loaded(job)

    return once(shared_folder, "demo", make)


@pytest.fixture(scope="session")
def mini_data(shared_folder: Path) -> Path:
    """A data folder with two small sources, that is two snapshots; read-only by agreement."""

    def make(data: Path) -> None:
        for source, text in (("mini", MINI), ("other", OTHER)):
            table = shared_folder / f"{source}.csv"
            table.write_text(text, encoding="utf-8")
            _loaded(LoadJob(data=data, source=source, files=(table,)))

    return once(shared_folder, "mini", make)


def _loaded(job: LoadJob) -> None:
    report = load(job)
    assert report.published, report.lines()


def small_settings(data: Path, **changes: object) -> Settings:
    """Settings with one process per lane."""
    return Settings(**{"data": data, "rest_workers": 1, "sparql_workers": 1, **changes})


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[TestClient]:
    """A client of the demonstration."""
    with TestClient(create_app(small_settings(demo_data))) as client:
        yield client


@pytest.fixture(scope="session")
def mini(mini_data: Path) -> Iterator[TestClient]:
    """A client of the small table."""
    with TestClient(create_app(small_settings(mini_data)), follow_redirects=False) as client:
        yield client


@pytest.fixture
def make_client() -> Iterator[Callable[..., TestClient]]:
    """Make clients of applications with other settings; they are closed after the test."""
    with ExitStack() as stack:

        def make(data: Path, **changes: object) -> TestClient:
            app = create_app(small_settings(data, **changes))
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield make
