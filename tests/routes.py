"""Every address of the product, read from the URL configuration: (method, route) with its view.

Routes are written as a person would: `/api/v1/patients/{pk}/`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, order=True)
class Route:
    method: str
    path: str


def every_route() -> dict[Route, Any]:
    """Each (method, path) that is answered with something other than 405, and the view that answers."""
    found: dict[Route, Any] = {}
    for path, view in _walk(get_resolver().url_patterns, "/"):
        for method in _methods(view):
            found.setdefault(Route(method.upper(), path), view)
    return found


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def _readable(pattern: str) -> str:
    """`^patients/(?P<pk>[^/.]+)/$` and `patients/<uuid:pk>/` are both `patients/{pk}/`."""
    pattern = pattern.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    pattern = re.sub(
        r"<(?:\w+:)?(\w+)>", r"{\1}", re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", pattern)
    )
    return pattern.replace("\\", "")


def _methods(view: Any) -> list[str]:
    if actions := getattr(view, "actions", None):  # a DRF viewset
        return [method for method in actions if method in METHODS]
    if view_class := getattr(view, "view_class", None) or getattr(view, "cls", None):
        return [method for method in METHODS if hasattr(view_class, method)]
    allowed = getattr(view, "allowed_methods", None) or _required_methods(view)
    return [method.lower() for method in allowed if method != "HEAD"]


def _required_methods(view: Any) -> list[str]:
    """What `require_http_methods` holds a plain view to; without it a view answers whatever comes."""
    known = {method.upper() for method in (*METHODS, "head")}
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list | tuple) and held and known.issuperset(map(str, held)):
                return [str(method) for method in held]
        view = getattr(view, "__wrapped__", None)
    return ["GET", "POST"]
