"""From what the engine raises to what callers are told, in two steps: a process boundary may lie between.

Text that may hold what another server answered stays in `QueryFailed.detail`, which is for logs.
"""

from __future__ import annotations

import errno
import re
from typing import Any

from tertius.store import errors
from tertius.store.counting import CapExceeded, DeadlinePassed

_LONGEST_DETAIL = 500
# The engine lists whole alphabets among what it expected.
_ALPHABET = re.compile(r", \['.*", re.DOTALL)


def describe(error: BaseException) -> dict[str, Any]:
    """Describe a failure in values that survive JSON.

    Args:
        error: what evaluating a query raised.

    Returns:
        `kind` and what belongs to it; `as_error` turns it into an exception.
    """
    match error:
        case CapExceeded(kind=kind, cap=cap):
            return {"kind": "too-large", "what": kind, "cap": cap}
        case DeadlinePassed() | MemoryError() | OSError(errno=errno.ENOMEM):
            return {"kind": "timeout" if isinstance(error, DeadlinePassed) else "memory"}
        case SyntaxError() | UnicodeError():
            return {"kind": "syntax", "message": _first_line(error)}
        case OSError() | RuntimeError():
            return {"kind": "failed", "detail": f"{type(error).__name__}: {error}"[:_LONGEST_DETAIL]}
        case _:
            return {"kind": "refused", "message": _first_line(error)}


def as_error(failure: dict[str, Any], *, seconds: float, memory: int | None) -> errors.StoreError:
    """Make the exception a caller sees.

    Args:
        failure: what `describe` gave.
        seconds: the query's time budget.
        memory: the worker's address-space limit in bytes, `None` where there is none.
    """
    match failure["kind"]:
        case "too-large":
            return errors.ResultTooLarge(failure["what"], failure["cap"])
        case "timeout":
            return errors.QueryTimeout(seconds)
        case "memory":
            return errors.OutOfMemory(memory)
        case "syntax":
            return errors.QuerySyntaxError(failure["message"])
        case "refused":
            return errors.RefusedQuery(failure["message"])
        case _:
            return errors.QueryFailed(failure.get("detail", ""))


def _first_line(error: BaseException) -> str:
    if isinstance(error, UnicodeError):
        return "the query is not valid Unicode text"
    line = _ALPHABET.sub(" or a name", str(error)).partition("\n")[0]
    return line if len(line) <= _LONGEST_DETAIL else line[:_LONGEST_DETAIL] + "…"
