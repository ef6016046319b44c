"""Everything that can be set, in one place: environment variables that start with `TERTIUS_`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from tertius.api.clients import TOKEN_NAME, parse_tokens
from tertius.ontology.namespaces import DEFAULT_BASE
from tertius.store.outbound_services import parse_services
from tertius.store.remote_address import check_url
from tertius.store.remote_wire import TIMEOUT_PARAMETER

PREFIX: Final = "TERTIUS_"


def _base_iri(value: str) -> str:
    if not value.startswith(("http://", "https://")) or not value.endswith("/"):
        raise ValueError("must start with http:// or https:// and end with /")
    if any(character in value for character in ' <>"{}|\\^`'):
        raise ValueError("contains a character that IRIs do not allow")
    return value


def _token_list(value: str) -> str:
    parse_tokens(value)
    return value


def _name_list(value: str) -> str:
    if any(not TOKEN_NAME.fullmatch(name) for name in _names(value)):
        raise ValueError("must be names of tokens, by commas")
    return value


def _names(value: str) -> list[str]:
    return [name for part in value.split(",") if (name := part.strip())]


def _service_url(value: str) -> str:
    return check_url(value) if value else value


def _service_list(value: str) -> str:
    parse_services(value)
    return value


class Settings(BaseSettings):
    """The settings of one running Tertius.

    Sizes are bytes, times are seconds. In the environment the names are in upper case after `TERTIUS_`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data: Path = Field(
        Path("tertius-data"), description="Folder that holds the snapshots; made by the first load."
    )
    base: Annotated[str, AfterValidator(_base_iri)] = Field(
        DEFAULT_BASE,
        description="Start of the IRIs of organisations, alliances and graphs; never taken from a request.",
    )
    store: Annotated[str, AfterValidator(_service_url)] = Field(
        "", description="Query address of a SPARQL 1.1 service that answers instead of the snapshots."
    )
    store_update: Annotated[str, AfterValidator(_service_url)] = Field(
        "", description="Update address of that service, to which `tertius snapshots push` publishes."
    )
    store_user: str = Field("", description="User that the service knows.")
    store_password: str = Field("", repr=False, description="The user's password; never logged.")
    store_auth: Literal["basic", "digest"] = Field(
        "basic", description="How both are sent; Virtuoso asks for `digest`."
    )
    store_timeout: Annotated[str, Field(pattern=TIMEOUT_PARAMETER)] = Field(
        "auto",
        description="Parameter for its own time limit, with `:ms` or `:s`; `auto` knows Virtuoso's.",
    )
    store_graphs: Literal["listed", "union"] = Field(
        "listed",
        description="Name the published graphs in each query, or trust the default graph to be all.",
    )
    services: Annotated[str, AfterValidator(_service_list)] = Field(
        "",
        description="Services outside that may be asked: name=URL by commas, also `private`, `rate=N`.",
    )
    service_seconds: float = Field(
        20.0, gt=0, le=600, description="Time limit of one request to such a service, all attempts included."
    )
    service_bytes: int = Field(
        16 * 1024**2, ge=1024, description="Largest answer of such a service, unpacked."
    )
    service_cache: str = Field(
        "", description="Folder for answers of such services; `services` in the data folder where empty."
    )
    service_cache_seconds: float = Field(
        86_400.0, ge=0, description="How long such an answer is used again; 0 keeps none."
    )
    service_cache_bytes: int = Field(
        256 * 1024**2, ge=0, description="Disk for such answers; the oldest go first."
    )
    companies_house_key: str = Field(
        "", repr=False, description="Key of the Companies House API; never logged."
    )
    host: str = Field("127.0.0.1", description="Address that `tertius serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `tertius serve` listens on; 0 picks one.")
    public_url: Annotated[str, AfterValidator(_service_url)] = Field(
        "",
        description="Address under which callers reach the service; where empty, the one a call came in on.",
    )
    root_path: str = Field("", description="Path under which a reverse proxy shows the service, without a /.")
    forwarded_allow_ips: str = Field(
        "127.0.0.1",
        description="Addresses of reverse proxies whose X-Forwarded headers are believed, by commas.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe log lines to write."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object per log line, or text for people."
    )
    threads: int = Field(
        40, ge=4, le=1000, description="Threads that answer requests; each runs one at a time."
    )
    keep_snapshots: int = Field(5, ge=1, le=1000, description="Published snapshots kept for going back.")

    request_seconds: float = Field(
        30.0, gt=0, le=3600, description="How long a request may take to arrive; later gets 408."
    )
    shutdown_seconds: int = Field(
        10,
        ge=0,
        le=600,
        description="How long requests under way may take once the server is told to stop.",
    )
    max_url_bytes: int = Field(
        16_384, ge=1024, le=60_000, description="Longest path and query string; longer gets 414."
    )
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body; larger gets 413.")
    max_query_bytes: int = Field(
        65_536, ge=1024, description="Longest SPARQL text of a caller; longer gets 413."
    )
    max_query_depth: int = Field(
        100, ge=4, le=200, description="Deepest nesting of brackets in a caller's SPARQL."
    )
    max_query_patterns: int = Field(
        60, ge=4, le=100, description="Most triple patterns in a caller's SPARQL; planning takes cubic time."
    )

    rest_workers: int = Field(
        2, ge=1, le=64, description="Processes that answer Tertius' own queries for the REST routes."
    )
    rest_seconds: float = Field(10.0, gt=0, le=600, description="Time limit of one query of a REST route.")
    rest_rows: int = Field(100_000, ge=1000, description="Most rows of one query of a REST route.")
    rest_bytes: int = Field(64 * 1024**2, ge=1024, description="Largest answer of one query of a REST route.")
    sparql_workers: int = Field(
        3, ge=1, le=64, description="Processes that answer callers' SPARQL; more requests wait, then get 503."
    )
    slice_seconds: float = Field(
        0.5,
        gt=0,
        le=600,
        description="After so much work a query is long; half of the processes of its kind are for such.",
    )
    sparql_seconds: float = Field(30.0, gt=0, le=3600, description="Time limit of a caller's SPARQL query.")
    sparql_rows: int = Field(1_000_000, ge=1, description="Most rows or triples of a caller's SPARQL query.")
    sparql_bytes: int = Field(64 * 1024**2, ge=1024, description="Largest answer of a caller's SPARQL query.")
    worker_memory: int = Field(
        2 * 1024**3, ge=256 * 1024**2, description="Address space of one query process."
    )
    queue_seconds: float = Field(
        5.0, ge=0, le=60, description="How long a query waits for a free process before it gets 503."
    )

    client_queries: int = Field(
        4,
        ge=1,
        le=1000,
        description="SPARQL queries, or batches of names, that one client may have under way; more get 429.",
    )
    client_seconds: float = Field(
        60.0,
        gt=0,
        le=6000,
        description="Processing time of one client's SPARQL, or matching, in any minute; more gets 429.",
    )
    tokens: Annotated[str, AfterValidator(_token_list)] = Field(
        "",
        description="Tokens for larger budgets: name=SHA-256 of the token in hexadecimal, by commas.",
    )
    writers: Annotated[str, AfterValidator(_name_list)] = Field(
        "", description="Names of the tokens that may write over HTTP, by commas; nobody may by default."
    )
    max_upload_bytes: int = Field(
        1024**3, ge=1024, description="Largest form of a load over HTTP; larger gets 413."
    )
    upload_seconds: float = Field(
        600.0, gt=0, le=86_400, description="How long a load over HTTP may take to arrive; later gets 408."
    )
    load_queue: int = Field(
        8, ge=1, le=1000, description="Loads over HTTP that may arrive, wait or run; more get 503."
    )
    loads_per_client: int = Field(
        4, ge=1, le=1000, description="Of these, how many one token may have; more get 429."
    )
    load_seconds: float = Field(3600.0, gt=0, le=86_400, description="Time limit of one load over HTTP.")
    load_memory: int = Field(
        8 * 1024**3, ge=1024**3, description="Address space of the process that runs a load over HTTP."
    )
    token_queries: int = Field(
        16,
        ge=1,
        le=1000,
        description="SPARQL queries, or batches of names, that one token may have under way; more get 429.",
    )
    token_client_seconds: float = Field(
        600.0,
        gt=0,
        le=60_000,
        description="Processing time of one token's SPARQL, or matching, in any minute; more gets 429.",
    )
    token_sparql_seconds: float = Field(
        300.0, gt=0, le=3600, description="Time limit of a SPARQL query with a token."
    )
    token_sparql_rows: int = Field(
        10_000_000, ge=1, description="Most rows or triples of a SPARQL query with a token."
    )
    token_sparql_bytes: int = Field(
        256 * 1024**2, ge=1024, description="Largest answer of a SPARQL query with a token."
    )

    network_seconds: float = Field(
        60.0, gt=0, le=3600, description="Time limit for deriving a network with other parameters."
    )
    network_cache_bytes: int = Field(
        4 * 1024**3,
        ge=1024**2,
        description="Disk for derived networks; the least recently used go first.",
    )
    network_per_client: int = Field(
        2, ge=1, le=100, description="Derivations that one client may have under way; more get 429."
    )
    reconcile_queries: int = Field(
        50, ge=1, le=1000, description="Most names in one reconciliation batch; more get 413."
    )
    reconcile_seconds: float = Field(
        20.0, gt=0, le=600, description="Time limit of one reconciliation batch."
    )
    reconcile_batches: int = Field(
        2, ge=1, le=64, description="Reconciliation batches answered at the same time; more wait."
    )
    export_ties: int = Field(
        2_000_000, ge=1, description="Most ties in one network export; more get 422 with advice."
    )

    @model_validator(mode="after")
    def _check_writers(self) -> Self:
        unknown = sorted(self.writer_names - parse_tokens(self.tokens).keys())
        if unknown:
            raise ValueError(f"writers names {unknown[0]}, which is no token of TERTIUS_TOKENS")
        return self

    @property
    def writer_names(self) -> frozenset[str]:
        """Names of the tokens that may write."""
        return frozenset(_names(self.writers))


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Name the environment variables that look like settings and are none, in alphabetical order."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = os.environ if environment is None else environment
    return sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in known)


_NEEDS: Final = {"store_": "store", "token_": "tokens"}


def idle_variables(settings: Settings, environment: Mapping[str, str] | None = None) -> list[str]:
    """Name the environment variables that set something which another setting leaves without effect.

    Args:
        settings: What the environment and a command's options came to.
        environment: The environment; that of the process where there is none.

    Returns:
        Names in alphabetical order, such as `TERTIUS_STORE_USER` where `TERTIUS_STORE` is empty.
    """
    given = {name.upper() for name in (os.environ if environment is None else environment)}
    idle = []
    for name in Settings.model_fields:
        needed = next((what for start, what in _NEEDS.items() if name.startswith(start)), None)
        if needed is not None and not getattr(settings, needed) and f"{PREFIX}{name}".upper() in given:
            idle.append(f"{PREFIX}{name}".upper())
    return sorted(idle)
