"""Where facts live: snapshots, query workers, the in-memory store; knows no alliance.

Names are imported on first use: a query worker imports this package too, and should not pay for what only its
parent needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tertius.store.archives import BackupDamaged, backup, check_backup, restore
    from tertius.store.base import WHOLE_DATASET, Answer, Budget, Dataset, Lane, ResultFormat, Store
    from tertius.store.draft import Draft
    from tertius.store.errors import (
        AnswerBroken,
        DiskFull,
        LockHeld,
        OutOfMemory,
        QueryCancelled,
        QueryFailed,
        QuerySyntaxError,
        QueryTimeout,
        RefusedQuery,
        ResultTooLarge,
        SnapshotDamaged,
        SnapshotGone,
        StoreBusy,
        StoreError,
        StoreUnavailable,
        WorkerCrashed,
    )
    from tertius.store.lanes import Counters, LaneState, RunningQuery
    from tertius.store.manifest import Manifest, SourceEntry
    from tertius.store.memory import MemoryStore
    from tertius.store.outbound import Outbound, OutboundRequest
    from tertius.store.outbound_cache import Fetched, Provenance
    from tertius.store.outbound_errors import (
        OutboundError,
        ServiceBusy,
        ServiceNotConfigured,
        ServiceTimeout,
        ServiceUnavailable,
    )
    from tertius.store.outbound_services import OutboundService, parse_services
    from tertius.store.pool import QueryPool
    from tertius.store.remote import RemoteStore
    from tertius.store.remote_push import Published, push
    from tertius.store.remote_wire import RemoteService
    from tertius.store.snapshots import Snapshot, Snapshots
    from tertius.store.terms import solutions

__all__ = [
    "WHOLE_DATASET",
    "Answer",
    "AnswerBroken",
    "BackupDamaged",
    "Budget",
    "Counters",
    "Dataset",
    "DiskFull",
    "Draft",
    "Fetched",
    "Lane",
    "LaneState",
    "LockHeld",
    "Manifest",
    "MemoryStore",
    "OutOfMemory",
    "Outbound",
    "OutboundError",
    "OutboundRequest",
    "OutboundService",
    "Provenance",
    "Published",
    "QueryCancelled",
    "QueryFailed",
    "QueryPool",
    "QuerySyntaxError",
    "QueryTimeout",
    "RefusedQuery",
    "RemoteService",
    "RemoteStore",
    "ResultFormat",
    "ResultTooLarge",
    "RunningQuery",
    "ServiceBusy",
    "ServiceNotConfigured",
    "ServiceTimeout",
    "ServiceUnavailable",
    "Snapshot",
    "SnapshotDamaged",
    "SnapshotGone",
    "Snapshots",
    "SourceEntry",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreUnavailable",
    "WorkerCrashed",
    "backup",
    "check_backup",
    "parse_services",
    "push",
    "restore",
    "solutions",
]

_MODULES = {
    "archives": ["BackupDamaged", "backup", "check_backup", "restore"],
    "base": ["WHOLE_DATASET", "Answer", "Budget", "Dataset", "Lane", "ResultFormat", "Store"],
    "draft": ["Draft"],
    "lanes": ["Counters", "LaneState", "RunningQuery"],
    "manifest": ["Manifest", "SourceEntry"],
    "memory": ["MemoryStore"],
    "outbound": ["Outbound", "OutboundRequest"],
    "outbound_cache": ["Fetched", "Provenance"],
    "outbound_errors": [
        "OutboundError",
        "ServiceBusy",
        "ServiceNotConfigured",
        "ServiceTimeout",
        "ServiceUnavailable",
    ],
    "outbound_services": ["OutboundService", "parse_services"],
    "pool": ["QueryPool"],
    "remote": ["RemoteStore"],
    "remote_push": ["Published", "push"],
    "remote_wire": ["RemoteService"],
    "snapshots": ["Snapshot", "Snapshots"],
    "terms": ["solutions"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:
    # Hidden from the type checker, which would otherwise accept any name at all.
    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
        globals()[name] = value
        return value
