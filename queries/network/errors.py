"""What can go wrong between a question about the network and its answer."""

from __future__ import annotations


class NetworkError(Exception):
    """Anything this package raises on purpose."""


class ParameterError(NetworkError, ValueError):
    """A parameter of the network has a value that it cannot have.

    Attributes:
        parameter: Its name as clients write it, such as `window`.
    """

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter


class ColumnsError(NetworkError, ValueError):
    """A source's participation columns contradict themselves; the message names row and value."""


class UnknownOrganizationError(NetworkError, KeyError):
    """No organisation has this key in the snapshot."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"no organization has the key {self.key!r} in this snapshot"


class NetworkFormatError(NetworkError):
    """The files of a network are missing, damaged, or of another format version."""


class NetworkTooLargeError(NetworkError):
    """The parameters would tie more pairs than the stated cap.

    Attributes:
        pairs: Pairs of organisations within alliances that the parameters ask for.
        cap: The most that one derivation may hold.
        alliance: Key of the largest alliance.
        partners: Its partners in the window.
    """

    def __init__(self, pairs: int, cap: int, alliance: str, partners: int) -> None:
        super().__init__(
            f"the alliances in this window join {pairs:,} pairs of partners, more than the cap of {cap:,}; "
            f"the largest, {alliance}, has {partners:,} partners: leave such alliances out with max_partners"
        )
        self.pairs = pairs
        self.cap = cap
        self.alliance = alliance
        self.partners = partners


class DerivationTimeoutError(NetworkError):
    """A network was not derived before its deadline.

    Attributes:
        limit: The deadline in seconds.
    """

    def __init__(self, limit: float) -> None:
        super().__init__(f"the network for these parameters was not ready within {limit:g} s")
        self.limit = limit


class LaneBusyError(NetworkError):
    """Too many derivations wait already.

    Attributes:
        retry_after: Seconds after which another attempt makes sense.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ClientLimitError(LaneBusyError):
    """One client already has as many derivations under way as it may have."""


class LaneClosedError(NetworkError):
    """The lane was closed, or its process could not be kept alive."""


class EngineUnavailableError(NetworkError):
    """An engine needs something that is not installed; the message says what and how to get it."""


class ParticipationsError(NetworkError, ValueError):
    """A file is not a participation table; the message says what is wrong with it."""
