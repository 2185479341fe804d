"""Patients' pages, whose address is their secret: told to nobody and kept nowhere, with forms that work.

`Referrer-Policy: no-referrer` hides the address from whatever a page loads or leads to. It also has browsers
send `Origin: null` with the page's own forms, which Django would refuse as another site's. What guards these
forms against forgery is left as it is: the token in each, cookies that other sites' forms don't carry
(SameSite=Lax), and the address, which a forger would have to know.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

PATIENTS_PAGES: Final = "/m/"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# What a browser says that hides where a form stands, and one that says nothing of it.
HIDDEN: Final = ("null", None)


class SecretAddressMiddleware:
    """The outermost: whatever answers, a page, a refusal or an error, carries the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PATIENTS_PAGES):
            return self.get_response(request)
        if request.META.get("HTTP_ORIGIN") in HIDDEN:
            request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response
