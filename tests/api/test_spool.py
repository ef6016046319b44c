"""Long answers are whole before anything is sent, and leave nothing behind."""

from __future__ import annotations

import gzip

import pytest
from tertius.api.spool import CHUNK, spool


@pytest.mark.parametrize("packed", [True, False])
def test_what_was_written_is_read_once_in_chunks(packed):
    pieces = [bytes([n]) * 100_000 for n in range(7)]
    written = spool(iter(pieces), packed=packed)
    chunks = list(written.chunks())
    body = b"".join(chunks)
    assert len(body) == written.size
    assert all(len(chunk) <= CHUNK for chunk in chunks)
    assert (gzip.decompress(body) if packed else body) == b"".join(pieces)
    assert b"".join(spool(iter(pieces), packed=packed).chunks()) == body


@pytest.mark.parametrize("packed", [True, False])
def test_pieces_that_fail_are_no_answer(packed):
    def pieces():
        yield b"x"
        raise ArithmeticError("half way")

    with pytest.raises(ArithmeticError, match="half way"):
        spool(pieces(), packed=packed)
