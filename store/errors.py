"""What can go wrong between a question and its answer, one exception for each thing a caller may do about it.

Messages are written for the person who sent the query or ran the load: what happened, where, what to do.
No message carries text that came over a network.
"""


class StoreError(Exception):
    """Base of everything this package raises on purpose."""


class QuerySyntaxError(StoreError):
    """The text is not a SPARQL query; the message says where the parser stopped."""


class RefusedQuery(StoreError):
    """The text is a query, but one that is never run here (an unknown result format, for instance)."""


class QueryFailed(StoreError):
    """The query was understood and could not be evaluated (a `SERVICE` in it, for instance).

    Attributes:
        detail: what the engine said, for logs only: it may hold text that came over a network.
    """

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(
            "the query could not be evaluated; it may use a SERVICE, which is never reached from here, "
            "or a file of the store could not be read"
        )


class AnswerBroken(QueryFailed):
    """A SPARQL service began to answer and did not finish, or sent what is no answer; nothing of it is used.

    Attributes:
        detail: what is wrong with it, for logs only.
    """

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        StoreError.__init__(
            self,
            "the SPARQL service sent an answer that is cut, incomplete or not what it says; nothing of it is "
            "used: ask for less, or look at the service's log",
        )


class QueryTimeout(StoreError):
    """The query used up its wall-clock budget and was stopped.

    Attributes:
        limit: the budget, in seconds.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        super().__init__(
            f"the query was stopped after its limit of {limit:g} s; "
            "narrow it, add a LIMIT before sorting, or ask for less at a time"
        )


class QueryCancelled(StoreError):
    """Somebody asked for the query to be stopped, or the client went away."""

    def __init__(self, query_id: str) -> None:
        self.query_id = query_id
        super().__init__(f"query {query_id} was cancelled")


class ResultTooLarge(StoreError):
    """The answer passes a cap; nothing of it is handed out.

    Attributes:
        kind: which cap, `"rows"` or `"bytes"`.
        cap: the cap, in rows (solutions or triples) or in bytes of the serialised answer.
    """

    def __init__(self, kind: str, cap: int) -> None:
        self.kind = kind
        self.cap = cap
        super().__init__(
            f"the answer has more than {cap} {kind}; add a LIMIT, page through it, or export instead"
        )


class OutOfMemory(StoreError):
    """The query needed more memory than a worker may have.

    Attributes:
        limit: the address-space limit of a worker in bytes, `None` where the store has none.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        allowed = "" if limit is None else f" of {limit // 2**20} MiB"
        super().__init__(f"the query needed more memory than the limit{allowed}; sort or group fewer rows")


class WorkerCrashed(StoreError):
    """The query ended its worker, as very deep nesting does; other queries are not affected.

    Attributes:
        signal: name of the signal that ended the process (`"SIGSEGV"`), or its exit status as text.
        detail: what it wrote to standard error, for logs only.
    """

    def __init__(self, signal: str, detail: str = "") -> None:
        self.signal = signal
        self.detail = detail
        super().__init__(
            f"the process that evaluated the query ended ({signal}); the query may be nested too deeply"
        )


class StoreBusy(StoreError):
    """Every worker of the lane is taken.

    Attributes:
        retry_after: seconds after which trying again is sensible.
    """

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"the service is busy; try again in {retry_after:g} s")


class StoreUnavailable(StoreError):
    """There is nothing to ask: no snapshot, no worker that will start, or the store is closed."""


class SnapshotGone(StoreError):
    """The snapshot asked for does not exist, or no longer.

    Attributes:
        number: the snapshot asked for.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"snapshot {number} is not kept here (any more); ask again without it")


class SnapshotDamaged(StoreError):
    """A snapshot's directory is not what publishing left there."""


class LockHeld(StoreError):
    """Another process, or another load in this one, is writing to the same data directory.

    Attributes:
        pid: the process that holds the lock, `None` where it could not be read.
    """

    def __init__(self, path: str, pid: int | None) -> None:
        self.pid = pid
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{path} is held by {holder}; wait for it to finish, one writer works at a time")


class DiskFull(StoreError):
    """The disk filled up while a snapshot was being written; the snapshot that was live still is."""
