"""One key at a time from a terminal, or the first character of a line from anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform != "win32":
    import termios
    import tty


class Keys:
    """Where keys come from.

    Args:
        single: Whether a key counts at once, without the return key.
    """

    def __init__(self, single: bool) -> None:
        self._single = single

    def read(self) -> str:
        """Return the next key in lower case; `q` where there is nothing more to read.

        Raises:
            KeyboardInterrupt: Control and C.
        """
        if self._single:
            data = os.read(sys.stdin.fileno(), 1)
            # What follows an escape is an arrow or a function key: one key, that means nothing here.
            if data == b"\x1b":
                os.read(sys.stdin.fileno(), 16)
                return ""
            if data == b"\x03":
                raise KeyboardInterrupt
            return data.decode("latin-1").lower() if data not in {b"", b"\x04"} else "q"
        line = sys.stdin.readline()
        return line.strip().lower()[:1] if line else "q"


@contextmanager
def keys() -> Iterator[Keys]:
    """Read single keys where a person sits at a terminal; the terminal is left as it was."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield Keys(single=False)
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keys(single=True)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
