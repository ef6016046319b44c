"""What can be wrong with a question before any store has seen it."""

from tertius.store import QueryFailed, QuerySyntaxError, RefusedQuery


class QueryError(Exception):
    """Base of what this package raises about a query, its parameters or the catalogue."""


class MalformedQuery(QueryError, QuerySyntaxError):
    """The text cannot be a SPARQL query: an update, an empty text, an unreadable token.

    Attributes:
        line: line of the fault, from 1; `None` where the fault has no place.
        column: column of the fault, from 1.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        self.line = line
        self.column = column
        super().__init__(message if line is None else f"line {line}, column {column}: {message}")


class FederationRefused(QueryError, RefusedQuery):
    """The query asks this service to call another one (`SERVICE`).

    Attributes:
        line: line of the keyword, from 1.
        column: column of the keyword, from 1.
    """

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        super().__init__(
            f"line {line}, column {column}: SERVICE is not available here, this service calls no other; "
            "ask the other service yourself and join the answers, or put its data in a VALUES block"
        )


class QueryTooLong(QueryError):
    """The query text is longer than this service reads.

    Attributes:
        size: length of the text in bytes of UTF-8.
        limit: the most that is read, in bytes.
    """

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            f"the query is {size} bytes long, the limit is {limit}; split it into several queries"
        )


class QueryTooComplex(QueryError):
    """The query passes one of the limits that keep planning and parsing affordable.

    Attributes:
        what: the thing counted, such as `"triple patterns"`.
        limit: how many of it are allowed.
        line: line where the limit was passed, from 1.
        column: column where the limit was passed, from 1.
    """

    def __init__(self, what: str, limit: int, line: int, column: int, advice: str) -> None:
        self.what = what
        self.limit = limit
        self.line = line
        self.column = column
        super().__init__(f"line {line}, column {column}: more than {limit} {what}; {advice}")


class ParameterError(QueryError):
    """An argument does not fit its parameter.

    Attributes:
        parameter: name of the parameter at fault (`"cursor"` and `"limit"` included).
    """

    def __init__(self, parameter: str, message: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter}: {message}")


class UnknownQuery(QueryError):
    """The catalogue has no query of that name.

    Attributes:
        name: the name asked for.
    """

    def __init__(self, name: str, close: list[str]) -> None:
        self.name = name
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        super().__init__(f"there is no query named {name!r}{hint}")


class CatalogueError(QueryError):
    """A file of the catalogue is wrong; the message starts with `file:line`."""


class UnexpectedValue(QueryError, QueryFailed):
    """A value in an answer is not of the type that the query promises; the data hold something malformed.

    Attributes:
        query: name of the query.
        column: the column at fault.
        expected: the type promised.
    """

    def __init__(self, query: str, column: str, expected: str) -> None:
        super().__init__()
        self.query = query
        self.column = column
        self.expected = expected
        self.args = (f"{query}: a value in the column {column} is not of type {expected}",)
