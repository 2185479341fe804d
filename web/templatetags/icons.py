"""The icons, drawn for this house on a grid of 24: strokes in the colour of the text around them.

They stand inside the page because a strict Content-Security-Policy and a cold cache both like it so.
"""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

STROKES = {
    "alert": '<path d="M12 3.5 2.8 20h18.4z"/><path d="M12 10v4.5M12 17.2v.3"/>',
    "arrow-right": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "back": '<path d="M19 12H5M11 6l-6 6 6 6"/>',
    "bell": '<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4"/>',
    "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/><path d="M3.5 10h17M8 3v4M16 3v4"/>',
    "chair": '<path d="M7 4v9h9a2 2 0 0 1 2 2v1H7a3 3 0 0 1-3-3V8M7 16v4.5M17 16v4.5M10 13V9.5h5"/>',
    "chart": '<path d="M4 4v16h16M8.5 16v-4M13 16V8M17.5 16v-6"/>',
    "check": '<path d="m4.5 12.5 5 5L19.5 7"/>',
    "check-circle": '<circle cx="12" cy="12" r="8.5"/><path d="m8 12.3 2.8 2.8L16 9.6"/>',
    "chevron-down": '<path d="m6 9 6 6 6-6"/>',
    "circle": '<circle cx="12" cy="12" r="8.5"/>',
    "clinic": '<path d="M4 20.5V7l8-3.5L20 7v13.5M2.5 20.5h19M12 9v5M9.5 11.5h5M10 20.5V17h4v3.5"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.3 2"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
    "door-in": '<path d="M13 4h5a1.5 1.5 0 0 1 1.5 1.5v13A1.5 1.5 0 0 1 18 20h-5M3.5 12H14M10 8l4 4-4 4"/>',
    "drop": '<path d="M12 3.5c3.5 4.2 6 7.2 6 10.5a6 6 0 0 1-12 0c0-3.3 2.5-6.3 6-10.5z"/>',
    "heart": (
        '<path d="M12 20s-7.5-4.5-7.5-10A4.3 4.3 0 0 1 12 7.5 4.3 4.3 0 0 1 19.5 10c0 5.5-7.5 10-7.5 10z"/>'
    ),
    "inbox": '<path d="M3.5 13.5 6.5 5h11l3 8.5V19H3.5z"/><path d="M3.5 13.5H9l1 2.5h4l1-2.5h5.5"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.3"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "message": '<path d="M4 5h16v11.5H10L5.5 20v-3.5H4z"/><path d="M8 9.5h8M8 12.5h5"/>',
    "minus": '<path d="M5 12h14"/>',
    "moon": '<path d="M19.5 14.5A8 8 0 1 1 9.5 4.5a6.5 6.5 0 0 0 10 10z"/>',
    "pause": '<path d="M8.5 5.5v13M15.5 5.5v13"/>',
    "people": (
        '<circle cx="9" cy="8" r="3.5"/>'
        '<path d="M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6M15.5 4.8a3.5 3.5 0 0 1 0 6.4'
        'M18 14.6c2 .9 3.2 2.7 3.5 5.4"/>'
    ),
    "pen": '<path d="M4 20l1-4.5L16 4.5 19.5 8 8.5 19z"/><path d="M13.5 7 17 10.5"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.7-4.5 3.5-6.5 7.5-6.5s6.8 2 7.5 6.5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "question": (
        '<circle cx="12" cy="12" r="8.5"/>'
        '<path d="M9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 1.8M12 16.5v.3"/>'
    ),
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "shield": (
        '<path d="M12 3.5 19 6v6c0 4.5-3 7.2-7 8.5-4-1.3-7-4-7-8.5V6z"/><path d="m9 12 2.2 2.2L15.2 10"/>'
    ),
    "sign-out": '<path d="M11 4H6a1.5 1.5 0 0 0-1.5 1.5v13A1.5 1.5 0 0 0 6 20h5M9.5 12H20M16 8l4 4-4 4"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1.5"/>',
    "tasks": '<path d="m3.5 6.5 1.8 1.8L8.5 5M3.5 16.5l1.8 1.8L8.5 15M12 7h8.5M12 17h8.5"/>',
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "calendar" %}` decorates; with a label it speaks by itself: `{% icon "lock" "Signed" %}`."""
    strokes = mark_safe(STROKES[name])  # noqa: S308 - written above, by hand
    if label:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, strokes
        )
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', strokes)
