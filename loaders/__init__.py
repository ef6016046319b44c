"""How facts come in: tables of alliances become statements in a named graph of a new snapshot."""

from __future__ import annotations

from tertius.loaders.job import LoadError, LoadJob, LoadReport, Phase, Progress
from tertius.loaders.loading import load
from tertius.loaders.problems import Problem
from tertius.loaders.registers.live import LIVE, Enrichment

__all__ = ["LIVE", "Enrichment", "LoadError", "LoadJob", "LoadReport", "Phase", "Problem", "Progress", "load"]
