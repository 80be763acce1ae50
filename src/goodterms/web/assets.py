"""Static files, sent compressed where the build left a compressed twin beside them.

Pages themselves are not compressed: they carry a secret (the CSRF token) beside what a stranger
may have typed, and compression would let their lengths tell the one from the other.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class BuiltFiles(StaticFiles):
    """Serves a folder; ``app.css`` comes from ``app.css.gz`` when the browser takes gzip."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file, its compressed twin, or 404."""
        twin = f"{path}.gz"
        takes = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if not takes or self.lookup_path(twin)[1] is None:
            return await super().get_response(path, scope)
        response = await super().get_response(twin, scope)
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add_vary_header("Accept-Encoding")
        return response
