"""Registers of full size, generated in their official layouts, and what loading them takes.

    python -m benchmarks.registers --rows 300000                     # LEI records, golden copy as CSV
    python -m benchmarks.registers --rows 300000 --layout xml        # the same as XML
    python -m benchmarks.registers --rows 300000 --layout companies  # Companies House
    python -m benchmarks.registers --full                            # 3,000,000 and 5,500,000

prints a table: seconds of each phase, rows per second, processor seconds, peak memory, disk. The same size
gives the same file. With `--then-small` one alliance is loaded beside the register afterwards.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

SEED = 17_442
FULL = {"csv": 3_000_000, "companies": 5_500_000}
_WORDS = [
    "Alpha",
    "Anchor",
    "Atlas",
    "Baltic",
    "Beacon",
    "Bridge",
    "Cedar",
    "Central",
    "Cobalt",
    "Coral",
    "Delta",
    "Dutch",
    "Eastern",
    "Ember",
    "Falcon",
    "First",
    "Forest",
    "Global",
    "Granite",
    "Harbour",
    "Helix",
    "Iron",
    "Jade",
    "Kestrel",
    "Lunar",
    "Maple",
    "Meridian",
    "Metro",
    "Noble",
    "North",
    "Oak",
    "Ocean",
    "Orion",
    "Pacific",
    "Pioneer",
    "Prime",
    "Quartz",
    "River",
    "Royal",
    "Silver",
    "Solar",
    "Star",
    "Summit",
    "Terra",
    "Union",
    "Valley",
    "Vector",
    "West",
    "Zenith",
]
_TRADES = [
    "Capital",
    "Energy",
    "Foods",
    "Fund",
    "Holdings",
    "Investments",
    "Logistics",
    "Media",
    "Pharma",
    "Properties",
    "Software",
    "Trading",
]
_PLACES = (
    ("GB", "London", "LIMITED", "H0PO", "RA000585"),
    ("NL", "Amsterdam", "B.V.", "54M6", "RA000463"),
    ("DE", "München", "GmbH", "2HBR", "RA000197"),
    ("FR", "Paris", "SAS", "6CHY", "RA000189"),
    ("US", "New York", "LLC", "HZEH", "RA000602"),
    ("IT", "Milano", "S.R.L.", "OV32", "RA000407"),
    ("CN", "上海市", "有限公司", "ECAK", "RA000126"),
)
_SIC = (
    "62012 - Business and domestic software development",
    "68209 - Other letting and operating of own or leased real estate",
    "70229 - Management consultancy activities other than financial management",
    "82990 - Other business support service activities n.e.c.",
    "96090 - Other service activities n.e.c.",
)
_REPEATS = range(1, 6)


def lei(number: int) -> str:
    """Return a well-formed LEI with right check digits (ISO 17442, ISO 7064 mod 97-10)."""
    stem = f"9845{number:014d}"
    digits = int("".join(str(int(c, 36)) for c in stem) + "00")
    return f"{stem}{98 - digits % 97:02d}"


def _day(draw: random.Random, first: int = 1980, last: int = 2024) -> dt.date:
    return dt.date(draw.randint(first, last), draw.randint(1, 12), draw.randint(1, 28))


def _golden_columns() -> list[str]:
    """Return the columns of the golden copy's Level 1, in their order."""
    out = ["LEI", "Entity.LegalName", "Entity.LegalName.xmllang"]
    for group in ("OtherEntityName", "TransliteratedOtherEntityName"):
        for n in _REPEATS:
            base = f"Entity.{group}s.{group}.{n}"
            out += [base, f"{base}.xmllang", f"{base}.type"]
    parts = ["xmllang", "FirstAddressLine", "AddressNumber", "AddressNumberWithinBuilding", "MailRouting"]
    parts += [f"AdditionalAddressLine.{n}" for n in range(1, 4)] + ["City", "Region", "Country", "PostalCode"]
    places = ["Entity.LegalAddress", "Entity.HeadquartersAddress"]
    for group in ("OtherAddress", "TransliteratedOtherAddress"):
        places += [f"Entity.{group}es.{group}.{n}" for n in _REPEATS]
    for place in places:
        out += [f"{place}.{part}" for part in parts]
    ra = "Entity.RegistrationAuthority"
    out += [f"{ra}.RegistrationAuthorityID", f"{ra}.OtherRegistrationAuthorityID"]
    out += [f"{ra}.RegistrationAuthorityEntityID", "Entity.LegalJurisdiction", "Entity.EntityCategory"]
    out += [
        "Entity.EntitySubCategory",
        "Entity.LegalForm.EntityLegalFormCode",
        "Entity.LegalForm.OtherLegalForm",
    ]
    out += [f"Entity.AssociatedEntity.{part}" for part in ("type", "AssociatedLEI", "AssociatedEntityName")]
    out += [f"Entity.{part}" for part in ("EntityStatus", "EntityCreationDate", "EntityExpirationDate")]
    out += ["Entity.EntityExpirationReason"]
    for n in _REPEATS:
        successor = f"Entity.SuccessorEntity.{n}.Successor"
        out += [f"{successor}LEI", f"{successor}EntityName", f"{successor}Entity.xmllang"]
    out += [
        f"Registration.{part}" for part in ("InitialRegistrationDate", "LastUpdateDate", "RegistrationStatus")
    ]
    return [
        *out,
        "Registration.NextRenewalDate",
        "Registration.ManagingLOU",
        "Registration.ValidationSources",
    ]


