"""Read the coding from its YAML files; every complaint names file, entry and field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError
from tertius.loaders.evidence import schema, schema_lists
from tertius.loaders.problems import shorten

_M = TypeVar("_M", bound=schema.Model)
_NAMES: Final = ("id", "key", "letter", "number")
_POINTING: Final = {
    "documents": "id",
    "cases": "letter",
    "observations": "id",
    "group_statements": "id",
    "propositions": "number",
    "frameworks": "key",
    "ambiguities": "key",
}
"""Kinds of entry that point to places, and the field that names them."""

_BESIDE: Final = frozenset({"resolutions.yaml", "second-coding.yaml"})
"""Files that lie beside the coding without being part of it."""


class EvidenceError(ValueError):
    """The coding breaks a rule; `problems` has one line for each, with file, entry and field."""

    def __init__(self, problems: Sequence[str]) -> None:
        rest = len(problems) - 1
        more = f" (and {rest} more problem{'s' if rest > 1 else ''})" if rest else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Evidence:
    """The whole coding, read and checked.

    Attributes:
        documents: The source documents.
        codebook: Constructs, attributes and rules.
        cases: The cases, by letter.
        observations: Coded statements about cases.
        group_statements: Coded statements about groups of cases.
        propositions: The propositions, by number.
        frameworks: Lists and models.
        ambiguities: Places where the documents disagree.
        files: Which file an entry came from: (kind, name) -> path relative to the coding.
    """

    documents: tuple[schema.Document, ...]
    codebook: schema.Codebook
    cases: tuple[schema.Case, ...]
    observations: tuple[schema.Observation, ...]
    group_statements: tuple[schema.GroupStatement, ...]
    propositions: tuple[schema.Proposition, ...]
    frameworks: tuple[schema_lists.Framework, ...]
    ambiguities: tuple[schema.Ambiguity, ...]
    files: Mapping[tuple[str, str], str]

    @cached_property
    def constructs(self) -> Mapping[str, schema.Construct]:
        """Constructs by key."""
        return {construct.key: construct for construct in self.codebook.constructs}

    def locators(self) -> Iterator[tuple[str, str, schema.Locator]]:
        """Yield every place that anything points to, as (kind, name of the entry, locator)."""
        for kind, field in _POINTING.items():
            for entry in getattr(self, kind):
                for place in _places(entry):
                    yield kind, str(getattr(entry, field)), place


def _places(entry: object) -> Iterator[schema.Locator]:
    """Yield the locators inside an entry, however deep."""
    if isinstance(entry, schema.Locator):
        yield entry
    elif isinstance(entry, schema.Model):
        for field in type(entry).model_fields:
            yield from _places(getattr(entry, field))
    elif isinstance(entry, list | dict):
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _places(part)


def evidence_files(root: Traversable | None = None) -> list[tuple[str, Traversable]]:
    """Return the files of the coding, each with its path relative to the folder, in alphabetical order.

    Files that lie beside the coding without being part of it are left out.

    Args:
        root: Folder of the coding; the one that is shipped by default.
    """
    found = (pair for pair in _yaml_files(_folder(root), "") if pair[0] not in _BESIDE)
    return sorted(found, key=lambda pair: pair[0])


def read_record(path: str, model: type[_M], root: Traversable | None = None) -> _M:
    """Read and check one file that lies beside the coding and is no part of it.

    Args:
        path: Path of the file, relative to the folder.
        model: What the file may hold.
        root: Folder of the coding; the one that is shipped by default.

    Raises:
        EvidenceError: The file is missing, unreadable or breaks a rule.
    """
    gathered = _Gathered(dict(_yaml_files(_folder(root), "")))
    found = gathered.alone(path, model)
    if found is None or gathered.problems:
        raise EvidenceError(gathered.problems)
    return found


def read_evidence(root: Traversable | None = None) -> Evidence:
    """Read and check the whole coding.

    Args:
        root: Folder of the coding; the one that is shipped by default.

    Raises:
        EvidenceError: A file, an entry or a reference between entries breaks a rule.
    """
    from tertius.loaders.evidence.checking import check  # noqa: PLC0415 - checking knows Evidence

    files = dict(evidence_files(root))
    gathered = _Gathered(files)
    documents = gathered.one("documents.yaml", schema.Documents)
    codebook = gathered.one("codebook.yaml", schema.Codebook)
    cases = gathered.one("cases.yaml", schema.Cases)
    groups = gathered.one("group_statements.yaml", schema.GroupStatements)
    propositions = gathered.one("propositions.yaml", schema.Propositions)
    observations = gathered.several("observations/", schema.Observations)
    frameworks = gathered.several("frameworks/", schema_lists.Frameworks)
    ambiguities = gathered.several("ambiguities", schema.Ambiguities)
    gathered.refuse_unread()
    if gathered.problems or not (documents and codebook and cases and groups and propositions):
        raise EvidenceError(gathered.problems)
    evidence = Evidence(
        documents=tuple(documents.documents),
        codebook=codebook,
        cases=tuple(cases.cases),
        observations=tuple(gathered.entries(observations, "observations")),
        group_statements=tuple(groups.group_statements),
        propositions=tuple(propositions.propositions),
        frameworks=tuple(gathered.entries(frameworks, "frameworks")),
        ambiguities=tuple(gathered.entries(ambiguities, "ambiguities")),
        files=gathered.origins,
    )
    problems = check(evidence)
    if problems:
        raise EvidenceError(problems)
    return evidence


def _folder(root: Traversable | None) -> Traversable:
    return resources.files("tertius.loaders.evidence") if root is None else root


class _Gathered:
    """Reads files one by one and keeps every complaint, so that all are shown at once."""

    def __init__(self, files: Mapping[str, Traversable]) -> None:
        self._files = files
        self._read: set[str] = set()
        self.problems: list[str] = []
        self.origins: dict[tuple[str, str], str] = {}

    def one(self, path: str, model: type[_M]) -> _M | None:
        found = self.alone(path, model)
        if found is not None:
            self._remember(path, found)
        return found

    def alone(self, path: str, model: type[_M]) -> _M | None:
        self._read.add(path)
        if path not in self._files:
            self.problems.append(f"{path}: the file is missing")
            return None
        try:
            data = _parse(self._files[path].read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self.problems.append(f"{path}: not readable as YAML: {shorten(' '.join(str(error).split()))}")
            return None
        try:
            found = model.model_validate(data)
        except ValidationError as error:
            self.problems.extend(
                f"{path}, {_place(data, item['loc'])}: {_message(item)}" for item in error.errors()
            )
            return None
        return found

    def several(self, prefix: str, model: type[_M]) -> dict[str, _M]:
        paths = [path for path in self._files if path.startswith(prefix)]
        if not paths:
            self.problems.append(f"{prefix}: no file is there")
        read = {path: self.one(path, model) for path in paths}
        return {path: found for path, found in read.items() if found is not None}

    def refuse_unread(self) -> None:
        self.problems.extend(
            f"{path}: no part of the coding; files lie in observations/, frameworks/ or have a known name"
            for path in self._files
            if path not in self._read
        )

    def entries(self, models: Mapping[str, schema.Model], field: str) -> Iterable[Any]:
        for model in models.values():
            yield from getattr(model, field)

    def _remember(self, path: str, found: schema.Model) -> None:
        for field in type(found).model_fields:
            entries = getattr(found, field)
            if not isinstance(entries, list):
                continue
            for entry in entries:
                name = str(next(getattr(entry, name) for name in _NAMES if hasattr(entry, name)))
                if (field, name) in self.origins:
                    other = self.origins[field, name]
                    self.problems.append(f"{path}, entry {name}: the name is taken already, in {other}")
                self.origins[field, name] = path


class _Loader(yaml.CSafeLoader):
    """Reads YAML and refuses a key that is given twice, of which plain YAML readers keep the last."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        name = loader.construct_object(key_node, deep=True)
        if name in found:
            raise yaml.constructor.ConstructorError(
                None, None, f"{name!r} is given twice", key_node.start_mark
            )
        found[name] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _parse(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader is a safe one


def _yaml_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _yaml_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield prefix + entry.name, entry


def _place(data: Any, loc: tuple[int | str, ...]) -> str:
    """Return a path in the data with the names of entries in the place of their positions in a list."""
    names: list[str] = []
    node = data
    for step in loc:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(step, int):
            found = next((node[name] for name in _NAMES if isinstance(node, dict) and name in node), None)
            names.append(f"entry {step + 1 if found is None else found}")
        else:
            names.append(f"field '{step}'")
    return ", ".join(names) or "the whole file"


def _message(error: Any) -> str:
    text = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    return text if isinstance(given, dict | list) or given is None else f"{text}, not '{shorten(given)}'"
