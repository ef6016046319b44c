"""Loads and judgements that are sent: who may, what is taken, one after the other, what is left."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import time

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.store import Snapshots

from tests.conftest import small_settings

TOKENS = ",".join(f"{name}={hashlib.sha256(name.encode()).hexdigest()}" for name in ("ada", "reader"))
ADA = {"Authorization": "Bearer ada"}
READER = {"Authorization": "Bearer reader"}
TABLE = "alliance,partner,start\nq,Quark BV,2018-01-01\nq,Rotor AG,2018-01-01\n"
ELAN, FERRY = key("mini", "Élan & <Fils>", ""), key("other", "Ferry Ltd", "GB")


@pytest.fixture
def data(mini_data, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(mini_data, place)
    return place


@pytest.fixture
def client(make_client, data):
    return make_client(data, tokens=TOKENS, writers="ada")


@pytest.fixture(scope="module")
def kept_data(mini_data, tmp_path_factory):
    place = tmp_path_factory.mktemp("refusing") / "data"
    shutil.copytree(mini_data, place)
    return place


@pytest.fixture(scope="module")
def refusing(kept_data):
    """A service that nothing changes, for everything that is refused."""
    settings = small_settings(kept_data, tokens=TOKENS, writers="ada")
    with TestClient(create_app(settings)) as found:
        yield found
    assert Snapshots(kept_data).current_number() == 2


def form(text=TABLE, name="table.csv", **fields):
    return {"files": [("file", (name, text))], "data": {"source": "sent", **fields}, "headers": ADA}


def ended(client, location, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found = client.get(location, headers=ADA).json()["data"]
        if found["state"] not in {"queued", "running"} or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def judged(client, one, status):
    """Send a judgement and return the report, also where the machine is too busy for the answer to wait."""
    answer = client.post("/v1/judgements", json={"judgements": [one]}, headers=ADA)
    assert answer.status_code in {status, 202}, answer.text
    done = ended(client, answer.headers["location"])
    assert done["state"] == "done", done
    assert answer.status_code == 202 or answer.json()["data"] == done
    return done["report"]


def problem(answer, status, kind):
    assert answer.status_code == status, answer.text
    assert answer.json()["type"].rpartition("/")[2] == kind
    return answer.json()


def left(data):
    return sorted(path.name for path in (data / "jobs").rglob("*") if path.is_file())


def test_a_load_over_http_ends_in_the_report_of_the_command_line(client, data, tmp_path):
    answer = client.post("/v1/loads", **form())
    assert answer.status_code == 202
    location = answer.headers["location"]
    assert location == f"/v1/loads/{answer.json()['data']['id']}"
    done = ended(client, location)
    assert (done["state"], done["error"], done["by"], done["source"]) == ("done", None, "ada", "sent")
    assert done["created"] <= done["started"] <= done["ended"]
    (tmp_path / "table.csv").write_text(TABLE)
    twin = tmp_path / "twin"
    shutil.copytree(data, twin, ignore=shutil.ignore_patterns("jobs"))
    Snapshots(twin).rollback(2)
    report = load(LoadJob(data=twin, source="sent", files=(tmp_path / "table.csv",))).as_json()
    for one in (report, done["report"]):
        one.pop("seconds")
        one.pop("snapshot")
    assert done["report"] == json.loads(json.dumps(report))
    # What is published is answered from, and only the report is kept.
    assert [one["name"] for one in client.get("/v1/organizations?q=Quark").json()["data"]] == ["Quark BV"]
    assert left(data) == ["lock", "state.json"]
    assert [one["id"] for one in client.get("/v1/loads", headers=ADA).json()["data"]] == [done["id"]]
    again = ended(client, client.post("/v1/loads", **form()).headers["location"])
    assert (again["state"], again["report"]["unchanged"]) == ("done", True)


def test_a_form_may_bring_its_mapping_and_ask_for_a_trial(client, data):
    mapping = "files:\n  participations:\n    columns:\n      alliance: Deal\n      partner: Firm\n"
    files = [
        ("file", ("deals.csv", "Deal;Firm\nx;Quark\nx;Rotor\n")),
        ("mapping_file", ("own.yaml", mapping)),
    ]
    sent = {"source": "deals", "dry_run": "true", "retrieved": "2024-02-01"}
    answer = client.post("/v1/loads", files=files, data=sent, headers=ADA)
    done = ended(client, answer.headers["location"])
    assert (done["state"], done["report"]["dry_run"], done["report"]["rows"]) == ("done", True, 2)
    assert Snapshots(data).current_number() == 2


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("alliance,partner,start\nq,Quark,never\n", "t.csv", "t.csv, row 2, column 'start': 'never'"),
        ("PK\x03\x04 no sheet", "t.xlsx", "t.xlsx"),
    ],
)
def test_a_file_that_cannot_be_loaded_changes_nothing(refusing, kept_data, text, name, message):
    done = ended(refusing, refusing.post("/v1/loads", **form(text, name)).headers["location"])
    assert done["state"] == "failed"
    assert done["error"].startswith(message)
    assert done["report"]["problems"][0]["file"] == name
    assert Snapshots(kept_data).current_number() == 2
    assert set(left(kept_data)) == {"lock", "state.json"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/v1/loads", "/v1/loads/" + "0" * 32])
def test_only_writers_may_load_or_look(refusing, path, method):
    if method == "post" and path != "/v1/loads":
        method = "delete"
    asked = getattr(refusing, method)
    missing = asked(path)
    problem(missing, 401, "unauthorized")
    assert missing.headers["www-authenticate"] == "Bearer"
    problem(asked(path, headers={"Authorization": "Bearer nobody"}), 401, "unauthorized")
    problem(asked(path, headers=READER), 403, "forbidden")


def test_only_writers_may_judge(refusing):
    body = {"judgements": [{"left": ELAN, "right": FERRY, "verdict": "same"}]}
    problem(refusing.post("/v1/judgements", json=body), 401, "unauthorized")
    problem(refusing.post("/v1/judgements", json=body, headers=READER), 403, "forbidden")


def test_nobody_may_write_where_no_writer_is_named(make_client, data):
    client = make_client(data, tokens=TOKENS)
    problem(client.post("/v1/loads", **form()), 403, "forbidden")
    assert not (data / "jobs").exists()


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"data": {}}, "source"),
        ({"data": {"source": "Not A Name"}}, "source"),
        ({"data": {"source": "s", "mapping": "../../etc/passwd"}}, "mapping"),
        ({"data": {"source": "s", "retrieved": "yesterday"}}, "retrieved"),
        ({"data": {"source": "s", "dry_run": "perhaps"}}, "dry_run"),
        ({"data": {"source": "s", "colour": "blue"}}, "colour"),
        ({"data": {"source": "s" * 2000}}, "source"),
        ({"files": [("mapping_file", ("m.yaml", "x"))]}, "file"),
        ({"files": [("file", ("../up.csv", TABLE))]}, "file"),
        ({"files": [("file", ("/etc/passwd", TABLE))]}, "file"),
        ({"files": [("file", (".hidden", TABLE))]}, "file"),
        ({"files": [("file", ("a\\b.csv", TABLE))]}, "file"),
        ({"files": [("file", ("x" * 101, TABLE))]}, "file"),
        ({"files": [("file", ("a.csv", TABLE)), ("file", ("a.csv", TABLE))]}, "file"),
        ({"files": [("file", (f"{n}.csv", TABLE)) for n in range(51)]}, "file"),
        ({"files": [("other", ("a.csv", TABLE))]}, "other"),
    ],
)
def test_forms_that_make_no_sense_are_refused_and_leave_nothing(refusing, kept_data, changes, parameter):
    answer = refusing.post("/v1/loads", **{**form(), **changes})
    assert problem(answer, 422, "invalid-parameter")["parameter"] == parameter
    assert set(left(kept_data)) <= {"lock", "state.json"}


def raw(client, body, content_type="multipart/form-data; boundary=b", **headers):
    return client.post("/v1/loads", content=body, headers={**ADA, "Content-Type": content_type, **headers})


PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nalliance,partner\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        PART,
        PART + b"--c--\r\n",
        PART.replace(b"--b", b"--x") + b"--x--\r\n",
        b"--b\r\n\r\nno header\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=file\r\nContent-Transfer-Encoding: base64\r\n\r\neA==",
        b"--b\r\n" + b"X: y\r\n" * 100 + b"\r\n--b--\r\n",
        b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nx\r\n' * 200 + b"--b--\r\n",
    ],
)
def test_a_form_that_cannot_be_read_is_refused_and_leaves_nothing(refusing, kept_data, body):
    answer = raw(refusing, body)
    assert answer.status_code in {400, 422}, answer.text
    assert set(left(kept_data)) <= {"lock", "state.json"}


def test_other_bodies_than_forms_are_refused(refusing):
    problem(raw(refusing, b"{}", "application/json"), 415, "unsupported-media-type")
    problem(raw(refusing, PART, **{"Content-Encoding": "gzip"}), 415, "unsupported-media-type")
    problem(raw(refusing, PART, "multipart/form-data"), 400, "bad-request")
    problem(raw(refusing, PART, "multipart/form-data; boundary=" + "b" * 71), 400, "bad-request")


def test_a_form_that_is_too_large_is_refused_while_it_arrives(make_client, data):
    client = make_client(data, tokens=TOKENS, writers="ada", max_upload_bytes=20_000)
    large = form("alliance,partner\n" + "x,y\n" * 10_000)
    assert problem(client.post("/v1/loads", **large), 413, "content-too-large")["limit"] == 20_000

    def pieces():
        yield PART
        for _ in range(100):
            yield b"x,y\n" * 100

    answer = raw(client, pieces())
    problem(answer, 413, "content-too-large")
    assert left(data) == ["lock"]
    # Other addresses keep their own limit.
    body = {
        "judgements": [{"left": ELAN, "right": FERRY, "verdict": "same", "reasons": ["x" * 900] * 50}] * 40
    }
    problem(client.post("/v1/judgements", json=body, headers=ADA), 413, "content-too-large")


def test_places_are_few_and_given_back(make_client, data):
    client = make_client(data, tokens=TOKENS, writers="ada,reader", load_queue=2, loads_per_client=1)
    jobs = client.app.state.jobs
    with jobs.place("ada"):
        late = client.post("/v1/loads", **form())
        problem(late, 429, "too-many-requests")
        assert int(late.headers["retry-after"]) > 0
        with jobs.place("reader"):
            busy = client.post("/v1/loads", **{**form(), "headers": READER})
            # Whoever has a place already is told so first.
            problem(busy, 429, "too-many-requests")
        with jobs.place("somebody"):
            problem(client.post("/v1/loads", **{**form(), "headers": READER}), 503, "busy")
    assert client.post("/v1/loads", **form()).status_code == 202


SLOW = "alliance,partner,start\n" + "".join(f"a{n},P{n % 999},2018\n" for n in range(300_000))


def test_a_load_is_stopped_on_request(client, data):
    location = client.post("/v1/loads", **form(SLOW)).headers["location"]
    waiting = client.post("/v1/loads", **form()).headers["location"]
    assert client.delete(waiting, headers=ADA).status_code == 204
    assert client.delete(location, headers=ADA).status_code == 204
    assert (ended(client, location)["state"], ended(client, waiting)["state"]) == ("cancelled", "cancelled")
    problem(client.delete(location, headers=ADA), 404, "not-found")
    assert Snapshots(data).current_number() == 2
    assert left(data) == ["lock", "state.json", "state.json"]
    # The place is free again, and what the stopped load had begun is swept away.
    assert ended(client, client.post("/v1/loads", **form()).headers["location"])["state"] == "done"


def test_a_load_that_takes_too_long_is_ended_and_the_service_goes_on(make_client, data):
    client = make_client(data, tokens=TOKENS, writers="ada", load_seconds=0.2)
    done = ended(client, client.post("/v1/loads", **form(SLOW)).headers["location"])
    assert (done["state"], done["report"]) == ("failed", None)
    assert "longer than 0.2 s" in done["error"]
    assert client.get("/readyz").status_code == 200
    assert Snapshots(data).current_number() == 2


@pytest.mark.long
def test_a_load_that_takes_too_much_memory_is_ended_and_the_service_goes_on(make_client, data):
    client = make_client(data, tokens=TOKENS, writers="ada", load_memory=1024**3)
    text = "alliance,partner,start\n" + "".join(f"a{n},Partner {n},2018\n" for n in range(3_000_000))
    done = ended(client, client.post("/v1/loads", **form(text)).headers["location"], seconds=200)
    assert done["state"] == "failed"
    assert "memory" in done["error"]
    assert client.get("/readyz").status_code == 200
    assert Snapshots(data).current_number() == 2


def test_what_a_stopped_service_left_has_failed_and_says_so(make_client, data):
    for name, state in (("a" * 32, "running"), ("b" * 32, "queued"), ("c" * 32, "done")):
        folder = data / "jobs" / name
        (folder / "files").mkdir(parents=True)
        (folder / "files" / "t.csv").write_text(TABLE)
        said = {"state": state, "created": "2024-01-01T00:00:00+00:00", "by": "ada", "kind": "tables"}
        (folder / "state.json").write_text(json.dumps({**said, "source": "s"}))
    (data / "jobs" / f"{'d' * 32}.new").mkdir()
    client = make_client(data, tokens=TOKENS, writers="ada")
    states = {one["id"][0]: one for one in client.get("/v1/loads", headers=ADA).json()["data"]}
    assert {name: one["state"] for name, one in states.items()} == {"a": "failed", "b": "failed", "c": "done"}
    assert "stopped before the load was done" in states["a"]["error"]
    assert not list((data / "jobs").glob("*.new"))


def test_one_service_runs_the_loads_of_a_folder(client, make_client, data):
    assert client.post("/v1/loads", **form()).status_code == 202
    other = make_client(data, tokens=TOKENS, writers="ada")
    problem(other.post("/v1/loads", **form()), 503, "unavailable")
    # It may look all the same.
    assert len(other.get("/v1/loads", headers=ADA).json()["data"]) == 1


@pytest.mark.parametrize("name", ["0" * 32, "x", "..%2F..%2Fetc", "0" * 31])
def test_loads_that_nobody_knows(refusing, name):
    assert refusing.get(f"/v1/loads/{name}", headers=ADA).status_code in {404, 422}


def test_judgements_are_in_the_snapshot_that_answers_next(client, data):
    one = {"left": ELAN, "right": FERRY, "verdict": "same", "score": 0.9, "reasons": ["same PIC"]}
    report = judged(client, one, 201)
    assert report["counts"]["records_joined"] == 2
    assert Snapshots(data).current_number() == 3
    (kept,) = client.get("/v1/judgements").json()["data"]
    assert {**one, "by": "ada", "kind": "person", "status": "standing"}.items() <= kept.items()
    moved = client.get(f"/v1/organizations/{FERRY}", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/organizations/{ELAN}")
    assert judged(client, one, 200)["unchanged"]
    assert judged(client, {"left": FERRY, "right": ELAN, "verdict": "undecided"}, 201)["published"]
    assert client.get(f"/v1/organizations/{FERRY}", follow_redirects=False).status_code == 200
    assert left(data) == ["lock", "state.json", "state.json", "state.json"]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "judgements"),
        ({"judgements": []}, "judgements"),
        ({"judgements": [{"left": ELAN, "right": FERRY, "verdict": "maybe"}]}, "judgements.0.verdict"),
        ({"judgements": [{"left": ELAN, "right": FERRY}]}, "judgements.0.verdict"),
        ({"judgements": [{"left": "x", "right": FERRY, "verdict": "same"}]}, "judgements.0.left"),
        ({"judgements": [{"left": ELAN, "right": ELAN, "verdict": "same"}]}, "judgements.0.right"),
        ({"judgements": [{"left": ELAN, "right": key("no"), "verdict": "same"}]}, "judgements.0.right"),
        (
            {"judgements": [{"left": ELAN, "right": FERRY, "verdict": "same", "score": 2}]},
            "judgements.0.score",
        ),
        (
            {"judgements": [{"left": ELAN, "right": FERRY, "verdict": "same", "by": "x"}]},
            "judgements.0.by",
        ),
        ({"judgements": [{"left": ELAN, "right": FERRY, "verdict": "same"}], "kind": "dog"}, "kind"),
    ],
)
def test_judgements_that_make_no_sense_are_refused(refusing, body, parameter):
    answer = refusing.post("/v1/judgements", json=body, headers=ADA)
    assert problem(answer, 422, "invalid-parameter")["parameter"] == parameter


def test_a_table_that_somebody_looked_through_comes_back(client):
    path = "/v1/sources/mini/matches?to=other&to=mini&candidates=1&limit=200&format=csv"
    rows = list(csv.DictReader(io.StringIO(client.get(path).text)))
    assert rows
    table = io.StringIO()
    writer = csv.DictWriter(table, ["left", "right", "verdict", "note"], extrasaction="ignore")
    writer.writeheader()
    writer.writerow({"left": ELAN, "right": FERRY, "verdict": "different", "note": "other people"})
    sent = client.post("/v1/loads", **form(table.getvalue(), source="judgements"))
    assert sent.status_code == 202, sent.text
    job = ended(client, sent.headers["location"])
    assert (job["state"], job["kind"], job["report"]["published"]) == ("done", "reviewed", True)
    (judged,) = client.get(f"/v1/judgements?organization={ELAN}").json()["data"]
    assert (judged["verdict"], judged["by"], judged["kind"]) == ("different", "ada", "person")
    assert judged["reasons"] == ["other people"]
    wrong = client.post("/v1/loads", **form("left,right,verdict\na,b,perhaps\n", source="judgements"))
    failed = ended(client, wrong.headers["location"])
    assert failed["state"] == "failed"
    assert "row 2" in failed["error"]


@pytest.mark.parametrize("more", [{"mapping": "gleif"}, {"dry_run": "true"}, {"retrieved": "2024-01-01"}])
def test_a_reviewed_table_takes_no_options(refusing, more):
    answer = refusing.post("/v1/loads", **form("left,right,verdict\n", source="judgements", **more))
    assert answer.status_code == 422
    assert next(iter(more)) in answer.text
