"""What answers to a questionnaire come to: a total, its band, and what a change means. Pure: no Django.

The rules are domain.md section 5 and 5.1, each instrument's figures stand with it in `instruments`. Figures
about many patients are `cohort`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sessions_app.outcomes.instruments import Instrument


@dataclass(frozen=True)
class Score:
    """A total, or none because items are missing. `prorated`: missing items were made up for."""

    total: int | None
    prorated: bool
    missing: tuple[int, ...]


def score(instrument: Instrument, answers: Mapping[int, int], *, prorate: bool = False) -> Score:
    """The total of the answers by item (from 1); none while an item is missing, or where items stand alone.

    With `prorate`, one or two missing items of an instrument that allows it count as the mean of the others,
    rounded half up; the score then says so (domain.md 5, "Missing items").
    """
    items = range(1, len(instrument.items) + 1)
    missing = tuple(item for item in items if item not in answers)
    given = [answers[item] for item in items if item in answers]
    if not instrument.scored:
        return Score(None, prorated=False, missing=missing)
    if not missing:
        return Score(sum(given), prorated=False, missing=())
    if not prorate or len(missing) > instrument.prorate_up_to:
        return Score(None, prorated=False, missing=missing)
    # Half up, in integers.
    total = (2 * sum(given) * len(items) + len(given)) // (2 * len(given))
    return Score(total, prorated=True, missing=missing)


def band(instrument: Instrument, total: int) -> str:
    """The name of the band that a total falls into; empty for an instrument without bands."""
    labels = [each.label for each in instrument.bands if each.low <= total]
    return labels[-1] if labels else ""


def needs_baseline(instrument: Instrument) -> bool:
    """Whether a response is told from two scores; one that asks for the change itself tells it alone."""
    return instrument.response != "reached"


def responded(instrument: Instrument, *, baseline: int | Fraction | None, later: int | Fraction) -> bool:
    """Whether the change counts as a response, on raw scores and in integers (domain.md 5.1, 6).

    Raises `ValueError` for a baseline of nothing where one is needed, or an instrument without a rule.
    """
    if not instrument.response:
        raise ValueError(f"{instrument.code} has no rule of response")
    if not needs_baseline(instrument):
        return later >= instrument.response_from
    if baseline is None or baseline <= 0:
        raise ValueError("response needs a baseline above 0")
    if instrument.response == "half":
        return 2 * later <= baseline
    return baseline - later >= instrument.response_points


def in_remission(instrument: Instrument, *, baseline: int | Fraction, later: int | Fraction) -> bool | None:
    """Whether a score speaks of remission; None of an instrument without a rule, and below the baseline from
    which remission is spoken of (domain.md 5.1, 5)."""
    below = instrument.remission_below
    if below is None or baseline < instrument.remission_from:
        return None
    return later < below


def worsened(instrument: Instrument, *, baseline: int | Fraction | None, later: int | Fraction) -> bool:
    """Whether the patient is worse than before. Needs a baseline as `responded` does."""
    if not needs_baseline(instrument):
        return later < instrument.worse_below
    return baseline is not None and later > baseline


def step(instrument: Instrument, *, baseline: int, later: int) -> str:
    """The name of the greatest change for the better that was reached; empty for none."""
    gone = baseline - later
    reached = [
        each.label
        for each in instrument.steps
        if gone > 0 and gone >= each.points and gone * 100 >= each.percent * baseline
    ]
    return reached[-1] if reached else ""


def change_words(instrument: Instrument, *, baseline: int, later: int) -> str:
    """What is known of a change from the baseline: a response, a step, or that it is none of these. Empty for
    an instrument of which nothing is known, or whose one answer tells the change by itself."""
    if not instrument.response or not needs_baseline(instrument):
        return ""
    if later > baseline:
        return "worse than before"
    if instrument.response == "half" and baseline > 0 and 2 * later <= baseline:
        return "half or more gone: a response"
    return step(instrument, baseline=baseline, later=later) or "less than a change that is known to count"
