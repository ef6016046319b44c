"""What can go wrong between us and a service outside, one exception for each thing one may do about it.

Messages name the service and never repeat what it said.
"""

from __future__ import annotations

from tertius.store.errors import StoreError


class OutboundError(StoreError):
    """Base of what asking a service outside raises.

    Attributes:
        service: name of the service, as the settings call it.
    """

    def __init__(self, service: str, message: str) -> None:
        self.service = service
        super().__init__(f"the service {service} {message}")


class ServiceNotConfigured(OutboundError):
    """The settings name no such service."""

    def __init__(self, service: str) -> None:
        super().__init__(
            service,
            "is not among those that may be asked; its address belongs in the setting TERTIUS_SERVICES",
        )


class ServiceUnavailable(OutboundError):
    """The service gave no usable answer; nothing of what it sent is used.

    Attributes:
        reason: what is wrong, in one word for programs: `unreachable`, `untrusted`, `address`, `redirect`,
            `status`, `answer` or `too-large`.
        status: the HTTP status that it sent, `None` where it sent none.
        retry_after: seconds after which asking again is sensible, `None` where that is not known.
        detail: more about it, for logs only.
    """

    def __init__(
        self,
        service: str,
        reason: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        detail: str = "",
    ) -> None:
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        self.detail = detail
        super().__init__(service, message)


class ServiceTimeout(ServiceUnavailable):
    """The service did not finish within the time it had.

    Attributes:
        limit: that time, in seconds.
    """

    def __init__(self, service: str, limit: float) -> None:
        self.limit = limit
        super().__init__(service, "timeout", f"did not answer within {limit:g} s; try again later")


class ServiceBusy(ServiceUnavailable):
    """The service wants to be left alone for a while, or we have asked it as often as we may."""

    def __init__(self, service: str, retry_after: float, *, status: int | None = None) -> None:
        super().__init__(
            service,
            "busy",
            f"takes no more requests for now; try again in {max(1, round(retry_after))} s",
            status=status,
            retry_after=retry_after,
        )
