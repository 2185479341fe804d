"""A frozen report about many patients as pictures: its rates with their intervals, and how long responses
last. What is told of whom is `sessions_app.outcomes`'; the tables beside each picture say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from scheduler.vocabulary import indication_words
from sessions_app.outcomes.instruments import Instrument
from web.plots.intervals import Estimate, intervals
from web.plots.survival import Step, survival
from web.templatetags.outcomes import NOT_YET, nothing_known_yet, rate_words
from web.views.reports.shape import Key, Picture

# Durability is told of 4 and 8 weeks (domain.md 5.1, rule 11): a shorter curve would look like a long one.
PUBLISHED_DAYS: Final = 56
KEYS: Final = (
    Key("observed", "Observed: of those with a value in the window"),
    Key("imputed", "Imputed: of everybody treated"),
)
CAPTION: Final = "The stroke is the 95 % interval."


def benefit_and_harm(figures: Mapping[str, Any], instrument: Instrument) -> Picture | None:
    """Benefit and harm of everybody on one scale. None where nobody was treated."""
    response, remission, harm = figures["response"], figures["remission"], figures["harm"]
    estimates = [
        _observed("Response", response["observed"]),
        _imputed("Response, imputed", response["imputed"], figures),
    ]
    if remission:
        estimates += [
            _observed("Remission", remission["observed"]),
            _imputed("Remission, imputed", remission["imputed"], figures),
        ]
    estimates.append(_observed("Worse than before", harm["worse"]))
    if harm["safety_item_up"]:
        estimates.append(_observed(f"Item {instrument.safety_item} higher", harm["safety_item_up"]))
    return _picture(estimates, "Benefit and harm, each with its interval")


def by_group(groups: Sequence[Mapping[str, Any]]) -> Picture | None:
    """Each group's response twice, observed and imputed."""
    estimates = [
        estimate
        for group in groups
        for estimate in (
            _observed(indication_words(group["name"]), group["response"]["observed"]),
            _imputed("… imputed", group["response"]["imputed"], group),
        )
    ]
    return _picture(estimates, "Response by group, each with its interval")


def lasting(steps: Iterable[Mapping[str, Any]]) -> Picture | None:
    """The Kaplan-Meier curve of those who responded; None where nobody was followed."""
    plot = survival(
        [
            Step(
                day=step["day"],
                at_risk=step["at_risk"],
                events=step["events"],
                censored=step["censored"],
                survival=float(step["survival"]),
            )
            for step in steps
        ],
        least_days=PUBLISHED_DAYS,
    )
    if plot is None:
        return None
    return Picture(
        name="survival",
        plot=plot,
        words=plot.words,
        caption=(
            "Share of responders still responding, by days after the last infusion of the induction; a short"
            " stroke across the line is somebody watched no longer. Below the days: how many were still"
            " watched."
        ),
    )


def _picture(estimates: Sequence[Estimate], words: str) -> Picture | None:
    if not any(each.share is not None for each in estimates):
        return None
    told = "; ".join(f"{each.words}: {each.told}" for each in estimates)
    return Picture(
        name="intervals",
        plot=intervals(estimates),
        words=f"{words}. {told}.",
        caption=CAPTION,
        keys=KEYS,
    )


def _observed(words: str, rate: Mapping[str, Any]) -> Estimate:
    return _estimate(words, rate, hollow=False)


def _imputed(words: str, rate: Mapping[str, Any], group: Mapping[str, Any]) -> Estimate:
    """No point while every window of the group is open."""
    if nothing_known_yet(group):
        return Estimate(words, NOT_YET, None, hollow=True)
    return _estimate(words, rate, hollow=True)


def _estimate(words: str, rate: Mapping[str, Any], *, hollow: bool) -> Estimate:
    told = rate_words(rate)
    if rate["share"] is None:
        return Estimate(words, told, None, hollow=hollow)
    share, low, high = (float(rate[name]) for name in ("share", "low", "high"))
    return Estimate(words, told, share, low, high, hollow=hollow)
