"""A method that an address doesn't know. Django answers it with an empty page, so that somebody who has
loaded the answer to a form again sees nothing at all. What they see instead is `views.errors`'."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from web.views import errors


class MethodNotAllowedMiddleware:
    """Behind those that say who asks: the page has their frame. Status and `Allow` stay."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = errors.not_allowed(request, response["Allow"])
        page["Allow"] = response["Allow"]
        return page
