"""Runs one load for the service, in a process that `job_waiting` made ready.

It reads `job.json`, writes how far it is to standard output as lines of JSON, and `result.json` in the end,
of which the last line tells.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

from tertius.api.spare import ENDED
from tertius.loaders import LoadError, LoadJob, Phase, load
from tertius.queries.judgements import Judgement, Verdict
from tertius.store import LockHeld, StoreError

_LOCK_SECONDS: Final = 60.0
"""How long a job waits for a load of the command line to end."""

_NEVER: Final = "Loading failed in a way that nobody foresaw; the log of the service does not tell more."


def perform(folder: Path) -> None:
    """Run the job of a folder; from here on the process has no more memory than jobs may have."""
    what = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    memory = int(what["memory"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    result = _result(job_of(what, folder))
    beside = folder / "result.part"
    beside.write_text(json.dumps(result, ensure_ascii=False, default=str), encoding="utf-8")
    beside.replace(folder / "result.json")
    _write(ENDED)


def job_of(what: dict[str, Any], folder: Path) -> LoadJob:
    """Return the job that a description means.

    Args:
        what: Content of `job.json`.
        folder: Where the files are.
    """
    common = {"data": Path(what["data"]), "base": what["base"], "keep": what["keep"]}
    if what["kind"] == "judgements":
        return LoadJob.judged(judgements=[_judgement(one) for one in what["judgements"]], **common)
    if what["kind"] == "reviewed":
        return LoadJob.reviewed(table=folder / "files" / what["files"][0], by=what["by"], **common)
    mapping = what["mapping"]
    if what["mapping_file"]:
        mapping = folder / what["mapping_file"]
    return LoadJob(
        source=what["source"],
        files=tuple(folder / "files" / name for name in what["files"]),
        mapping=mapping,
        dry_run=what["dry_run"],
        retrieved=dt.date.fromisoformat(what["retrieved"]) if what["retrieved"] else None,
        **common,
    )


def _judgement(one: dict[str, Any]) -> Judgement:
    return Judgement(
        left=one["left"],
        right=one["right"],
        verdict=Verdict(one["verdict"]),
        by=one["by"],
        kind=one["kind"],
        when=dt.datetime.fromisoformat(one["when"]),
        score=one["score"],
        reasons=tuple(one["reasons"]),
    )


def _result(job: LoadJob) -> dict[str, Any]:
    try:
        report = _patiently(job)
    except LoadError as error:
        return {"state": "failed", "report": error.report.as_json(), "error": str(error)}
    except StoreError as error:
        return {"state": "failed", "report": None, "error": str(error)}
    except MemoryError:
        return {"state": "failed", "report": None, "error": "The load needs more memory than it may have."}
    except Exception:  # noqa: BLE001 - whatever it is, the caller must hear that the load has ended
        return {"state": "failed", "report": None, "error": _NEVER}
    return {"state": "done", "report": report.as_json(), "error": None}


def _patiently(job: LoadJob) -> Any:
    end = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return load(job, progress=_tell)
        except LockHeld:
            if time.monotonic() >= end:
                raise
            time.sleep(0.5)


def _tell(phase: Phase, done: int, total: int | None) -> None:
    _write(f"{json.dumps({'phase': phase.value, 'done': done, 'total': total})}\n")


def _write(line: str) -> None:
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except BrokenPipeError:
        # The service is gone, which is no failure of the load: nothing more is written.
        os._exit(1)
