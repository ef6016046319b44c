"""The page about named queries is current, and its example works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tertius.queries import Catalogue
from tertius.queries.documentation import with_table
from tertius.queries.named_queries import read_query
from tertius.queries.params import Type

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"


def test_the_table_is_current(catalogue: Catalogue) -> None:
    page = PAGE.read_text("utf-8")
    assert with_table(page, catalogue) == page
    assert all(f"| `{name}` (" in page for name in catalogue)


def test_a_page_without_marks_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="needs <!-- catalogue -->"):
        with_table("nothing", catalogue)


def test_the_example_is_a_query() -> None:
    blocks = re.findall(r"```sparql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert [read_query(block, "docs", "example").name for block in blocks] == ["example"]


def test_every_type_is_explained() -> None:
    page = PAGE.read_text("utf-8")
    assert all(f"`{kind.value}`" in page for kind in Type)
