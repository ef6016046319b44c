"""Damaged files and texts without end, guided by coverage, for everything that reads what strangers wrote.

    ENV/bin/python -m benchmarks.fuzz TARGET [--seconds 180] [--corpus DIR]

`ENV` is an environment of its own with `requirements.lock`, `benchmarks/peers/fuzzing.lock` and Tertius
itself. Targets: table, gleif, ror, bods, companies-house, kvk, query. Each begins with the tests' own small
files. What a reader may do with any input is to read it or to refuse it in its own words; anything else
ends the run with the input in a file `crash-…`, which belongs into a test once it is understood. Status 0
means that nothing was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris
import tertius.queries.network  # noqa: F401 - compiled functions cannot be watched

with atheris.instrument_imports(
    include=["tertius.loaders", "tertius.queries.tokens", "tertius.queries.guard"]
):
    from tertius.loaders.registers.records import RecordProblem
    from tertius.loaders.registers.shipped import REGISTERS
    from tertius.loaders.tables import TableError, open_table
    from tertius.queries.errors import QueryError
    from tertius.queries.guard import check_read_only
    from tertius.queries.tokens import join, tokenise

EXAMPLES = Path(__file__).parents[1] / "tests" / "loaders" / "registers" / "data"
FILES = {
    "gleif": ["gleif-level-1.xml", "gleif-level-2.xml", "gleif-exceptions.xml", "gleif-api-records.json"],
    "ror": ["ror.json"],
    "bods": ["bods-fermcat.json", "bods-fi-soe.json", "bods-indirect.json"],
    "companies-house": ["companies-house.csv", "companies-house-profile.json"],
    "kvk": ["kvk-profiles.json"],
}
TEXTS = {
    "table": [b"alliance,partner,start,id:lei\na1,One,2015-01-01,\na1,Two,2016,\n", b'a;b\r\n"x""";2\r\n'],
    "query": [
        b"SELECT ?a WHERE { ?a <urn:b> 'c'@en , 1.5e3 . FILTER(?a < 3 && ?a > 2) }",
        b"ASK { SERVICE <x> {} }",
    ],
}
_MOST_RECORDS = 500


def query(data: bytes) -> None:
    """Tokens put together are the text again, and the guard answers or refuses."""
    text = data.decode("utf-8", "surrogateescape")
    if join(tokenise(text)) != text:
        raise AssertionError("tokens lose a part of the text")
    try:
        check_read_only(text)
    except QueryError:
        return


def table(path: Path) -> None:
    """Every row of a table is read."""
    try:
        with open_table(path) as opened:
            for number, _ in enumerate(opened.rows):
                if number > _MOST_RECORDS:
                    return
    except TableError:
        return


def register(name: str) -> Callable[[Path], None]:
    """Return what reads every record of a register's file."""

    def read(path: Path) -> None:
        try:
            layout = REGISTERS[name].opener(path, name)
            for number, record in enumerate(layout.records):
                if number > _MOST_RECORDS:
                    return
                try:
                    list(layout.take(record.content))
                except RecordProblem:
                    continue
        except TableError:
            return

    return read


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", choices=sorted([*FILES, *TEXTS]))
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found interesting")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tertius-fuzz-") as name:
        folder = Path(name)
        corpus = options.corpus or folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        starts = TEXTS.get(options.target) or [(EXAMPLES / one).read_bytes() for one in FILES[options.target]]
        for number, data in enumerate(starts):
            (corpus / f"start-{number}").write_bytes(data)
        read = (
            table
            if options.target == "table"
            else register(options.target)
            if options.target in FILES
            else None
        )
        place = folder / "input"

        def once(data: bytes) -> None:
            if read is None:
                query(data)
            else:
                place.write_bytes(data)
                read(place)

        limits = [f"-max_total_time={options.seconds}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", str(corpus)], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
