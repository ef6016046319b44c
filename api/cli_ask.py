"""Commands that ask: query, sparql, measures, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from tertius.api import cli_spark, diagnosis_models, present, sparql_request
from tertius.api.cli_spark import Engine
from tertius.api.cli_support import (
    DataOption,
    JsonOption,
    Mistake,
    QuietOption,
    StoreOption,
    opened,
    settings,
)
from tertius.api.exchange import write_csv
from tertius.api.parameters import NetworkFields
from tertius.api.rdf import FORMATS
from tertius.api.services import Services, View
from tertius.queries import Context, Limits, NamedQuery, check_read_only, run
from tertius.queries.diagnosis import diagnose
from tertius.queries.network import Network
from tertius.queries.network.export_formats import EXPORT_FORMATS, ExportFormat, Part, format_of
from tertius.queries.shape_reader import read_shape
from tertius.store import Budget, Lane, ResultFormat

_SHOWN = 20
_WIDEST = 48

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day for which the network stands.", metavar="DATE")
]
WindowOption = Annotated[
    str | None,
    typer.Option("--window", help="Years that count; 0 for the day alone, or `all`.", metavar="YEARS"),
]
WeightOption = Annotated[str | None, typer.Option("--weight", help="newman, count or binary.")]
MaxOption = Annotated[
    int | None, typer.Option("--max-partners", help="Leave out alliances with more partners.", metavar="N")
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Key of an organisation to leave out; may be repeated.", metavar="KEY"),
]
CsvOption = Annotated[bool, typer.Option("--csv", help="Write CSV.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (query, sparql, measures, export):
        app.command()(command)


def query(
    *,
    name: Annotated[str | None, typer.Argument(help="Name of the query; all are listed without one.")] = None,
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Its parameters, as name=value.", metavar="NAME=VALUE...")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Most rows.", min=1, max=1000)] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="`next` of the page before.")] = None,
    data: DataOption = None,
    store: StoreOption = "",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Run a named query."""
    with opened(data, store=store) as services:
        if name is None:
            for one in services.catalogue.values():
                typer.echo(f"{one.name:<34} {one.header.summary}")
            return
        view = services.view() if services.remote is None else None
        page = run(
            services.catalogue,
            services.answering,
            name,
            _arguments(services.catalogue.find(name), parameters or []),
            limit=limit,
            cursor=cursor,
            context=Context(base=view.base, as_of=view.as_of) if view else services.remote_context(),
            snapshot=view.snapshot.number if view else None,
            outbound=services.outbound,
        )
    for source in page.outside:
        kept = ", kept from then" if source.cached else ""
        typer.echo(f"{source.service}: {source.url}, {source.retrieved:%Y-%m-%d %H:%M} UTC{kept}", err=True)
    columns = list(page.columns)
    if as_json:
        typer.echo(json.dumps({"data": page.rows, "next": page.next}, ensure_ascii=False, indent=2))
    elif as_csv:
        _write(write_csv(columns, ([row[column] for column in columns] for row in page.rows)))
    else:
        _table(columns, [[row[column] for column in columns] for row in page.rows])
    if page.next is not None and not as_json:
        typer.echo(f"there are more rows: --cursor {page.next}", err=True)


def sparql(
    *,
    text: Annotated[
        str | None, typer.Argument(help="A SPARQL query; `-` reads it from standard input.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="File to read the query from.", metavar="FILE")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="json, xml, csv, tsv; turtle, ntriples, rdfxml, jsonld for graphs."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what the query joins and what costs, instead of asking it.")
    ] = False,
    data: DataOption = None,
    store: StoreOption = "",
) -> None:
    """Ask a SPARQL query, with the limits that the service has."""
    if (text is None) == (file is None):
        raise Mistake("give one query: as an argument, as `-` for standard input, or with --file")
    if file is not None:
        text = file.read_text(encoding="utf-8")
    elif text == "-":
        text = sys.stdin.read()
    asked = text or ""
    check_read_only(asked, Limits(size=settings(data).max_query_bytes))
    if explain:
        _explain(sparql_request.with_prefixes(asked), data, store)
        return
    kind = sparql_request.form_of(asked)
    names = [media.name for media in sparql_request.offered(kind)]
    if form is not None and form not in names:
        raise Mistake(f"--format: {form} does not fit the answer of this query; use {', '.join(names)}")
    chosen = FORMATS[form or names[0]]
    with opened(data, store=store) as services:
        answer = services.answering.query(
            sparql_request.with_prefixes(asked),
            budget=services.sparql_budgets[False],
            lane=Lane.SPARQL,
            solutions=ResultFormat.JSON if chosen.is_graph else chosen,
            graph=chosen if chosen.is_graph else ResultFormat.TURTLE,
        )
    _write(answer.body)


def _explain(text: str, data: Path | None, store: str) -> None:
    shape = read_shape(text)
    with opened(data, store=store) as services:

        def ask(counting: str, seconds: float) -> bytes:
            return services.answering.query(
                counting, budget=Budget(seconds, 10, 65_536), lane=Lane.SPARQL
            ).body

        found = diagnose(shape, ask, seconds=services.settings.sparql_seconds)
    typer.echo("\n".join(diagnosis_models.lines(found)))


