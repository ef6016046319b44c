"""What the OpenAPI document says beyond what the routes declare: problems, representations, headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from tertius.api import problem_kinds as kinds
from tertius.api.models import ProblemDocument
from tertius.api.negotiate import JSON, Media
from tertius.api.problems import MEDIA_TYPE
from tertius.api.writing_models import LoadForm

_REFERENCE: Final = {"$ref": "#/components/schemas/ProblemDocument"}
_EVERYWHERE: Final = (406, 414, 500, 503)

DESCRIPTION: Final = """\
Alliance intelligence on a knowledge graph: who bridges whom across structural holes.

* Every list takes `limit` and `cursor`; `meta.next` is the path of the next page and `null` the only end.
* `Accept` or `format` chooses the representation; all but JSON carry `meta` in `Tertius-*` headers.
* Network routes take `as_of`, `window`, `weight`, `max_partners`, `exclude`, `assumed_years` and `partition`,
  and repeat in `meta` what was used.
* Errors are RFC 9457 problem documents with a stable `type`.
* Answers carry an `ETag`; send it as `If-None-Match` to get 304 while nothing has changed.
"""


def responses(
    *statuses: int, offered: tuple[Media, ...] = (JSON,), modelled: bool = True
) -> dict[int | str, dict[str, Any]]:
    """Declare what a route may answer with.

    Args:
        statuses: Statuses of the problems that it can end in, beside those that every route can.
        offered: Representations of its answer.
        modelled: Whether what it says of JSON follows from a response model.
    """
    said: dict[int | str, dict[str, Any]] = {
        status: {"description": _described(status)} for status in sorted({*statuses, *_EVERYWHERE})
    }
    others = {
        media.type: {"schema": {} if media.type.endswith("json") else {"type": "string"}}
        for media in offered
        if media.type != JSON.type or not modelled
    }
    said[200] = (
        {"description": "The answer.", "content": others} if others else {"description": "The answer."}
    )
    return said


def install(app: FastAPI) -> None:
    """Make the application write its OpenAPI document here, once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's own way of extending the document


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Tertius",
        version=app.version,
        summary="Alliance intelligence on a knowledge graph",
        description=DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": app.state.root_path or "/"}],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
    # Forms with files are read as they arrive, so that nothing but this describes them.
    schemas["LoadForm"] = LoadForm.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {
                        MEDIA_TYPE: {"schema": _REFERENCE, "example": _example(int(status))}
                    }
    return document


def _of_status(status: int) -> list[kinds.Kind]:
    return [kind for kind in kinds.KINDS if kind.status == status]


def _described(status: int) -> str:
    return "; ".join(kind.title for kind in _of_status(status)) + "."


def _example(status: int) -> Mapping[str, Any]:
    kind = _of_status(status)[0]
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.meaning,
        "instance": "/v1/organizations",
        "request_id": "0f8fad5bd9cb469fa16570867728950e",
    }