def leis(rows: int, seed: int = SEED) -> Iterator[dict[str, str]]:
    """Yield LEI records by column of the golden copy."""
    draw = random.Random(seed)
    for number in range(rows):
        land, city, form, code, authority = draw.choice(_PLACES)
        name = f"{draw.choice(_WORDS)} {draw.choice(_WORDS)} {draw.choice(_TRADES)} {number % 9973} {form}"
        founded = _day(draw)
        street = f"{draw.randint(1, 250)} {draw.choice(_WORDS)} Street"
        lapsed = draw.random() < 0.35
        row = {
            "LEI": lei(number),
            "Entity.LegalName": name,
            "Entity.LegalName.xmllang": "en",
            "Entity.RegistrationAuthority.RegistrationAuthorityID": authority,
            "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": f"{number + 10_000_000:08d}",
            "Entity.LegalJurisdiction": land,
            "Entity.EntityCategory": "FUND" if draw.random() < 0.1 else "GENERAL",
            "Entity.LegalForm.EntityLegalFormCode": code,
            "Entity.EntityStatus": "INACTIVE" if draw.random() < 0.08 else "ACTIVE",
            "Entity.EntityCreationDate": f"{founded}T00:00:00.000Z",
            "Registration.InitialRegistrationDate": "2016-01-28T02:27:00.000Z",
            "Registration.LastUpdateDate": "2024-08-04T15:58:25.254Z",
            "Registration.RegistrationStatus": "LAPSED" if lapsed else "ISSUED",
            "Registration.NextRenewalDate": "2025-01-24T20:28:00.000Z",
            "Registration.ManagingLOU": "98450000000000000000",
            "Registration.ValidationSources": "FULLY_CORROBORATED",
        }
        for place in ("Entity.LegalAddress", "Entity.HeadquartersAddress"):
            row[f"{place}.xmllang"] = "en"
            row[f"{place}.FirstAddressLine"] = street
            row[f"{place}.City"], row[f"{place}.Country"] = city, land
            row[f"{place}.PostalCode"] = f"{number % 99_999:05d}"
        if draw.random() < 0.15:
            other = "Entity.OtherEntityNames.OtherEntityName.1"
            row[other] = f"{draw.choice(_WORDS)} {draw.choice(_TRADES)} {number % 7919} {form}"
            row[f"{other}.type"], row[f"{other}.xmllang"] = "PREVIOUS_LEGAL_NAME", "en"
        if land == "CN":
            other = "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.1"
            row[other] = f"{name.rsplit(' ', 1)[0]} You Xian Gong Si"
            row[f"{other}.type"] = "AUTO_ASCII_TRANSLITERATED_LEGAL_NAME"
        yield row