def measures(
    *,
    as_of: AsOfOption = None,
    window: WindowOption = None,
    weight: WeightOption = None,
    max_partners: MaxOption = None,
    exclude: ExcludeOption = None,
    engine: Annotated[
        Engine, typer.Option("--engine", help="What computes: this process, or Spark.")
    ] = Engine.LOCAL,
    participations: Annotated[
        str | None,
        typer.Option(
            "--participations",
            help="With --engine spark: a participation table to read instead of the snapshot's.",
            metavar="FILE",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Print every organisation's position in the network, the strongest brokers first."""
    fields = _fields(
        as_of=as_of, window=window, weight=weight, max_partners=max_partners, exclude=exclude or None
    )
    if engine is Engine.SPARK:
        limit = None if as_json or as_csv else _SHOWN
        rows = cli_spark.positions(fields.network(), participations, settings(data), limit=limit)
    elif participations is not None:
        raise Mistake("--participations is read by --engine spark only; without it, the snapshot is measured")
    else:
        with opened(data) as services:
            view = services.view()
            network = _network(services, view, fields)
            every = as_json or as_csv
            found = list(network.iter_positions()) if every else network.brokers(limit=_SHOWN).rows
            rows = present.positions(found, view.directory)
    if as_json:
        _write_json_rows(rows)
    elif as_csv:
        flat = map(present.flat_position, rows)
        table = ([record[name] for name in present.POSITION_COLUMNS] for record in flat)
        _write(write_csv(present.POSITION_COLUMNS, table))
    else:
        _table(
            ["organization", "degree", "constraint", "effective_size", "betweenness", "community"],
            [
                [
                    row.organization.name,
                    row.degree,
                    row.constraint,
                    row.effective_size,
                    row.betweenness,
                    row.community,
                ]
                for row in rows
            ],
        )


def export(
    *,
    output: Annotated[Path, typer.Argument(help="File to write; `-` for standard output.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help=f"{', '.join(EXPORT_FORMATS)}; the file's ending tells by default."),
    ] = None,
    part: Annotated[
        Part, typer.Option("--part", help="What a file of CSV, Parquet or Arrow holds.")
    ] = "ties",
    as_of: AsOfOption = None,
    window: WindowOption = None,
    weight: WeightOption = None,
    max_partners: MaxOption = None,
    exclude: ExcludeOption = None,
    data: DataOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the network to a file, whole or not at all."""
    chosen = _export_format(output, form)
    fields = _fields(
        as_of=as_of, window=window, weight=weight, max_partners=max_partners, exclude=exclude or None
    )
    with opened(data) as services:
        view = services.view()
        network = _network(services, view, fields)
        pieces = chosen.write(network, present.labels(view.directory), part)
        if str(output) == "-":
            typer.get_binary_stream("stdout").writelines(pieces)
            return
        size = _write_whole(output, pieces)
    if not quiet:
        typer.echo(f"{output}: {size:,} bytes", err=True)


def _export_format(output: Path, form: str | None) -> ExportFormat:
    if form is not None and form not in EXPORT_FORMATS:
        raise Mistake(f"--format: {form} is not offered; use {', '.join(EXPORT_FORMATS)}")
    if form is None and str(output) == "-":
        form = next(iter(EXPORT_FORMATS))
    found = EXPORT_FORMATS[form] if form is not None else format_of(output)
    if found is None:
        endings = ", ".join(suffix for one in EXPORT_FORMATS.values() for suffix in one.suffixes)
        raise Mistake(f"{output}: the ending means no format; use one of {endings}, or give --format")
    return found


def _write_whole(output: Path, pieces: Iterable[bytes]) -> int:
    """Write a file beside its place and put it there once it is whole; return its size."""
    if output.exists() and not output.is_file():
        with output.open("wb") as file:  # a device or a pipe, which nothing may take the place of
            return sum(file.write(piece) for piece in pieces)
    beside = output.with_name(f".{output.name}.part")
    try:
        with beside.open("wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)
    return size


def _fields(**given: Any) -> NetworkFields:
    try:
        return NetworkFields(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise Mistake(f"--{option}: {str(first['msg']).removeprefix('Value error, ')}") from None


def _network(services: Services, view: View, fields: NetworkFields) -> Network:
    return services.network(view, fields.network().resolved(view.as_of), "command line")


def _arguments(query: NamedQuery, given: list[str]) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise Mistake(f"{one!r} is not a parameter; write name=value")
        if name in query.params and query.params[name].many:
            found.setdefault(name, [])
            values = found[name]
            if isinstance(values, list):
                values.append(value)
        elif name in found:
            raise Mistake(f"{name} is given more than once")
        else:
            found[name] = value
    return found


def _write_json_rows(rows: list[Any]) -> None:
    """Write a JSON array, one row a line, so that long ones can be read by people as well."""
    lines = ",\n".join(row.model_dump_json() for row in rows)
    typer.echo(f"[\n{lines}\n]" if rows else "[]")


def _write(body: bytes) -> None:
    out = typer.get_binary_stream("stdout")
    out.write(body if body.endswith(b"\n") else body + b"\n")
    out.flush()


def _table(columns: list[str], rows: list[list[Any]]) -> None:
    """Write a table for people: as wide as its cells, long text cut."""
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [columns, *cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.4f}" if isinstance(value, float) else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
