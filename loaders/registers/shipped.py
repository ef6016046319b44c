"""The registers that Tertius reads: what opens their files, and what their graphs say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tertius.loaders.mapping import SourceInfo
from tertius.loaders.registers.bods import open_bods
from tertius.loaders.registers.companies_house import open_companies_house
from tertius.loaders.registers.cordis import open_cordis
from tertius.loaders.registers.gleif import open_gleif, open_gleif_delta
from tertius.loaders.registers.kvk import open_kvk
from tertius.loaders.registers.records import Opener
from tertius.loaders.registers.ror import open_ror
from tertius.loaders.registers.wikidata import open_wikidata

_CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True, slots=True)
class Register:
    """A register.

    Attributes:
        info: Title, licence, attribution and page.
        opener: Opens its files, telling their layouts apart.
        delta: Whether they tell what is new, and are put onto the source as it is.
    """

    info: SourceInfo
    opener: Opener
    delta: bool = False


REGISTERS: Final[Mapping[str, Register]] = MappingProxyType(
    {
        "bods": Register(
            SourceInfo(
                title="Beneficial ownership statements (BODS 0.4)",
                homepage="https://standard.openownership.org/en/0.4.0/",
            ),
            open_bods,
        ),
        "companies-house": Register(
            SourceInfo(
                title="Companies House",
                attribution="Contains public sector information of Companies House.",
                homepage="https://download.companieshouse.gov.uk/",
            ),
            open_companies_house,
        ),
        "cordis-organizations": Register(
            SourceInfo(
                title="Organisations of CORDIS",
                licence="https://creativecommons.org/licenses/by/4.0/",
                attribution="CORDIS, © European Union, CC BY 4.0.",
                homepage="https://cordis.europa.eu/",
            ),
            open_cordis,
        ),
        "gleif": Register(
            SourceInfo(
                title="Global LEI Index",
                licence=_CC0,
                attribution="LEI data by GLEIF, CC0 1.0.",
                homepage="https://www.gleif.org/en/lei-data/gleif-golden-copy",
            ),
            open_gleif,
        ),
        "gleif-delta": Register(
            SourceInfo(
                title="Global LEI Index",
                licence=_CC0,
                attribution="LEI data by GLEIF, CC0 1.0.",
                homepage="https://www.gleif.org/en/lei-data/gleif-golden-copy",
            ),
            open_gleif_delta,
            delta=True,
        ),
        "kvk": Register(
            SourceInfo(
                title="KvK Handelsregister",
                attribution="Kamer van Koophandel, Handelsregister.",
                homepage="https://developers.kvk.nl/",
            ),
            open_kvk,
        ),
        "ror": Register(
            SourceInfo(
                title="Research Organization Registry",
                licence=_CC0,
                attribution="ROR data, CC0 1.0.",
                homepage="https://ror.org/",
            ),
            open_ror,
        ),
        "wikidata": Register(
            SourceInfo(
                title="Wikidata",
                licence=_CC0,
                attribution="Wikidata, CC0 1.0.",
                homepage="https://www.wikidata.org/",
            ),
            open_wikidata,
        ),
    }
)
"""Registers by the name that `--mapping` gives them; `NAMES` lists the same without opening anything."""
