"""What the log says of a request: method, route, status, who, from where.

The route's pattern, never the address: addresses hold the secrets of patients' links and the words that
somebody searched for. The health check and the metrics, asked every few seconds, are not written at all.
"""

from collections.abc import Awaitable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django_structlog.middlewares import RequestMiddleware

UNLOGGED = ("health", "metrics")


class RequestLogMiddleware(RequestMiddleware):
    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self.route_of(request)[0] in UNLOGGED:
            return self.get_response(request)
        return super().__call__(request)

    @staticmethod
    def route_of(request: HttpRequest) -> tuple[str, str]:
        """(name, pattern) of the route that will answer. Looked for once: the table of addresses is long."""
        try:
            request.resolver_match = request.resolver_match or resolve(request.path_info)
        except Resolver404:
            return "", "(no such address)"
        return request.resolver_match.view_name, request.resolver_match.route

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} /{RequestLogMiddleware.route_of(request)[1]}"
