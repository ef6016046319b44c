"""The OpenAPI document as the reference page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, in words."""

    name: str
    place: str
    required: bool
    type: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, in words."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Parameter]
    representations: list[str]
    problems: list[tuple[str, str]]


def operations(document: Mapping[str, Any]) -> list[tuple[Mapping[str, str], list[Operation]]]:
    """Group the operations of an OpenAPI document by tag, in the document's order."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    return [(tag, found[tag["name"]]) for tag in document["tags"] if tag["name"] in found]


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    responses: Mapping[str, Any] = operation["responses"]
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=[_parameter(one) for one in operation.get("parameters", [])],
        representations=[
            media
            for status, said in responses.items()
            if status == "200"
            for media in said.get("content", {})
        ],
        problems=[(status, said["description"]) for status, said in responses.items() if int(status) >= 400],
    )


def _parameter(parameter: Mapping[str, Any]) -> Parameter:
    schema: Mapping[str, Any] = parameter["schema"]
    default = schema.get("default")
    return Parameter(
        name=parameter["name"],
        place=parameter["in"],
        required=parameter.get("required", False),
        type=" or ".join(dict.fromkeys(_types(schema))),
        default="" if default is None or default == [] else str(default),
        description=parameter.get("description") or schema.get("description", ""),
    )


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    if "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from _types(choice)
    elif "enum" in schema or "const" in schema:
        yield from (str(value) for value in schema.get("enum", [schema.get("const")]))
    elif "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    elif schema.get("type") == "array":
        yield "list of " + " or ".join(_types(schema.get("items", {})))
    elif schema.get("type") != "null":
        yield str(schema.get("format") or schema.get("type") or "any")
