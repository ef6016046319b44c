"""Mapping files: how tables with other columns become the alliance table."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable
from collections.abc import Mapping as MappingOf
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from tertius.loaders import columns
from tertius.loaders.problems import Problem
from tertius.loaders.registers import NAMES as REGISTERS
from tertius.loaders.tables import TableError
from tertius.queries.network.columns import PARTITIONS

SIZE_CAP: Final = 1 << 20
"""Bytes of a mapping file at most."""


class _Loader(yaml.BaseLoader):
    """Reads every scalar as text: the country NO is no boolean, a project number no number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' twice", node.start_mark)
        return super().construct_mapping(node, deep)


class MappingError(TableError):
    """A mapping that cannot be used; the message names the key that is wrong."""


def _column(name: str) -> str:
    normal = columns.normalize(name)
    if not columns.is_column(normal) and normal != columns.SNAPSHOT:
        known = (*columns.KNOWN, *columns.identifier_columns())
        raise ValueError(f"{name!r} is no column of the alliance table{columns.suggestion(name, known)}")
    return normal


def _identity(rule: str) -> str:
    normal = columns.normalize(rule)
    if normal in {"name", "name+country"} or normal in columns.identifier_columns():
        return normal
    raise ValueError(f"{rule!r} is not 'name', 'name+country' or 'id:' with an identifier scheme")


def _circle(name: str) -> str:
    if name not in PARTITIONS:
        raise ValueError(f"{name!r} is not one of {', '.join(PARTITIONS)}")
    return name


def _iri(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(c.isspace() or c in '<>"{}|\\^`' for c in text):
        raise ValueError(f"{text!r} is not an http or https address")
    return text


def _final_names(renames: dict[str, str]) -> dict[str, str]:
    """Follow names that were changed more than once; capitals of the old one do not matter."""
    steps = {old.casefold(): new for old, new in renames.items()}
    found = {}
    for old, new in renames.items():
        seen, name = {old.casefold()}, new
        while name.casefold() in steps:
            if name.casefold() in seen:
                raise ValueError(f"{old!r} is renamed in a circle")
            seen.add(name.casefold())
            name = steps[name.casefold()]
        found[old.casefold()] = name
    return found


Column = Annotated[str, AfterValidator(_column)]
Header = Annotated[str, Field(min_length=1), AfterValidator(columns.normalize)]
Iri = Annotated[str, AfterValidator(_iri)]
_Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceInfo(_Strict):
    """What a source says of itself.

    Attributes:
        title: What people call it.
        licence: Address of its licence.
        attribution: The text that its licence asks to be shown.
        homepage: Address of its page.
        retrieved: Day on which it was fetched.
    """

    title: Annotated[str, Field(min_length=1)] | None = None
    licence: Iri | None = None
    attribution: str | None = None
    homepage: Iri | None = None
    retrieved: dt.date | None = None


class FileRole(_Strict):
    """One file's part in a mapping.

    Attributes:
        columns: Column of the alliance table -> header in this file. Columns left out are looked up under
            their own name.
        optional: Headers among them that the file may lack.
        ignore: Headers that are known and not used, or `*` for every other.
    """

    columns: dict[Column, Header] = {}
    optional: frozenset[Header] = frozenset()
    ignore: frozenset[Header] = frozenset()


class Files(_Strict):
    """The files of a source: participations, and possibly a second one with a row for each alliance."""

    participations: FileRole = FileRole()
    alliances: FileRole | None = None


class Mapping(_Strict):
    """A whole mapping file.

    Attributes:
        summary: One line for people.
        kind: Whether a row is a participation, or tells that a membership was observed on a day.
        source: What the source says of itself.
        identity: What makes an organisation: its `name`, `name+country`, or an identifier such as `id:pic`.
        files: Columns of each file.
        constants: Column -> the value where a row gives none.
        values: Column -> value as given -> value meant; capitals do not matter, an empty one means none.
        labels: Circle column -> notation -> label for people.
        renames: `alliance` or `partner` -> earlier name -> name by which it is known; judgements that the two
            are the same. Held with the earlier names folded, and followed to the last name.
        remarks: Header -> value -> what the report says of the rows that have it.
        lenient: Identifier columns whose values are left out, and counted, when their form is wrong.
        separator: What stands between several concepts in one cell.
    """

    summary: str = ""
    kind: Literal["participations", "observed-memberships"] = "participations"
    source: SourceInfo = SourceInfo()
    identity: Annotated[str, AfterValidator(_identity)] = "name+country"
    files: Files = Files()
    constants: dict[Column, str] = {}
    values: dict[Column, dict[str, str]] = {}
    labels: dict[Annotated[str, AfterValidator(_circle)], dict[str, str]] = {}
    renames: dict[
        Literal["alliance", "partner"], Annotated[dict[str, _Name], AfterValidator(_final_names)]
    ] = {}
    remarks: dict[Header, dict[str, str]] = {}
    lenient: frozenset[Column] = frozenset()
    separator: Annotated[str, Field(min_length=1, max_length=3)] = "|"

    @property
    def observed(self) -> bool:
        """Whether rows are observations."""
        return self.kind == "observed-memberships"

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        named = {*self.files.participations.columns, *self.constants, *self.values}
        if self.observed and "to" in named:
            raise ValueError("observed memberships end when they are no longer seen; leave out 'to'")
        if not self.observed and columns.SNAPSHOT in named:
            raise ValueError("'snapshot' belongs to the kind 'observed-memberships'")
        return self

    @property
    def plain(self) -> bool:
        """Whether the files are alliance tables as they are."""
        return not self.files.participations.columns and self.files.alliances is None


def shipped() -> tuple[str, ...]:
    """Return the names of the mappings that come with the package."""
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in _folder().iterdir() if _is_mapping(entry))
    )


