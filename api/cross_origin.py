"""Scripts of other origins: what they may do is said in full, whatever they ask."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response


class CrossOrigin(CORSMiddleware):
    """Answers every preflight with what is allowed; the browser compares that with what it wants."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight."""
        answer = super().preflight_response(request_headers)
        kept = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=kept)
