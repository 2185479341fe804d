"""How the pages say figures of reports."""

from typing import Any

from django import template

from sessions_app.reporting.rates import Rate

register = template.Library()

NOTHING = "–"  # noqa: RUF001


@register.filter
def figure(value: Any, kind: str) -> str:
    """A cell in words: `41 %` for a share, `8.5` for hours or days, a dash for what there is nothing of."""
    if value is None:
        return NOTHING
    if kind == "share":
        return f"{value * 100:.0f} %"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


@register.filter
def interval(rate: Rate) -> str:
    """Between which shares the truth lies, as far as chance goes: `79 to 98 %`."""
    if rate.interval is None:
        return NOTHING
    low, high = rate.interval
    return f"{low * 100:.0f} to {high * 100:.0f} %"
