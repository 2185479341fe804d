"""Default deny: no page without a door."""

from django.urls import URLPattern, URLResolver

from web import urls
from web.doors import PUBLIC


def pages(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        found += pages(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


def test_every_page_has_a_door_or_is_on_the_short_list_of_public_ones() -> None:
    open_to_anybody = {
        str(page.name) for page in pages(urls.urlpatterns) if not hasattr(page.callback, "permission")
    }
    assert open_to_anybody == PUBLIC
