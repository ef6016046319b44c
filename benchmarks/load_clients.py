"""What the clients of the load test ask; read by locust, which runs in an environment of its own.

Of a hundred questions an ordinary client asks 30 by SPARQL for the alliances of one organisation, 10 by
SPARQL for a count, 25 of named queries (one of these sorts all organisations, by a threshold drawn anew, the
others are about one), and 35 of other REST routes, half of them about one organisation. A hostile one only
sends what does harm.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from urllib.parse import quote

from locust import HttpUser, constant_throughput, events, task

HOSTILE = os.environ.get("TERTIUS_LOAD_HOSTILE") == "1"
NUMBERS = itertools.count(1)
KEYS: list[tuple[str, str]] = []

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BAD = (
    ENDLESS,
    "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "ASK " + "{" * 5000 + "}" * 5000,
    'SELECT (REGEX("' + "a" * 30 + '!", "(a+)+$") AS ?x) { ?s ?p ?o . ?t ?q ?r }',
    "DROP ALL",
    "\x00\ufffd{{",
)
POINT = """PREFIX tt: <https://w3id.org/tertius/ontology#>
SELECT ?alliance {{ ?participation tt:organization <{iri}> ; tt:alliance ?alliance }}"""
COUNT = "PREFIX org: <http://www.w3.org/ns/org#> SELECT (COUNT(*) AS ?n) { ?o a org:Organization }"


class Client(HttpUser):
    """One address that asks once a second."""

    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        """Take an address; every tenth client is hostile where there are such."""
        number = next(NUMBERS)
        self.hostile = HOSTILE and number % 10 == 0
        self.client.headers["X-Forwarded-For"] = f"198.51.100.{number % 250}"
        self.chance = random.Random(number)
        if not KEYS:
            rows = self.client.get("/v1/network/brokers?limit=500", name="start").json()["data"]
            KEYS.extend((row["organization"]["key"], row["organization"]["iri"]) for row in rows)

    @task
    def ask(self) -> None:
        """Ask one question, ordinary or not."""
        if self.hostile:
            self._harm()
        else:
            self._ordinary()

    def _ordinary(self) -> None:
        key, iri = self.chance.choice(KEYS)
        choice = self.chance.random()
        if choice < 0.3:
            self._sparql(POINT.format(iri=iri), "ordinary")
        elif choice < 0.4:
            self._sparql(COUNT, "ordinary")
        else:
            path = self._named(iri, choice) if choice < 0.65 else self._route(key)
            with self.client.get(path, name="ordinary", catch_response=True) as response:
                response.request_meta["request_type"] = "HTTP"
                if response.status_code != 200:
                    response.failure(f"{path}: {response.status_code}")

    def _named(self, iri: str, choice: float) -> str:
        if choice < 0.41:
            return f"/v1/queries/brokers/results?limit=10&min_degree={self.chance.randint(3, 20)}"
        name = self.chance.choice(("partners-of-organization", "position-of-organization"))
        return f"/v1/queries/{name}/results?organization={quote(iri, safe='')}"

    def _route(self, key: str) -> str:
        return self.chance.choice(
            (
                f"/v1/organizations/{key}",
                f"/v1/organizations/{key}/bridges",
                f"/v1/organizations/{key}/ties",
                f"/v1/organizations/{key}/position",
                "/v1/organizations?q=univ",
                "/v1/organizations?country=DE&limit=50",
                "/v1/network/brokers?limit=20",
                "/v1/network/summary",
            )
        )

    def _harm(self) -> None:
        self._sparql(self.chance.choice(BAD), "hostile")

    def _sparql(self, text: str, name: str) -> None:
        headers = {"Content-Type": "application/sparql-query"}
        body = text.encode()
        with self.client.post("/sparql", body, headers=headers, name=name, catch_response=True) as response:
            # One row for both methods.
            response.request_meta["request_type"] = "HTTP"
            refused = name == "hostile" and 400 <= response.status_code < 600
            if response.status_code == 200 or refused:
                response.success()
            else:
                response.failure(f"/sparql: {response.status_code}")


@events.quitting.add_listener
def tell(environment: object, **_: object) -> None:
    """Name what failed, on standard error."""
    for error in environment.stats.errors.values():  # type: ignore[attr-defined]
        print(error.name, error.error, error.occurrences, file=sys.stderr)