def write_golden_csv(path: Path, rows: int) -> None:
    """Write LEI records as the golden copy's CSV, every cell quoted."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _golden_columns(), restval="", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(leis(rows))


def write_golden_xml(path: Path, rows: int) -> None:
    """Write LEI records as LEI-CDF 3.1."""
    address = ("FirstAddressLine", "City", "Region", "Country", "PostalCode")
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<lei:LEIData ')
        file.write('xmlns:lei="http://www.gleif.org/data/schema/leidata/2016">\n<lei:LEIHeader>')
        file.write(
            "<lei:FileContent>GLEIF_FULL_PUBLISHED</lei:FileContent></lei:LEIHeader>\n<lei:LEIRecords>\n"
        )
        for row in leis(rows):

            def tag(name: str, text: str, more: str = "") -> str:
                return f"<lei:{name}{more}>{escape(text)}</lei:{name}>" if text else ""

            def value(*names: str, record: dict[str, str] = row) -> str:
                return "".join(tag(name.rpartition(".")[2], record.get(name, "")) for name in names)

            out = ["<lei:LEIRecord>", tag("LEI", row["LEI"]), "<lei:Entity>"]
            out.append(tag("LegalName", row["Entity.LegalName"], ' xml:lang="en"'))
            for group in ("OtherEntityName", "TransliteratedOtherEntityName"):
                if other := row.get(f"Entity.{group}s.{group}.1"):
                    kind = row[f"Entity.{group}s.{group}.1.type"]
                    out.append(
                        f"<lei:{group}s>{tag(group, other, f' type={chr(34)}{kind}{chr(34)}')}</lei:{group}s>"
                    )
            for place in ("LegalAddress", "HeadquartersAddress"):
                within = value(*(f"Entity.{place}.{part}" for part in address))
                out.append(f'<lei:{place} xml:lang="en">{within}</lei:{place}>')
            ra = "Entity.RegistrationAuthority.RegistrationAuthority"
            out.append(
                f"<lei:RegistrationAuthority>{value(f'{ra}ID', f'{ra}EntityID')}</lei:RegistrationAuthority>"
            )
            out.append(value("Entity.LegalJurisdiction", "Entity.EntityCategory"))
            out.append(f"<lei:LegalForm>{value('Entity.LegalForm.EntityLegalFormCode')}</lei:LegalForm>")
            out.append(value("Entity.EntityStatus", "Entity.EntityCreationDate") + "</lei:Entity>")
            parts = ("InitialRegistrationDate", "LastUpdateDate", "RegistrationStatus", "NextRenewalDate")
            out.append(
                f"<lei:Registration>{value(*(f'Registration.{part}' for part in parts))}</lei:Registration>"
            )
            file.write("\n".join([*out, "</lei:LEIRecord>", ""]))
        file.write("</lei:LEIRecords>\n</lei:LEIData>\n")


def write_companies(path: Path, rows: int) -> None:
    """Write basic company data of Companies House: 55 columns, some with a leading space, as published."""
    draw = random.Random(SEED)
    address = ["CareOf", "POBox", "AddressLine1", "AddressLine2", "PostTown", "County", "Country", "PostCode"]
    head = ["CompanyName", " CompanyNumber", *(f"RegAddress.{part}" for part in address), "CompanyCategory"]
    head += [
        "CompanyStatus",
        "CountryOfOrigin",
        "DissolutionDate",
        "IncorporationDate",
        "Accounts.AccountRefDay",
    ]
    head += ["Accounts.AccountRefMonth", "Accounts.NextDueDate", "Accounts.LastMadeUpDate"]
    head += [
        "Accounts.AccountCategory",
        "Returns.NextDueDate",
        "Returns.LastMadeUpDate",
        "Mortgages.NumMortCharges",
    ]
    head += ["Mortgages.NumMortOutstanding", "Mortgages.NumMortPartSatisfied", "Mortgages.NumMortSatisfied"]
    head += [f"SICCode.SicText_{n}" for n in range(1, 5)]
    head += ["LimitedPartnerships.NumGenPartners", "LimitedPartnerships.NumLimPartners", "URI"]
    for n in range(1, 11):
        head += [f"PreviousName_{n}.CONDATE", f" PreviousName_{n}.CompanyName"]
    head += ["ConfStmtNextDueDate", " ConfStmtLastMadeUpDate"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(head)
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for number in range(rows):
            name = (
                f"{draw.choice(_WORDS)} {draw.choice(_WORDS)} {draw.choice(_TRADES)} {number % 9973} LIMITED"
            )
            number_text = f"{number + 1_000_000:08d}"
            row = [
                name.upper(),
                number_text,
                "",
                "",
                f"{draw.randint(1, 250)} {draw.choice(_WORDS).upper()} ROAD",
            ]
            row += ["", "LONDON", "", "ENGLAND", f"SW{number % 20} {number % 9}AA", "Private Limited Company"]
            row += ["Active" if draw.random() < 0.9 else "Liquidation", "United Kingdom", ""]
            row += [
                _day(draw).strftime("%d/%m/%Y"),
                "31",
                "3",
                "31/12/2025",
                "31/03/2024",
                "MICRO ENTITY",
                "",
                "",
            ]
            row += ["0", "0", "0", "0", draw.choice(_SIC), "", "", "", "0", "0"]
            row += [f"http://business.data.gov.uk/id/company/{number_text}"]
            former = draw.random() < 0.12
            old = f"{draw.choice(_WORDS)} {number % 7919} LIMITED".upper()
            row += [_day(draw).strftime("%d/%m/%Y"), old] if former else ["", ""]
            writer.writerow([*row, *[""] * 18, "15/09/2025", "01/09/2024"])


LAYOUTS: dict[str, tuple[str, str, Callable[[Path, int], None]]] = {
    "csv": ("gleif", "LEI records, golden copy CSV", write_golden_csv),
    "xml": ("gleif", "LEI records, LEI-CDF 3.1 XML", write_golden_xml),
    "companies": ("companies-house", "basic company data CSV", write_companies),
}

_LOAD = """
import json, pathlib, resource, sys, time
from tertius.loaders import LoadJob, load
data, source, mapping, file = sys.argv[1:]
begin = time.perf_counter()
job = LoadJob(data=pathlib.Path(data), source=source, files=(pathlib.Path(file),), mapping=mapping or None)
report = load(job)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"wall": time.perf_counter() - begin, "cpu": used.ru_utime + used.ru_stime,
    "peak": used.ru_maxrss // 1024, "seconds": report.seconds, "counts": report.counts}))