def _folder() -> Traversable:
    return resources.files("tertius.loaders") / "mappings"


def _is_mapping(entry: Traversable) -> bool:
    return entry.name.endswith(".yaml")


def load_mapping(given: str | Path | None) -> tuple[Mapping, str]:
    """Return a mapping and the SHA-256 of its text.

    Args:
        given: A shipped mapping's name, the path of a mapping file, or `None` for plain alliance tables.

    Raises:
        MappingError: If there is none of that name, or something in it is wrong.
    """
    if given is None:
        return Mapping(), ""
    if str(given) in shipped():
        name, data = str(given), (_folder() / f"{given}.yaml").read_bytes()
    else:
        name, data = Path(given).name, _read(Path(given))
    try:
        content = yaml.load(data, Loader=_Loader)  # noqa: S506 - it builds text, lists and dicts only
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it cannot be read"
        raise _wrong(name, f"the mapping is not YAML: {reason}", mark.line + 1 if mark else None) from None
    if not isinstance(content, dict):
        raise _wrong(name, "the mapping must be a YAML mapping with keys such as 'identity' and 'files'")
    try:
        return Mapping.model_validate(content), hashlib.sha256(data).hexdigest()
    except ValidationError as error:
        raise _wrong(name, _reasons(error)) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_CAP + 1)
    except OSError:
        names = ", ".join(shipped())
        registers = ", ".join(REGISTERS)
        message = (
            f"there is no such mapping file; the mappings that come with Tertius are {names}, "
            f"the registers that it reads {registers}"
        )
        raise _wrong(path.name, message) from None
    if len(data) > SIZE_CAP:
        raise _wrong(path.name, f"a mapping file has at most {SIZE_CAP >> 20} MiB")
    return data


def _wrong(name: str, message: str, row: int | None = None) -> MappingError:
    return MappingError(Problem("bad-mapping", message, file=name, row=row))


def _reasons(error: ValidationError) -> str:
    reasons = []
    for entry in error.errors()[:5]:
        place = ".".join(str(part) for part in entry["loc"] if part != "[key]")
        reason = entry["msg"].removeprefix("Value error, ")
        if entry["type"] == "extra_forbidden":
            reason = f"there is no such key{_key_suggestion(entry['loc'])}"
        reasons.append(f"key '{place}': {reason}")
    more = error.error_count() - len(reasons)
    return "; ".join(reasons) + (f"; and {more} more" if more else "")


def _key_suggestion(location: tuple[int | str, ...]) -> str:
    known: MappingOf[tuple[int | str, ...], type[BaseModel]] = {
        (): Mapping,
        ("source",): SourceInfo,
        ("files",): Files,
        ("files", "participations"): FileRole,
        ("files", "alliances"): FileRole,
    }
    model = known.get(location[:-1])
    if model is None:
        return ""
    return columns.suggestion(str(location[-1]), model.model_fields) or (
        f"; there are {', '.join(model.model_fields)}"
    )
