"""How kernels are compiled: ahead of the first request, one specialisation each, kept on disk.

Every kernel states its argument types, so it is compiled (or read from numba's cache) when its module
is imported and never while somebody waits for an answer. Arrays that a kernel only reads are declared
read-only: numba accepts writable arrays for them as well, so a memory-mapped array does not start
another compilation. numba keeps compiled code in `__pycache__` beside these files, or in
`NUMBA_CACHE_DIR`, or in the user's cache directory where the installation is not writable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import numba
from numba import types

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

READ_I4: Final = types.Array(types.int32, 1, "C", readonly=True)
READ_I8: Final = types.Array(types.int64, 1, "C", readonly=True)
READ_U8: Final = types.Array(types.uint64, 1, "C", readonly=True)
READ_F8: Final = types.Array(types.float64, 1, "C", readonly=True)
READ_B1: Final = types.Array(types.boolean, 1, "C", readonly=True)
I4: Final = types.Array(types.int32, 1, "C")
I8: Final = types.Array(types.int64, 1, "C")
U8: Final = types.Array(types.uint64, 1, "C")
F8: Final = types.Array(types.float64, 1, "C")
B1: Final = types.Array(types.boolean, 1, "C")
int64: Final = types.int64
float64: Final = types.float64
void: Final = types.void


def repeated(kind: Any, times: int) -> Any:
    """Return the type of a tuple that holds `times` values of one type."""
    return types.UniTuple(kind, times)  # type: ignore[no-untyped-call]


def njit(signature: Any) -> Callable[[Kernel], Kernel]:
    """Compile a function for one signature now, without the global interpreter lock.

    Floating-point operations keep the order they are written in: results are the same on every run.
    """

    def compiled(function: Kernel) -> Kernel:
        try:
            return numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            # No directory to keep compiled code in: every process compiles for itself.
            return numba.njit(signature, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]

    return compiled
