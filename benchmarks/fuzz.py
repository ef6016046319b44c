"""Damaged files and texts without end, guided by coverage, for everything that reads what strangers wrote.

    ENV/bin/python -m benchmarks.fuzz TARGET [--seconds 180] [--corpus DIR]
    .venv/bin/python -m benchmarks.fuzz TARGET --replay FILE
    .venv/bin/python -m benchmarks.fuzz --list

`ENV` is an environment of its own with `requirements.lock`, `benchmarks/peers/fuzzing.lock` and Tertius
itself. A finding ends the run with the input in a file `crash-…`, which belongs into a test once it is
understood. The instrumented program is not quite the real one (atheris 2.3 breaks a loop or two), so that
every finding is tried again without, by the same command with `--replay`; what does not come back there is
counted and is no finding. Status 0 means that nothing was found.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# Atheris 2.3 turns the loop in `peek` into one that reads another variable's value, and what is compiled
# cannot be watched. It takes whole packages in, and leaves out single modules.
_COMPILED = (Path(__file__).parents[1] / "queries" / "network").glob("*.py")
_LEFT_OUT = [
    "tertius.loaders.registers.json_in",
    *(f"tertius.queries.network.{module.stem}" for module in _COMPILED),
]


def replay(name: str, path: Path) -> int:
    """Read a file without anything watching; 0 where it is read or refused."""
    from benchmarks.fuzz_targets import targets

    with tempfile.TemporaryDirectory(prefix="tertius-fuzz-") as folder:
        place = Path(folder) / "input"
        place.write_bytes(path.read_bytes())
        targets()[name].read(place)
    return 0


class Run:
    """One run of the fuzzer."""

    def __init__(self, name: str, target: Any, folder: Path) -> None:
        self._name, self._target = name, target
        self._place = folder / "input"
        self.apart = 0

    def once(self, data: bytes) -> None:
        """Read one input."""
        self._place.write_bytes(data)
        try:
            self._target.read(self._place)
        except Exception:
            self._place.write_bytes(data)
            command = [sys.executable, "-m", "benchmarks.fuzz", self._name, "--replay", str(self._place)]
            if subprocess.run(command, check=False, capture_output=True).returncode:
                raise
            self.apart += 1

    def changed(self, data: bytes, most: int, seed: int) -> bytes:
        """Mutate an input: by its form as often as by its bytes."""
        import atheris

        from benchmarks.fuzz_seeds import changed_json, changed_text

        made: bytes | None = None
        if seed % 4:
            made = (
                changed_json(data, seed) if self._target.json and seed % 4 < 3 else changed_text(data, seed)
            )
        return made if made is not None and len(made) <= most else bytes(atheris.Mutate(data, most))


def fuzz(options: argparse.Namespace) -> None:
    """Fuzz one target."""
    import atheris

    with atheris.instrument_imports(include=["tertius"], exclude=_LEFT_OUT):
        from benchmarks.fuzz_targets import targets
    with tempfile.TemporaryDirectory(prefix="tertius-fuzz-") as name:
        folder = Path(name)
        corpus = options.corpus or folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        target = targets()[options.target]
        for number, data in enumerate(target.starts):
            (corpus / f"start-{number}").write_bytes(data)
        run = Run(options.target, target, folder)
        limits = [
            f"-max_total_time={options.seconds}",
            "-max_len=100000",
            "-timeout=20",
            "-rss_limit_mb=2048",
        ]
        atheris.Setup(
            [sys.argv[0], *limits, "-print_final_stats=1", str(corpus)],
            run.once,
            custom_mutator=run.changed,
        )
        atheris.Fuzz()


def main() -> int:
    """Fuzz, or try one input again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="?")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found interesting")
    parser.add_argument("--replay", type=Path, help="read this file once, without the fuzzer")
    options = parser.parse_args()
    if options.list or not options.target:
        from benchmarks.fuzz_targets import targets

        print("\n".join(sorted(targets())))
        return 0
    if options.replay:
        return replay(options.target, options.replay)
    fuzz(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
