"""Match labelled names with nomenklatura, in an environment of its own.

    nomenklatura_names.py LABELLED.json ANSWERS.json [ALGORITHM ...]

Each register is a dataset of companies with all their names and their country; each question is a company
with its name and country. For every question the best-scored of the index' candidates is the answer.
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from followthemoney import Dataset, StatementEntity
from nomenklatura.blocker import Index
from nomenklatura.matching import ScoringConfig, get_algorithm
from nomenklatura.resolver import Linker
from nomenklatura.store.memory import MemoryStore


def entity(dataset, identifier, names, country):
    data = {"id": identifier, "schema": "Organization", "properties": {"name": names}}
    if country:
        data["properties"]["country"] = [country.lower()]
    return StatementEntity.from_data(dataset, data)


def main():
    labelled = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    algorithms = sys.argv[3:] or ["logic-v2", "regression-v1", "name-based"]
    answers = {name: {"answers": {}, "seconds": 0.0} for name in algorithms}
    building = 0.0
    sources = defaultdict(list)
    for entry in labelled["entries"]:
        sources[entry["source"]].append(entry)
    for source, entries in sources.items():
        started = time.perf_counter()
        dataset = Dataset.make({"name": source.replace("-", "_"), "title": source})
        store = MemoryStore(dataset, Linker({}))
        known = {}
        with store.writer() as writer:
            for entry in entries:
                made = entity(
                    dataset, f"e-{entry['id']}", [name for name, _ in entry["names"]], entry["country"]
                )
                known[made.id] = made
                writer.add_entity(made)
        with tempfile.TemporaryDirectory() as folder:
            index = Index(store.default_view(), Path(folder))
            index.build()
            building += time.perf_counter() - started
            started = time.perf_counter()
            asked = {}
            for question in labelled["questions"]:
                if question["source"] == source:
                    made = entity(dataset, f"q-{question['id']}", [question["name"]], question["country"])
                    asked[made.id] = made
            candidates = [
                (str(identifier), [str(found) for found, _ in matches])
                for identifier, matches in index.match_entities(asked.values())
            ]
            blocking = time.perf_counter() - started
            index.close()
        for name in algorithms:
            algorithm = get_algorithm(name)
            config = ScoringConfig.defaults()
            started = time.perf_counter()
            for identifier, found in candidates:
                best = max(
                    ((algorithm.compare(asked[identifier], known[one], config).score, one) for one in found),
                    default=None,
                )
                if best:
                    answers[name]["answers"][identifier[2:]] = [best[1][2:], best[0]]
            answers[name]["seconds"] += blocking + time.perf_counter() - started
        print(source, len(entries), len(asked), file=sys.stderr)
    Path(sys.argv[2]).write_text(json.dumps({"index": building, "tools": answers}), encoding="utf-8")


if __name__ == "__main__":
    main()
