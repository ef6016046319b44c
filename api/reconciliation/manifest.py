"""The service manifests: what the service can do, and where."""

from __future__ import annotations

from typing import Any, Final

from tertius.api.exchange import VERSION
from tertius.api.reconciliation.kinds import ORGANIZATION
from tertius.api.settings import Settings
from tertius.ontology.namespaces import PREFIXES

PATH: Final = "/reconcile"
DRAFT: Final = "/reconcile/1.0-draft"
WIDTH: Final = 420
HEIGHT: Final = 260

_TYPES: Final = [{"id": ORGANIZATION, "name": "Organization"}]
_LIMIT_HELP: Final = "Most values of each organisation; 0 for all of them."


def manifest_02(settings: Settings, address: str) -> dict[str, Any]:
    """Describe the service as version 0.2 does.

    Args:
        settings: The settings.
        address: Address of the server, without a `/` at the end.
    """

    def suggest(what: str) -> dict[str, str]:
        return {
            "service_url": address,
            "service_path": f"{PATH}/suggest/{what}",
            "flyout_service_url": address,
            "flyout_service_path": f"{PATH}/flyout/{what}?id=${{id}}",
        }

    return {
        "versions": ["0.2"],
        "name": "Tertius: organisations and their alliances",
        "identifierSpace": f"{settings.base}id/organization/",
        "schemaSpace": f"{PREFIXES['org']}Organization",
        "documentation": f"{address}/docs",
        "serviceVersion": VERSION,
        "defaultTypes": _TYPES,
        "view": {"url": f"{address}/organizations/{{{{id}}}}"},
        "preview": {"url": f"{address}{PATH}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {what: suggest(what) for what in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {"service_url": address, "service_path": f"{PATH}/properties"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": "Limit",
                    "type": "number",
                    "default": 0,
                    "help_text": _LIMIT_HELP,
                }
            ],
        },
        "batchSize": settings.reconcile_queries,
    }


def manifest_of_draft(settings: Settings, address: str) -> dict[str, Any]:
    """Describe the service as the draft of version 1.0 does; its routes are fixed, relative to `DRAFT`."""
    return {
        "versions": ["1.0-draft"],
        "name": "Tertius: organisations and their alliances",
        "documentation": f"{address}/docs",
        "serviceVersion": VERSION,
        "defaultTypes": _TYPES,
        "view": {"url": f"{address}/organizations/{{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {
            "proposeProperties": True,
            "propertySettings": [
                {"id": "limit", "name": "Limit", "type": "number", "default": 0, "helpText": _LIMIT_HELP}
            ],
        },
        "batchSize": settings.reconcile_queries,
        "standardizedScore": True,
        "lang": "en",
    }
