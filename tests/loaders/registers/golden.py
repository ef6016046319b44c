"""GLEIF's XML written as the columns of its golden copy, without Tertius' own readers."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
REPEATED = {
    "OtherEntityName": 5,
    "TransliteratedOtherEntityName": 5,
    "AdditionalAddressLine": 3,
    "SuccessorEntity": 5,
    "ExceptionReason": 5,
}
RENAMED = {"ExceptionCategory": "Exception.Category", "ExceptionReason": "Exception.Reason"}
PERIOD = {"StartDate": "startDate", "EndDate": "endDate", "PeriodType": "periodType"}


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def cells(element: ElementTree.Element, prefix: str, found: dict[str, str]) -> None:
    counts: dict[str, int] = {}
    for child in element:
        name = local(child)
        if name.startswith("Relationship") and name.endswith("s") and len(child):
            listed(child, name, found)
        elif name == "Extension":
            found["DeletedAt"] = "".join(e.text or "" for e in child.iter() if local(e) == "DeletedAt")
        else:
            path = RENAMED.get(name, f"{prefix}.{name}" if prefix else name)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] <= REPEATED.get(name, 1):
                one(child, f"{path}.{counts[name]}" if name in REPEATED else path, found)


def listed(element: ElementTree.Element, name: str, found: dict[str, str]) -> None:
    kind = name.removeprefix("Relationship").replace("Periods", "Period")
    for number, entry in enumerate(element, 1):
        for part in entry:
            column = f"Relationship.{kind}.{number}.{PERIOD.get(local(part), local(part))}"
            found[column] = part.text or ""


def one(element: ElementTree.Element, path: str, found: dict[str, str]) -> None:
    for attribute, value in element.attrib.items():
        found[f"{path}.{'xmllang' if attribute == LANGUAGE else attribute}"] = value
    if len(element):
        cells(element, path, found)
    else:
        found[path] = element.text or ""


def write(source: Path, target: Path, record: str) -> int:
    """Write a file's records as CSV, whose columns are the paths of its elements; return their number."""
    rows = []
    for element in ElementTree.parse(source).getroot().iter():
        if local(element) == record:
            found: dict[str, str] = {}
            cells(element, "", found)
            rows.append(found)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*columns, *(["DeletedAt"] * ("DeletedAt" not in columns))], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)
