"""How facts come in: tables of alliances become statements in a named graph of a new snapshot.

Names are imported on first use: what a load needs takes a second to come in.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tertius.loaders.job import LoadError, LoadJob, LoadReport, Phase, Progress
    from tertius.loaders.loading import load
    from tertius.loaders.problems import Problem
    from tertius.loaders.registers.live import LIVE, Enrichment
    from tertius.loaders.warming import warm

__all__ = [
    "LIVE",
    "Enrichment",
    "LoadError",
    "LoadJob",
    "LoadReport",
    "Phase",
    "Problem",
    "Progress",
    "load",
    "warm",
]

_MODULES = {
    "job": ["LoadError", "LoadJob", "LoadReport", "Phase", "Progress"],
    "loading": ["load"],
    "problems": ["Problem"],
    "registers.live": ["LIVE", "Enrichment"],
    "warming": ["warm"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:
    # Hidden from the type checker, which would otherwise accept any name at all.
    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
