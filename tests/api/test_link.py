"""The commands link and review: a whole list against others, a table that comes back, a terminal review."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import python_calamine
from tertius.api.cli import main
from tertius.loaders import LoadJob, load
from tertius.queries.linking import Linking
from tertius.store import Snapshots

OURS = """\
alliance,partner,start,country,id:lei
a,Zephyr Turbines GmbH,2019-01-01,DE,
a,Anchorage Shipping Company,2019-01-01,NL,
b,Zephyr Turbines,2019-01-01,DE,
b,Borealis Windmills Oy,2019-01-01,FI,
b,Nobody Knows This One,2019-01-01,,
c,Anchorage Shipping Company,2019-01-01,NL,
c,Glasswing Optics Ltd,2019-01-01,GB,
"""
THEIRS = """\
alliance,partner,start,country,id:lei
x,ZEPHYR TURBINES GMBH,2019-01-01,DE,5493001KJTIIGC8Y1R12
x,Anchorage Shipping Company,2019-01-01,NL,
x,BOREALIS WINDMILLS OY,2019-01-01,SE,
x,Glasswing Optics GmbH,2019-01-01,DE,
"""
TERTIUS = Path(sys.executable).with_name("tertius")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    data = tmp_path_factory.mktemp("link") / "data"
    for source, text in (("ours", OURS), ("theirs", THEIRS)):
        table = data.parent / f"{source}.csv"
        table.write_text(text)
        load(LoadJob(data=data, source=source, files=(table,)))
    return data


def copy(data, target):
    """Copy a small data folder."""
    shutil.copytree(data, target)
    return target


@pytest.fixture
def data(loaded, tmp_path):
    return copy(loaded, tmp_path / "data")


@pytest.fixture
def tertius(data, capsys):
    def run(*words, status=0):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words), "--data", str(data)])
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, f"{out}\n{err}"
        return out + err

    return run


def judged(data):
    """Return what counts for each pair of names."""
    snapshot = Snapshots(data).current()
    linking = Linking(snapshot.search_path)
    names = {}
    for source in linking.sources():
        for one in linking.records(source):
            names[one.key] = f"{one.described.name} ({source})"
    found = {
        tuple(sorted((names[left], names[right]))): (said.verdict.value, said.kind, said.by)
        for (left, right), said in linking._said.items()
    }
    linking.close()
    return found


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


ZEPHYR = ("ZEPHYR TURBINES GMBH (theirs)", "Zephyr Turbines GmbH (ours)")
ANCHORAGE = ("Anchorage Shipping Company (ours)", "Anchorage Shipping Company (theirs)")
BOREALIS = ("BOREALIS WINDMILLS OY (theirs)", "Borealis Windmills Oy (ours)")
GLASSWING = ("Glasswing Optics GmbH (theirs)", "Glasswing Optics Ltd (ours)")


def test_a_whole_list_is_linked_and_what_is_doubtful_is_left(tertius, data, tmp_path):
    table = tmp_path / "pairs.csv"
    said = tertius("link", "ours", "--to", "theirs", "--output", table)
    assert "6 organisations of ours" in said
    found = judged(data)
    assert found[ZEPHYR][:2] == ("same", "machine")
    assert found[ANCHORAGE][:2] == ("same", "machine")
    # Equal names do not make one organisation of companies of two countries, or of two legal forms.
    assert found[BOREALIS][:2] == ("undecided", "machine")
    assert found[GLASSWING][:2] == ("undecided", "machine")
    rows = rows_of(table)
    assert {row["left_name"] for row in rows} == {row.split(",")[1] for row in OURS.splitlines()[1:]}
    (lonely,) = (row for row in rows if row["left_name"] == "Nobody Knows This One")
    assert (lonely["outcome"], lonely["right"]) == ("none", "")
    (borealis,) = (row for row in rows if row["left_name"] == "Borealis Windmills Oy")
    assert borealis["verdict"] == ""
    assert "different countries" in borealis["reasons"]
    assert rows[0]["outcome"] == "undecided", "what a person has to look at comes first"


@pytest.mark.long
def test_linking_again_finds_nothing_new(tertius, data):
    tertius("link", "ours", "--to", "theirs")
    number = Snapshots(data).current_number()
    assert "nothing new was judged" in tertius("link", "ours", "--to", "theirs")
    assert Snapshots(data).current_number() == number


@pytest.mark.long
def test_a_source_is_searched_for_repetitions_of_its_own(tertius, data):
    tertius("link", "ours", "--to", "ours")
    found = judged(data)
    assert ("Zephyr Turbines (ours)", "Zephyr Turbines GmbH (ours)") in found
    assert not any("theirs" in name for pair in found for name in pair)


def test_nothing_is_judged_by_a_trial(tertius, data, tmp_path):
    said = json.loads(tertius("link", "ours", "--dry-run", "--json", "--output", tmp_path / "t.csv"))
    assert said["records"] == 6
    assert sum(said["outcomes"].values()) == 6
    assert said["judgements"]["same"] >= 2
    assert said["published"] is False
    assert judged(data) == {}


@pytest.mark.parametrize("suffix", [pytest.param("csv", marks=pytest.mark.long), "xlsx"])
def test_a_reviewed_table_comes_back(tertius, data, tmp_path, suffix):
    table, back = tmp_path / f"pairs.{suffix}", tmp_path / "back.csv"
    tertius("link", "ours", "--to", "theirs", "--output", table)
    if suffix == "xlsx":
        cells = python_calamine.load_workbook(str(table)).get_sheet_by_index(0).to_python()
        rows = [dict(zip(cells[0], map(str, row), strict=True)) for row in cells[1:]]
    else:
        rows = rows_of(table)
    answers = {"Borealis Windmills Oy": "Same", "Zephyr Turbines GmbH": "d", "Glasswing Optics Ltd": ""}
    for row in rows:
        row["verdict"] = answers.get(row["left_name"], "")
        row["note"] = "asked them"
    with back.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["left", "right", "verdict", "note"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    tertius("link", "--reviewed", back, "--by", "A. Person")
    found = judged(data)
    assert found[BOREALIS] == ("same", "person", "A. Person")
    assert found[ZEPHYR] == ("different", "person", "A. Person")
    assert found[ANCHORAGE][1] == "machine"
    assert found[GLASSWING][1] == "machine"
    tertius("link", "ours", "--to", "theirs", "--output", tmp_path / "again.csv")
    assert judged(data) == found, "what a person said is not said again by the machine"
    again = {row["left_name"]: row for row in rows_of(tmp_path / "again.csv") if row["left_name"] in answers}
    assert again["Zephyr Turbines GmbH"]["verdict"] == "different"
    assert "A. Person" in again["Zephyr Turbines GmbH"]["judged"]


def test_a_wrong_table_changes_nothing(tertius, data, tmp_path):
    table = tmp_path / "pairs.csv"
    tertius("link", "ours", "--to", "theirs", "--output", table, "--dry-run")
    row = next(row for row in rows_of(table) if row["right"])
    good = f"{row['left']},{row['right']}"
    for text, said in (
        (f"left,right\n{good}\n", "no column 'verdict'"),
        (f"left,right,verdict\n{good},maybe\n", "row 2, column 'verdict'"),
        (f"left,right,verdict\n{good},same\n{good},different\n", "row 2 says same of the same two"),
        (f"left,right,verdict\n{row['left']},aaaaaaaaaaaaaaaa,same\n", "no source has an organization"),
        (f"left,right,verdict\n{row['left']},{row['left']},same\n", "against itself"),
        (f"left,right,verdict\n{good},\n", "no row has a verdict"),
        (f'left,right,verdict\n{good},"same\n', "pairs.csv"),
    ):
        table.write_text(text)
        assert said in tertius("link", "--reviewed", table, "--by", "me", status=2)
    assert judged(data) == {}


def test_what_cannot_be_linked_is_told_in_one_line(tertius, tmp_path):
    assert "there are: ours, theirs" in tertius("link", "nobody", status=2)
    assert "'gleif'" in tertius("link", "ours", "--to", "gleif", status=2)
    assert "pairs.doc" in tertius("link", "ours", "--output", "pairs.doc", status=2)
    assert "name the source" in tertius("link", status=2)
    assert "is not a file" in tertius("link", "--reviewed", tmp_path / "none.csv", status=2)
    assert "leave out the source" in tertius("link", "ours", "--reviewed", tmp_path / "none.csv", status=2)


# Review in a terminal


class Terminal:
    """A command with a terminal of its own, typed into key by key."""

    def __init__(self, data, *words):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            # Whoever runs the tests may have told its children to pass over the interrupt key, or hanging up.
            for kind in (signal.SIGINT, signal.SIGHUP):
                signal.signal(kind, signal.SIG_DFL)
            command = [str(TERTIUS), "review", "--by", "A. Person", "--data", str(data), *words]
            os.execve(command[0], command, {**os.environ, "TERM": "dumb"})
        self.seen = ""

    def until(self, text):
        end = time.monotonic() + 60
        while text not in self.seen and time.monotonic() < end:
            if select.select([self.descriptor], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.descriptor, 4096).decode()
                except OSError:
                    break  # the other side has closed
        assert text in self.seen, self.seen
        before, self.seen = self.seen.split(text, 1)
        return before

    def press(self, key):
        os.write(self.descriptor, key.encode())

    def end(self):
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.descriptor)
        return status


@pytest.fixture(scope="module")
def linked(loaded, tmp_path_factory):
    target = copy(loaded, tmp_path_factory.mktemp("linked") / "data")
    with pytest.raises(SystemExit):
        main(["link", "ours", "--to", "theirs", "--quiet", "--data", str(target)])
    return target


@pytest.fixture
def undecided(linked, tmp_path):
    return copy(linked, tmp_path / "data")


@pytest.mark.long
def test_pairs_are_judged_with_one_key_each(undecided):
    terminal = Terminal(undecided)
    terminal.until("1 of 2")
    assert "different countries" in terminal.until("q quit")
    terminal.press("x")
    terminal.until("q quit")
    terminal.press("\x1b[A")
    terminal.until("q quit")
    terminal.press("d")
    terminal.until("2 of 2")
    terminal.press("z")
    terminal.until("undone")
    terminal.until("1 of 2")
    terminal.press("k")
    terminal.until("2 of 2")
    terminal.press("s")
    terminal.until("is live")
    assert terminal.end() == 0
    found = judged(undecided)
    assert sorted(found[pair][:2] for pair in (BOREALIS, GLASSWING)) == [
        ("same", "person"),
        ("undecided", "machine"),
    ]


def test_quitting_midway_loses_nothing(undecided):
    terminal = Terminal(undecided)
    terminal.until("1 of 2")
    terminal.press("d")
    terminal.until("2 of 2")
    terminal.press("q")
    terminal.until("is live")
    assert terminal.end() == 0
    assert [said[:2] for said in judged(undecided).values()].count(("different", "person")) == 1
    assert list((undecided / "reviews").iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
def test_what_a_killed_review_heard_is_published_by_the_next(undecided, how):
    number = Snapshots(undecided).current_number()
    terminal = Terminal(undecided)
    terminal.until("1 of 2")
    terminal.press("s")
    terminal.until("2 of 2")
    os.kill(terminal.pid, how)
    terminal.end()
    assert Snapshots(undecided).current_number() == number
    terminal = Terminal(undecided)
    terminal.until("1 verdicts of an earlier review")
    terminal.until("1 of 1")
    terminal.press("u")
    terminal.until("is live")
    assert terminal.end() == 0
    assert sorted(said[0] for said in judged(undecided).values() if said[1] == "person") == [
        "same",
        "undecided",
    ]


@pytest.mark.long
def test_interrupting_keeps_the_terminal_and_the_verdicts(undecided):
    terminal = Terminal(undecided)
    terminal.until("1 of 2")
    terminal.press("d")
    terminal.until("2 of 2")
    terminal.press("\x03")
    # The terminal may drop what is written while it handles the key, so the message is not waited for.
    assert os.waitstatus_to_exitcode(terminal.end()) == 130
    (journal,) = (undecided / "reviews").iterdir()
    assert json.loads(journal.read_text())["verdict"] == "different"


@pytest.mark.long
def test_without_a_terminal_lines_are_read(undecided):
    command = [TERTIUS, "review", "--by", "me", "--data", undecided]
    done = subprocess.run(command, input="s\nq\n", capture_output=True, text=True, timeout=60, check=True)
    assert "is live" in done.stdout
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=True)
    assert "nothing was judged" in done.stdout


@pytest.mark.long
def test_what_the_machine_joined_can_be_looked_through(undecided):
    command = [TERTIUS, "review", "--same", "--by", "me", "--data", undecided]
    done = subprocess.run(command, input="d\nq\n", capture_output=True, text=True, timeout=60, check=True)
    assert "is live" in done.stdout
    said = [one[:2] for one in judged(undecided).values()]
    assert said.count(("different", "person")) == 1
    assert said.count(("same", "machine")) >= 1


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_demonstration_is_linked_and_says_what_changed(tmp_path):
    command = [TERTIUS, "demo", "--link", "--no-serve", "--data", tmp_path / "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = done.stdout
    for part in (
        "ror: snapshot",
        "gleif: snapshot",
        "pairs are the same",
        "had several places",
        "because the names are equal",
        "organisations have a number in a register now",
        "ties 69,442 ->",
    ):
        assert part in told, part
    (before, after) = (Snapshots(tmp_path / "demo").get(number) for number in (2, 5))
    assert "judgements" not in before.manifest.counts or not before.manifest.counts["judgements"]
    assert {"ror", "gleif", "clean-energy", "evidence"} <= after.manifest.sources.keys()
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nothing" in again.stdout.lower()


@pytest.mark.long
def test_the_plain_demonstration_stays_unlinked(demo_data):
    assert judged(demo_data) == {}
    assert "ror" not in Snapshots(demo_data).current().manifest.sources


def test_the_commands_of_the_document_run(loaded, tmp_path, monkeypatch):
    copy(loaded, tmp_path / "tertius-data")
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "docs/linking.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    linking, back = (shlex.split(body)[1:] for body in shown)
    assert (linking[0], back[0]) == ("link", "link")
    with pytest.raises(SystemExit) as ended:
        main(linking)
    assert not ended.value.code
    table = tmp_path / "pairs.csv"
    rows = rows_of(table)
    assert set(rows[0]) == set(
        re.findall(r"`(\w+)`", text[text.index("| column") : text.index("Only `left`")])
    )
    table.write_text(table.read_text(encoding="utf-8-sig").replace(",undecided,,", ",undecided,different,"))
    with pytest.raises(SystemExit) as ended:
        main(back)
    assert not ended.value.code
    assert judged(tmp_path / "tertius-data")[BOREALIS] == ("different", "person", "A. Person")
