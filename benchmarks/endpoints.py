"""What `/sparql` costs beside services that defend themselves less: same data, same queries, one run.

    python -m benchmarks.endpoints --rdflib-endpoint ENV/bin/rdflib-endpoint [--organizations N]

`ENV` is an environment of its own with `benchmarks/peers/endpoints.lock`; Virtuoso is Debian's
(`make test-deps`). Loads a generated table, gives every service the triples of the snapshot, and prints for
each service and query the median and 99th percentile over one connection, and the requests a second of eight
clients at once. A service that answers anything but 200 is marked. Virtuoso and rdflib hold the triples in
one graph.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx2
import pyoxigraph as ox
from tertius.store import Snapshots

from benchmarks.service import BIN, free_port, serving
from tests.servers import virtuoso_server

PREFIXES = """PREFIX tt: <https://w3id.org/tertius/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
QUERIES = {
    "point": "SELECT ?alliance { ?p tt:organization <IRI> ; tt:alliance ?alliance }",
    "join": "SELECT ?name { ?p tt:organization <IRI> ; tt:alliance ?a . ?q tt:alliance ?a . "
    "?q tt:organization ?o . ?o skos:prefLabel ?name }",
    "count": "SELECT (COUNT(*) AS ?n) { ?p a tt:Participation }",
    "list": "SELECT ?o ?name { ?o tt:key ?key ; skos:prefLabel ?name } LIMIT 1000",
}
_CLIENTS = 8


def ask(client: httpx2.Client, url: str, text: str) -> int:
    """Ask once; the number of rows, -1 for anything but a whole answer."""
    # As a form: Debian's Virtuoso waits for ever on a direct POST.
    answer = client.post(
        url, data={"query": PREFIXES + text}, headers={"Accept": "application/sparql-results+json"}
    )
    if answer.status_code != 200:
        return -1
    return len(answer.json()["results"]["bindings"])


def measure(url: str, text: str, requests: int) -> tuple[float, float, float, int]:
    """Median and p99 in milliseconds, requests a second of several clients, and rows."""
    with httpx2.Client(timeout=120) as client:
        rows = ask(client, url, text)
        times = []
        for _ in range(requests):
            start = time.perf_counter()
            ask(client, url, text)
            times.append(1e3 * (time.perf_counter() - start))

    def several(_: int) -> None:
        with httpx2.Client(timeout=120) as own:
            for _ in range(max(1, requests // _CLIENTS)):
                ask(own, url, text)

    start = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as threads:
        list(threads.map(several, range(_CLIENTS)))
    rate = _CLIENTS * max(1, requests // _CLIENTS) / (time.perf_counter() - start)
    return statistics.median(times), sorted(times)[int(0.99 * (len(times) - 1))], rate, rows


@contextmanager
def services(work: Path, data: Path, rdflib_endpoint: Path | None) -> Iterator[dict[str, str]]:
    """Start every service on the same triples; the query address of each by name."""
    snapshot = Snapshots(data).current()
    if snapshot is None:
        raise SystemExit("nothing was loaded")
    quads = list(ox.Store.read_only(str(snapshot.store_path)))
    triples = list({quad.triple for quad in quads})
    (work / "same.nq").write_bytes(ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")
    (work / "same.nt").write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    print(f"{len(quads):,} statements\n", file=sys.stderr)
    oxigraph = [str(BIN / "oxigraph")]
    place = str(work / "oxigraph")
    subprocess.run([*oxigraph, "load", "--location", place, "--file", str(work / "same.nq")], check=True)
    ports = [free_port() for _ in range(3)]
    probe = f"query={quote('ASK {}')}"
    with ExitStack() as stack:
        base = f"http://127.0.0.1:{ports[0]}"
        tertius = [str(BIN / "tertius"), "serve", "--data", str(data), "--port", str(ports[0])]
        stack.enter_context(serving(tertius, f"{base}/readyz"))
        found = {"Tertius": f"{base}/sparql"}
        base = f"http://127.0.0.1:{ports[1]}"
        bind = ["--bind", base.removeprefix("http://"), "--union-default-graph"]
        command = [*oxigraph, "serve-read-only", "--location", place, *bind]
        stack.enter_context(serving(command, f"{base}/query?{probe}"))
        found["oxigraph"] = f"{base}/query"
        if rdflib_endpoint is not None:
            base = f"http://127.0.0.1:{ports[2]}"
            command = [str(rdflib_endpoint), "serve", "--host", "127.0.0.1", "--port", str(ports[2])]
            stack.enter_context(serving([*command, str(work / "same.nt")], f"{base}/?{probe}"))
            found["rdflib-endpoint"] = f"{base}/"
        virtuoso = stack.enter_context(
            virtuoso_server([ox.Quad(*triple, ox.NamedNode("urn:same")) for triple in triples])
        )
        found["Virtuoso"] = virtuoso.query_url
        yield found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rdflib-endpoint", type=Path, help="its command; left out without")
    parser.add_argument("--organizations", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=300, help="timed requests for each cell")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tertius-endpoints-") as folder:
        work, data = Path(folder), Path(folder) / "data"
        table = work / "table.csv"
        make = [sys.executable, "-m", "benchmarks.generated", str(table)]
        subprocess.run([*make, "--organizations", str(options.organizations)], check=True)
        load = [str(BIN / "tertius"), "load", str(table), "--source", "generated", "--quiet"]
        subprocess.run([*load, "--data", str(data)], check=True)
        with services(work, data, options.rdflib_endpoint) as found, httpx2.Client(timeout=60) as client:
            base = found["Tertius"].removesuffix("/sparql")
            rows = client.get(f"{base}/v1/network/brokers?limit=50").json()["data"]
            iri = rows[-1]["organization"]["iri"]
            print("| query | service | median ms | p99 ms | requests a second, 8 clients | rows |")
            print("|---|---|---|---|---|---|")
            for query, text in QUERIES.items():
                for service, url in found.items():
                    median, p99, rate, number = measure(url, text.replace("IRI", iri), options.requests)
                    said = f"{number:,}" if number >= 0 else "no answer"
                    print(
                        f"| {query} | {service} | {median:.1f} | {p99:.1f} | {rate:.0f} | {said} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
