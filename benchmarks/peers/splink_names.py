"""Match labelled names with splink on DuckDB, in an environment of its own.

    splink_names.py LABELLED.json ANSWERS.json

Every name of a register's organisation is a record with its country; questions are linked to them. Names
are compared in small letters without punctuation by Jaro-Winkler and by words in common, countries by
equality; the model is trained as splink's guide says: u by sampling, m by expectation maximisation. The
best-scored organisation of each question is the answer.
"""

import json
import re
import sys
import time
import unicodedata
from collections import defaultdict
from pathlib import Path

import duckdb
import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def plain(text):
    text = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"\w+", "".join(c for c in text if not unicodedata.combining(c)))) or text


def record(identifier, name, country):
    text = plain(name)
    words = text.split()
    return {
        "unique_id": identifier,
        "name": text,
        "words": words,
        "first": words[0] if words else "",
        "longest": max(words, key=len, default=""),
        "country": country,
    }


def main():
    labelled = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sources = defaultdict(list)
    for entry in labelled["entries"]:
        sources[entry["source"]].append(entry)
    answers, seconds = {}, 0.0
    for source, entries in sources.items():
        asked = [question for question in labelled["questions"] if question["source"] == source]
        if len(entries) < 200:
            # Too few for expectation maximisation; nothing is answered, which counts as not found.
            continue
        started = time.perf_counter()
        register = pd.DataFrame(
            record(f"{entry['id']}\x1f{number}", name, entry["country"])
            for entry in entries
            for number, (name, _) in enumerate(entry["names"])
        )
        questions = pd.DataFrame(record(q["id"], q["name"], q["country"]) for q in asked)
        comparisons = [
            cl.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85, 0.7]).configure(
                term_frequency_adjustments=True
            ),
            cl.ArrayIntersectAtSizes("words", [4, 3, 2, 1]),
        ]
        if any(entry["country"] for entry in entries) and register["country"].nunique() > 1:
            comparisons.append(cl.ExactMatch("country"))
        settings = SettingsCreator(
            link_type="link_only",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=[
                block_on("name"),
                block_on("first"),
                block_on("longest"),
                block_on("substr(name, 1, 5)"),
            ],
        )
        database = DuckDBAPI(connection=duckdb.connect())
        linker = Linker([database.register(register), database.register(questions)], settings)
        linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.4)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("longest"))
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("first"))
        pairs = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
        names = {question["id"] for question in asked}
        for left, right, score in zip(
            pairs["unique_id_l"], pairs["unique_id_r"], pairs["match_probability"], strict=True
        ):
            question, found = (left, right) if left in names else (right, left)
            if question in names and (question not in answers or score > answers[question][1]):
                answers[question] = [found.split("\x1f")[0], float(score)]
        seconds += time.perf_counter() - started
        print(source, len(entries), len(asked), file=sys.stderr)
    content = {"index": 0.0, "tools": {"splink": {"answers": answers, "seconds": seconds}}}
    Path(sys.argv[2]).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
