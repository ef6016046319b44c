"""The process of one load before it has one: `python -m tertius.api.job_waiting NICE`.

It imports and compiles what loads need, behind everybody else as far as NICE says, while it waits for a line
on standard input: the folder of its job, as JSON. Then it runs that job, and ends. It ends at once when
standard input does, which the service holds open as long as it lives.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path


def main() -> None:
    """Get ready, wait for a job, run it."""
    told: queue.SimpleQueue[Path] = queue.SimpleQueue()
    # Before anything else: a service that ends must not wait for the imports.
    threading.Thread(target=_listen, args=(told,), daemon=True).start()
    warming = threading.Thread(target=_warm, args=(int(sys.argv[1]),), daemon=True)
    warming.start()
    folder = told.get()
    warming.join()
    # All that takes long to import comes in with this.
    from tertius.api.job_process import perform  # noqa: PLC0415

    os.chdir(folder)
    perform(folder)


def _warm(nice: int) -> None:
    # On Linux this is the thread's own: the load runs in another one, as early as everybody.
    os.nice(nice)
    from tertius.api import job_process  # noqa: F401, PLC0415
    from tertius.loaders import warm  # noqa: PLC0415

    warm()


def _listen(told: queue.SimpleQueue[Path]) -> None:
    line = sys.stdin.readline()
    if line:
        told.put(Path(json.loads(line)))
        sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
