"""Pages leave compressed; nothing else does.

Static files lie compressed beside themselves (WhiteNoise), and an answer of the API keeps its strong ETag,
which `If-Match` asks for. Why a page with a token against forgery may be compressed: docs/security.md.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPagesMiddleware(GZipMiddleware):
    """Django's own, for HTML alone."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
