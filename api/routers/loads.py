"""Loads over HTTP: tables come in, a job runs, its report is the command line's."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api.errors import BadParameter, NotFound
from tertius.api.jobs import ID, OPEN, Jobs
from tertius.api.middleware import public_path
from tertius.api.models import Envelope, Meta
from tertius.api.negotiate import JSON, choose
from tertius.api.openapi import responses
from tertius.api.services import Services
from tertius.api.uploads import FORM_DATA, read_form
from tertius.api.writers import writer
from tertius.api.writing_models import Load, LoadProgress, LoadsQuery

LOADS: Final = "/v1/loads"

JUDGEMENTS: Final = "judgements"
"""Source under which judgements are loaded."""

router = APIRouter(prefix=LOADS, tags=["writing"])

LoadId = Annotated[
    str,
    Path(
        pattern=ID,
        description="Id of the load: the last part of `Location`.",
        examples=["0f8fad5bd9cb469fa16570867728950e"],
    ),
]
_SOURCE: Final = re.compile(r"[a-z0-9-]{1,64}")
_MAPPING: Final = re.compile(r"[a-z0-9-]{1,64}")
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_FIELDS: Final = ("source", "mapping", "retrieved", "dry_run")
_ANSWERS: Final = {**responses(400, 401, 403, 408, 413, 415, 422, 429)}
_ACCEPTED: Final = {
    "description": "It will be loaded when those before it are; `Location` is where to watch.",
    "headers": {"Location": {"description": "Path of the load.", "schema": {"type": "string"}}},
}


@router.post(
    "",
    operation_id="postLoad",
    summary="Load tables as a source",
    status_code=202,
    response_model=Envelope[Load],
    responses={**{status: said for status, said in _ANSWERS.items() if status != 200}, 202: _ACCEPTED},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {FORM_DATA: {"schema": {"$ref": "#/components/schemas/LoadForm"}}},
        }
    },
)
async def post_load(request: Request) -> Response:
    """Take tables, or a register's files, that replace what a source says, as `tertius load` does.

    The form has one or more parts `file`, and the fields `source`, `mapping` or a part `mapping_file`,
    `retrieved`, `dry_run`. As the source `judgements`, a table of pairs that somebody has looked through is
    taken, as `tertius link --reviewed` does; the token says who. Loads run one after the other, each in a
    process of its own; all of one happens, or nothing.
    """
    choose(request.headers.get("accept"), None, (JSON,))
    by = writer(request)
    jobs: Jobs = request.app.state.jobs
    with jobs.place(by) as folder:
        form = await read_form(request, folder, fields=_FIELDS, files=("file", "mapping_file"))
        what = _described(form.fields, form.files) | {"by": by}
        (folder / "files").rmdir()
        (folder / "file").rename(folder / "files")
        name = await anyio.to_thread.run_sync(jobs.submit, folder, by, what)
    return accepted(request, name)


@router.get(
    "",
    operation_id="listLoads",
    summary="Loads over HTTP",
    response_model=Envelope[list[Load]],
    responses=responses(401, 403, 422),
)
def list_loads(request: Request, query: Annotated[LoadsQuery, Query()]) -> Response:
    """List the loads that came over HTTP and whose reports are kept, the newest first."""
    choose(request.headers.get("accept"), query.format, (JSON,))
    writer(request)
    jobs: Jobs = request.app.state.jobs
    return _reply(request, [shown(job) for job in jobs.all()])


@router.get(
    "/{load_id}",
    operation_id="getLoad",
    summary="A load over HTTP",
    response_model=Envelope[Load],
    responses=responses(401, 403, 404, 422),
)
def get_load(request: Request, load_id: LoadId, query: Annotated[LoadsQuery, Query()]) -> Response:
    """Return how far a load is and, once it has ended, its report."""
    choose(request.headers.get("accept"), query.format, (JSON,))
    writer(request)
    return _reply(request, shown(_found(request, load_id)))


@router.delete(
    "/{load_id}",
    operation_id="stopLoad",
    summary="Stop a load",
    status_code=204,
    response_class=Response,
    responses={
        **{status: said for status, said in responses(401, 403, 404, 422).items() if status != 200},
        204: {"description": "It has been told to stop; nothing is changed by it."},
    },
)
def stop_load(request: Request, load_id: LoadId) -> Response:
    """Stop a load that waits or runs."""
    writer(request)
    jobs: Jobs = request.app.state.jobs
    if not jobs.cancel(_found(request, load_id)["id"]):
        raise NotFound(f"The load {load_id} has ended already, or another service runs it.")
    return Response(status_code=204, headers=_HEADERS)


def accepted(request: Request, name: str, status: int = 202) -> Response:
    """Answer that a load is there, with where to watch it."""
    location = public_path(request.scope, f"{LOADS}/{name}")
    return _reply(request, shown(_found(request, name)), status, {"Location": location})


def shown(job: dict[str, Any]) -> Load:
    """Return a load as callers read it."""
    progress = job.get("progress") if job["state"] in OPEN else None
    return Load(
        id=job["id"],
        kind=job["kind"],
        source=job["source"],
        state=job["state"],
        by=job["by"],
        created=job["created"],
        started=job.get("started"),
        ended=job.get("ended"),
        progress=LoadProgress(**progress) if progress is not None else None,
        report=job.get("report"),
        error=job.get("error"),
    )


def _described(fields: dict[str, str], files: dict[str, list[str]]) -> dict[str, Any]:
    """Check what a form says; the load itself checks what the files say."""
    if "file" not in files:
        raise BadParameter("file", "send at least one file to load", where="body")
    source = fields.get("source", "")
    if not _SOURCE.fullmatch(source):
        raise BadParameter("source", "name the source with 1 to 64 of a-z, 0-9 and -", where="body")
    if source == JUDGEMENTS:
        return _reviewed(fields, files)
    mapping = fields.get("mapping") or None
    own = files.get("mapping_file", [])
    if mapping is not None and (own or not _MAPPING.fullmatch(mapping)):
        raise BadParameter(
            "mapping", "name a shipped mapping or a register, or send a mapping_file, not both", where="body"
        )
    if len(own) > 1:
        raise BadParameter("mapping_file", "one mapping is taken", where="body")
    dry_run = fields.get("dry_run", "false")
    if dry_run not in {"true", "false"}:
        raise BadParameter("dry_run", "is neither true nor false", where="body")
    return {
        "kind": "tables",
        "source": source,
        "files": files["file"],
        "mapping": mapping,
        "mapping_file": f"mapping_file/{own[0]}" if own else None,
        "retrieved": _day(fields.get("retrieved") or None),
        "dry_run": dry_run == "true",
    }


def _reviewed(fields: dict[str, str], files: dict[str, list[str]]) -> dict[str, Any]:
    """Check what a form says that brings a table of pairs back."""
    if len(files["file"]) > 1 or "mapping_file" in files:
        raise BadParameter("file", "send one reviewed table of pairs, and no mapping", where="body")
    for name in ("mapping", "retrieved", "dry_run"):
        if fields.get(name):
            raise BadParameter(name, "a reviewed table of pairs takes no such option", where="body")
    return {"kind": "reviewed", "source": JUDGEMENTS, "files": files["file"]}


def _day(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return dt.datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=dt.UTC).date().isoformat()
    except ValueError:
        raise BadParameter("retrieved", "is not a date like 2020-12-31", where="body") from None


def _found(request: Request, name: str) -> dict[str, Any]:
    jobs: Jobs = request.app.state.jobs
    job = jobs.get(name)
    if job is None:
        raise NotFound(f"There is no load {name}, or its report is no longer kept.")
    return job


def _reply(
    request: Request, data: Load | list[Load], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    services: Services = request.app.state.services
    number = services.snapshots.current_number()
    meta = Meta(snapshot=number, as_of=None, window=None, weight=None, next=None)
    body = Envelope(data=data, meta=meta).model_dump_json()
    return Response(body, status, headers={**_HEADERS, **(headers or {})}, media_type=JSON.type)
