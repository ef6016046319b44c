"""Parameters and forms as they come over a connection, read strictly: UTF-8, unpacked, of bounded number."""

from __future__ import annotations

from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from tertius.api.errors import BadRequest, UnsupportedMedia

FORM: Final = "application/x-www-form-urlencoded"

Pairs = list[tuple[str, str]]


def decode_pairs(data: bytes) -> Pairs:
    """Decode `name=value` pairs; percent signs are decoded once.

    Raises:
        BadRequest: They are not UTF-8, or there are more than 1000.
    """
    try:
        return parse_qsl(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError:
        raise BadRequest("The parameters are not UTF-8 written in percent signs.") from None
    except ValueError:
        raise BadRequest("There are more than 1000 parameters.") from None


def body_media(request: Request) -> str:
    """Return the media type of a request's body in lower case, empty where it says none.

    Raises:
        UnsupportedMedia: The body is packed, or in another charset than UTF-8.
    """
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    kind = header.get_content_type() if request.headers.get("content-type") else ""
    charset = str(header.get_param("charset", "utf-8")).lower()
    if charset not in {"utf-8", "utf8"}:
        raise UnsupportedMedia(f"charset {charset[:40]} is not taken; send UTF-8")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMedia(f"the content coding {coding[:40]} is not taken; send the body as it is")
    return kind
