"""How the pages say what a headache diary comes to."""

from collections.abc import Iterator
from fractions import Fraction

from django import template

from sessions_app.outcomes.diary_counts import Counts

register = template.Library()

NOTHING = "–"  # noqa: RUF001
CLASSES = {
    "triptan": "Triptans",
    "ergot": "Ergots",
    "opioid": "Opioids",
    "simple_analgesic": "Simple analgesics",
}


@register.filter
def diary_lines(counts: Counts) -> Iterator[tuple[str, str, str]]:
    """(what, as entered, per 28 days) of each count."""
    for label, value in (
        ("Headache", counts.headache_days),
        ("Migraine", counts.migraine_days),
        ("Acute medicine", counts.medicine_days),
        ("Moderate or severe headache", counts.moderate_or_severe_days),
    ):
        yield label, str(value), _one_digit(counts.per_28(value))
    yield "Hours of headache", f"{counts.hours:.1f}", _one_digit(counts.per_28(counts.hours))
    yield "Mean of the peaks, 0 to 10", _one_digit(counts.mean_peak), ""


@register.filter
def overuse(counts: Counts) -> Iterator[tuple[str, str]]:
    """What there is to say of overuse; nothing of a class that was not taken."""
    for each, found in counts.overuse.items():
        if counts.days_by_class[each]:
            words = {True: "overused: tell the prescriber", False: "not overused", None: "can't be told"}[
                found
            ]
            yield CLASSES[each], words


def _one_digit(value: Fraction | None) -> str:
    return NOTHING if value is None else f"{float(value):.1f}".removesuffix(".0")


@register.filter
def percent(share: str | None) -> str:
    """`50.0 %` for the share "0.5000" of a frozen report."""
    return NOTHING if share is None else f"{float(share) * 100:.1f} %"


@register.filter
def rate(rate: "dict[str, str | int | None] | None") -> str:
    """`12 of 24: 50.0 % (31.4 to 68.6 %)`: never a share without its numbers."""
    if rate is None:
        return NOTHING
    told = f"{rate['count']} of {rate['of']}"
    if rate["share"] is None:
        return told
    low, high = (float(str(rate[end])) * 100 for end in ("low", "high"))
    return f"{told}: {percent(str(rate['share']))} ({low:.1f} to {high:.1f} %)"
