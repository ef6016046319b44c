"""The specification's own schemas of the reconciliation service, and bodies held to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).parent / "reconciliation_schemas"
RESOURCES: list[tuple[str, dict[str, Any]]] = [("http://swagger.io/v2/schema.json", {"definitions": {}})]
for path in sorted(SCHEMAS.glob("*/*.json")):
    schema = json.loads(path.read_text())
    # A few files bear the address of the version after theirs, and one is misnamed in it.
    address = f"https://reconciliation-api.github.io/specs/{path.parent.name}/schemas/{path.name}"
    RESOURCES.append(
        (address, {**schema, "$id": address, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    )
REGISTRY = Registry().with_resources(
    (address, Resource.from_contents(body, default_specification=DRAFT202012)) for address, body in RESOURCES
)
BY_NAME = {tuple(address.split("/")[-3::2]): body for address, body in RESOURCES[1:]}


def valid(body: Any, name: str, version: str = "0.2") -> None:
    """Raise `jsonschema.ValidationError` where a body breaks the schema of that name."""
    Draft202012Validator(BY_NAME[version, f"{name}.json"], registry=REGISTRY).validate(body)
