"""What a load needs and need not wait for: modules, compiled kernels, shapes."""

from __future__ import annotations

# Opening a table imports its reader; most tables are CSV.
import tertius.loaders.csv_table
import tertius.loaders.loading  # noqa: F401
from tertius.ontology.validate import validate
from tertius.queries import network


def warm() -> None:
    """Do all that the first load of a process does and the next does not.

    It takes a second or two, changes nothing, and opens no data folder.
    """
    network.warm()
    # Shapes and background stay in memory once they are read.
    validate(())
