"""How the pages say what a headache diary comes to."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from django import template

from scheduler.vocabulary import indication_words
from sessions_app.outcomes.diary_counts import Counts

register = template.Library()

NOTHING = "–"  # noqa: RUF001
NO_BREAK = "\N{NO-BREAK SPACE}"  # a figure and its interval are read as one
NOT_YET = "not known yet"
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
def per_28(counts: Counts, name: str) -> str:
    """One count of a period brought to 28 days; a dash where too few days were entered."""
    return _one_digit(counts.per_28(getattr(counts, name)))


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
def indication(code: str) -> str:
    """`F33.2 Major depressive disorder, recurrent, severe`."""
    return indication_words(code)


@register.filter
def percent(share: str | None) -> str:
    """`50.0 %` for the share "0.5000" of a frozen report."""
    return NOTHING if share is None else f"{float(share) * 100:.1f}{NO_BREAK}%"


@register.filter
def rate(rate: Mapping[str, Any] | None) -> str:
    """`12 of 24: 50.0 % (31.4 to 68.6 %)`: never a share without its numbers."""
    return NOTHING if rate is None else rate_words(rate)


def rate_words(rate: Mapping[str, Any]) -> str:
    """The same of a rate that there is."""
    told = f"{rate['count']} of {rate['of']}"
    if rate["share"] is None:
        return told
    low, high = (float(rate[end]) * 100 for end in ("low", "high"))
    interval = NO_BREAK.join([f"({low:.1f}", "to", f"{high:.1f}", "%)"])
    return f"{told}: {percent(rate['share'])} {interval}"


@register.simple_tag
def imputed(rate: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """A rate of everybody treated, with how many of them may still come to a value."""
    waiting, treated = group["in_window"], group["treated"]
    if nothing_known_yet(group):
        return f"{NOT_YET}: {waiting} of {treated} windows are still open"
    told = rate_words(rate)
    return f"{told}; {waiting} of {treated} windows are still open" if waiting else told


def nothing_known_yet(group: Mapping[str, Any]) -> bool:
    """Whether every window is still open: who has no value yet counts as one who did not respond, and a share
    of only such patients would only seem to say something."""
    return bool(group["in_window"]) and group["in_window"] == group["treated"]
