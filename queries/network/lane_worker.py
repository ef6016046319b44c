"""The process that derives networks for a lane: `python -m tertius.queries.network.lane_worker`.

One JSON object a line on standard input asks for a network; one on standard output answers. The process
ends when its standard input closes, also in the middle of a derivation: it never outlives its parent.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any, Final

from tertius.queries.network.derived import Derived, derive
from tertius.queries.network.errors import NetworkError, NetworkTooLargeError
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable

NICE: Final = 10
"""Added to the scheduling priority number."""


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until they end.

    Args:
        requests: `{"network": directory, "target": directory, "parameters": {...}, "threads": n}` a line.
        answers: `{"seconds": s}`, or `{"error": class name, "message": text, ...}` a line.
    """
    waiting: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in requests:
            waiting.put(line)
        # Nobody is left to read an answer; whatever is being computed is of no use to anybody.
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    answers.write(json.dumps({"ready": True}) + "\n")
    answers.flush()
    while True:
        answers.write(json.dumps(_answer(json.loads(waiting.get()))) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    begin = time.perf_counter()
    target = Path(request["target"])
    draft = target.with_name(f"{target.name}.{os.getpid()}.draft")
    try:
        path = Path(request["network"])
        derived = derive(
            ParticipationTable.open(path),
            NetworkParameters.from_json(request["parameters"]),
            default=Derived.open(path / "default"),
            threads=request["threads"],
        )
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        derived.write(draft)
        _publish(draft, target)
    except NetworkTooLargeError as error:
        return {
            "error": "NetworkTooLargeError",
            "pairs": error.pairs,
            "cap": error.cap,
            "alliance": error.alliance,
            "partners": error.partners,
        }
    except NetworkError as error:
        return {"error": "NetworkError", "message": str(error)}
    except MemoryError:
        return {"error": "MemoryError", "message": "the network for these parameters does not fit in memory"}
    except OSError as error:
        return {"error": "OSError", "message": f"the derived network cannot be written: {error.strerror}"}
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {"seconds": time.perf_counter() - begin}


def _publish(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another process may have derived the same network; equal parameters give equal files.
        if not (target / "network.json").exists():
            raise


def main() -> None:
    """Serve on standard input and output; anything else that prints goes to standard error."""
    # Answers from networks that are there go first.
    os.nice(NICE)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
