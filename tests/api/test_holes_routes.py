"""Holes and the shape of the whole network over HTTP."""

from __future__ import annotations

import csv
import io


def test_holes_between_countries(demo):
    answer = demo.get("/v1/network/holes", params={"partition": "country", "limit": 5}).json()
    assert (answer["meta"]["partition"], len(answer["data"])) == ("country", 5)
    lacking = [row["expected"] - row["observed"] for row in answer["data"]]
    assert lacking == sorted(lacking, reverse=True)
    for row in answer["data"]:
        assert row["bridging"] >= len(row["bridges"])
        notations = {row["first"]["notation"], row["second"]["notation"]}
        for one in (*row["bridges"], *row["could_bridge"]):
            assert one["organization"]["country"] == one["part"]
            assert one["part"] in notations


def test_pages_join_and_csv_says_the_same(demo):
    whole = demo.get("/v1/network/holes", params={"limit": 30}).json()["data"]
    rows, path = [], "/v1/network/holes?limit=7"
    while path and len(rows) < len(whole):
        answer = demo.get(path).json()
        rows += answer["data"]
        path = answer["meta"]["next"]
    assert rows[: len(whole)] == whole
    text = demo.get("/v1/network/holes", params={"limit": 30, "format": "csv"}).text
    table = list(csv.DictReader(io.StringIO(text)))
    assert [(row["first"], int(row["observed"])) for row in table] == [
        (row["first"]["notation"], row["observed"]) for row in whole
    ]


def test_those_of_unknown_circle_are_counted(mini):
    answer = mini.get("/v1/network/holes", params={"partition": "type", "window": "all"}).json()
    assert "unknown type are left out" in answer["meta"]["note"]
    assert mini.get("/v1/network/holes", params={"window": "all"}).json()["meta"]["note"] is None


def test_the_summary_tells_the_shape(demo):
    data = demo.get("/v1/network/summary").json()["data"]
    shape = data["shape"]
    assert 0 < shape["degree_centralization"] < 1
    assert shape["mean_clustering"] > shape["random_clustering"]
    assert shape["mean_distance"] > 1
    assert shape["distances"] == "exact" or shape["distances"].startswith("sampled from ")
    assert shape["small_world"] > 1
    assert 0 < shape["brokerage_gini"] < 1