"""


def _disk(path: Path) -> int:
    """Return mebibytes that a folder takes; files with several names count once."""
    sizes = {
        (at.stat().st_dev, at.stat().st_ino): at.stat().st_size for at in path.rglob("*") if at.is_file()
    }
    return sum(sizes.values()) >> 20


def load_in_a_process(data: Path, source: str, mapping: str, file: Path) -> dict[str, object]:
    """Load a file in a process of its own; return what it took."""
    import json

    command = [sys.executable, "-c", _LOAD, str(data), source, mapping, str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def measure(layout: str, rows: int, folder: Path, *, small: bool) -> None:
    """Generate, load, print rows of the table."""
    mapping, name, write = LAYOUTS[layout]
    file, data = folder / f"{layout}.{'xml' if layout == 'xml' else 'csv'}", folder / f"data-{layout}"
    begin = time.perf_counter()
    write(file, rows)
    made, size = time.perf_counter() - begin, file.stat().st_size >> 20
    print(
        f"\n{name}: {rows:,} rows, {size:,} MiB, generated in {made:.0f} s; load {os.getloadavg()[0]:.1f}\n"
    )
    print("| load | rows | rows/s | wall s | CPU s | peak MiB | disk MiB | statements | phases |")
    print("|---|---|---|---|---|---|---|---|---|")
    _row(name, rows, load_in_a_process(data, "register", mapping, file), data)
    if small:
        table = folder / "one.csv"
        table.write_text(
            "alliance,partner,start\na,One Ltd,2020-01-01\na,Two Ltd,2020-01-01\n", encoding="utf-8"
        )
        _row("one alliance beside it", 2, load_in_a_process(data, "one", "", table), data)
    file.unlink()


def _row(name: str, rows: int, took: dict[str, object], data: Path) -> None:
    wall = float(str(took["wall"]))
    seconds, counts = took["seconds"], took["counts"]
    phases = ", ".join(f"{k} {v:.1f}" for k, v in seconds.items() if v >= 0.1 and k != "total")  # type: ignore[attr-defined]
    statements = counts["statements"]  # type: ignore[index]
    rate = f"{rows / wall:,.0f}"
    print(
        f"| {name} | {rows:,} | {rate} | {wall:.1f} | {float(str(took['cpu'])):.1f} | {took['peak']:,} "
        f"| {_disk(data):,} | {statements:,} | {phases} |",
        flush=True,
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--layout", choices=LAYOUTS, default="csv")
    parser.add_argument("--full", action="store_true", help="3,000,000 LEIs and 5,500,000 companies")
    parser.add_argument(
        "--then-small", action="store_true", help="load one alliance beside the register afterwards"
    )
    parser.add_argument("--folder", type=Path, help="where to work, with room for ten times the file")
    arguments = parser.parse_args()
    wanted = FULL if arguments.full else {arguments.layout: arguments.rows}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for layout, rows in wanted.items():
            measure(layout, rows, Path(folder), small=arguments.then_small)


if __name__ == "__main__":
    main()
