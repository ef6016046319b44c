"""Which commands there are and what each is for; the module of one is imported when it is called."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, Final

import typer
from typer import core, main

SUMMARIES: Final = {
    "cli_data": {
        "demo": "Load the evidence base and the bundled alliances, print who bridges whom, and serve it.",
        "serve": "Answer over HTTP until interrupted.",
        "snapshots": "List the snapshots, or go back to one.",
    },
    "cli_load": {
        "load": "Load tables of alliances as one source, replacing what the source said before.",
        "validate": "Read and check tables as a load would, and change nothing.",
    },
    "cli_ask": {
        "query": "Run a named query.",
        "sparql": "Ask a SPARQL query, with the limits that the service has.",
        "measures": "Print every organisation's position in the network, the strongest brokers first.",
        "export": "Write the network to a file, whole or not at all.",
    },
    "cli_doctor": {
        "doctor": "Check a data folder: lock, disk, left-overs, snapshots, workers.",
    },
    "cli_enrich": {
        "enrich": (
            "Ask a live register about organisations by their identifiers; what it says becomes a source."
        ),
    },
    "cli_link": {
        "link": "Link a list of organisations to others, or take a reviewed table of pairs back.",
    },
    "cli_review": {
        "review": "Judge pairs that the machine left undecided, the likeliest first; one key for each.",
    },
}
"""Module -> command -> what `--help` says of it: how the command's own help begins."""

_HOME: Final = {name: module for module, commands in SUMMARIES.items() for name in commands}


class _Later(MutableMapping[str, Any]):
    """Commands by name, each made when it is asked for; names alone cost nothing."""

    def __init__(self, given: MutableMapping[str, Any]) -> None:
        self._made = given

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            home = typer.Typer(rich_markup_mode=None)
            import_module(f"tertius.api.{_HOME[name]}").register(home)
            self._made.update(main.get_group(home).commands)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**_HOME, **self._made})

    def __len__(self) -> int:
        return len({**_HOME, **self._made})


class Commands(core.TyperGroup):
    """All commands of `tertius`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Later(self.commands)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, in the order of `--help`."""
        del ctx
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what the commands are for, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([pair for commands in SUMMARIES.values() for pair in commands.items()])
