"""One process waits for the next load: it is used, replaced when it has died, and gone with the service."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tertius.api.jobs import Jobs
from tertius.api.spare import Spare, finish
from tertius.store import Snapshots

from tests.api.test_writing import ADA, ELAN, FERRY, TABLE, TOKENS, ended, form
from tests.conftest import small_settings
from tests.store.test_pool import is_running


@pytest.fixture
def data(mini_data, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(mini_data, place)
    return place


@pytest.fixture
def client(make_client, data):
    return make_client(data, tokens=TOKENS, writers="ada")


def children(program):
    """Our processes that run a program."""
    found = set()
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
            if program.encode() in words and int(parent) == os.getpid():
                found.add(int(place.name))
    return found


def waiting(jobs, other_than=None):
    """The process that waits, once there is one."""
    deadline = time.monotonic() + 60
    while (pid := jobs.waits) in {None, other_than}:
        assert time.monotonic() < deadline, "no process waits"
        time.sleep(0.01)
    return pid


def seen(client, text):
    """Send a table; the processes that were at work before it was loaded, and how it ended."""
    found = set()
    location = client.post("/v1/loads", **form(text)).headers["location"]
    deadline = time.monotonic() + 120
    at_work: set[int] = set()
    while (job := client.get(location, headers=ADA).json()["data"])["state"] in {"queued", "running"}:
        assert time.monotonic() < deadline
        # What was seen counts if the load was under way before and after.
        found |= at_work
        at_work = children("tertius.api.job_waiting") if job["progress"] else set()
        time.sleep(0.002)
    return found, job


def long_table(name, rows=2_000):
    return "alliance,partner,start\n" + "".join(f"{name}{n},P{n % 99},2018\n" for n in range(rows))


def test_the_process_that_waited_runs_the_load_and_another_one_waits_for_the_next(client, data):
    jobs = client.app.state.jobs
    assert not list((data / "jobs").glob("*/"))
    first = waiting(jobs)
    for turn in range(2):
        assert children("tertius.api.job_waiting") == {first}
        at_work, job = seen(client, long_table(f"turn{turn}-"))
        assert job["state"] == "done", job
        # Nobody else was at work: neither another one for the load, nor the next one beside it.
        assert at_work == {first}
        following = waiting(jobs, other_than=first)
        assert not is_running(first)
        first = following
    assert Snapshots(data).current_number() == 4


def test_a_judgement_takes_the_process_that_waits_too(client):
    jobs = client.app.state.jobs
    first = waiting(jobs)
    body = {"judgements": [{"left": ELAN, "right": FERRY, "verdict": "same"}]}
    answer = client.post("/v1/judgements", json=body, headers=ADA)
    assert ended(client, answer.headers["location"])["state"] == "done"
    waiting(jobs, other_than=first)
    assert not is_running(first)


def test_a_process_that_died_while_it_waited_is_replaced_and_the_load_runs(client):
    jobs = client.app.state.jobs
    first = waiting(jobs)
    os.kill(first, signal.SIGKILL)
    while is_running(first):
        time.sleep(0.005)
    done = ended(client, client.post("/v1/loads", **form()).headers["location"])
    assert (done["state"], done["report"]["published"]) == ("done", True)
    waiting(jobs, other_than=first)


def test_what_is_sent_before_anything_is_ready_is_loaded_all_the_same(make_client, data):
    client = make_client(data, tokens=TOKENS, writers="ada")
    tables = [f"{TABLE}x{n},Rotor AG,2019-01-01\n" for n in range(2)]
    locations = [client.post("/v1/loads", **form(text)).headers["location"] for text in tables]
    assert [ended(client, one)["state"] for one in locations] == ["done"] * 2


def test_no_process_is_left_by_a_service_that_closes(data):
    settings = small_settings(data, tokens=TOKENS, writers="ada")
    jobs = Jobs(settings)
    jobs.start()
    pid = waiting(jobs)
    assert is_running(pid)
    jobs.close()
    assert jobs.waits is None
    assert not is_running(pid)
    assert not children("tertius.api.job_waiting")


def test_no_process_waits_where_nobody_may_load(make_client, data):
    client = make_client(data, tokens=TOKENS)
    assert client.app.state.jobs.waits is None
    assert not children("tertius.api.job_waiting")


def test_no_process_waits_where_another_service_takes_the_loads(client, make_client, data):
    waiting(client.app.state.jobs)
    other = make_client(data, tokens=TOKENS, writers="ada")
    assert other.app.state.jobs.waits is None
    assert len(children("tertius.api.job_waiting")) == 1


def test_a_service_starts_where_it_cannot_take_loads(make_client, data):
    (data / "jobs").write_text("in the way")
    client = make_client(data, tokens=TOKENS, writers="ada")
    assert client.get("/readyz").status_code == 200
    assert client.app.state.jobs.waits is None


def test_a_process_that_waits_ends_when_nobody_holds_its_input(tmp_path):
    spare = Spare(tmp_path)
    spare.prepare()
    pid = spare.pid
    spare.prepare()
    assert spare.pid == pid
    process = spare._process
    process.stdin.close()
    assert process.wait(60) == 1
    spare.prepare()
    assert spare.pid != pid
    spare.close()
    assert spare.pid is None


def test_a_load_behind_everybody_else_is_only_made_ready_so(tmp_path):
    """Imports stay behind requests; the thread that will run the load does not."""
    spare = Spare(tmp_path)
    spare.prepare()
    try:
        own, tasks = os.nice(0), Path(f"/proc/{spare.pid}/task")
        behind = min(own + 5, 19)
        nice: dict[int, int] = {}
        while behind not in nice.values():
            for task in tasks.iterdir():
                with contextlib.suppress(OSError):
                    nice[int(task.name)] = int((task / "stat").read_text().rpartition(")")[2].split()[16])
        assert nice[spare.pid] == own
    finally:
        spare.close()


def test_whoever_waits_hears_of_the_end_and_is_answered_from_what_was_published(client):
    jobs = client.app.state.jobs
    first = waiting(jobs)
    location = client.post("/v1/loads", **form(long_table("wait"))).headers["location"]
    name = location.rpartition("/")[2]
    heard = []

    def listen():
        heard.append((jobs.wait(name, 120)["state"], client.get("/v1/organizations?q=P7&limit=1").json()))

    threads = [threading.Thread(target=listen) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [state for state, _ in heard] == ["done"] * 2
    # The snapshot that answers next is the one that was published.
    report = client.get(location, headers=ADA).json()["data"]["report"]
    assert {answer["meta"]["snapshot"] for _, answer in heard} == {report["snapshot"]}
    waiting(jobs, other_than=first)


def test_a_process_that_does_not_end_by_itself_is_ended():
    process = subprocess.Popen(["sleep", "600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finish(process)
    assert process.returncode == -signal.SIGKILL
    assert process.stdin.closed
    assert process.stdout.closed
