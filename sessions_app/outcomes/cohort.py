"""The rules of a cohort report: who counts, what is a response, what harm stands beside it. Pure: no Django.

domain.md 5.1, by number in the comments. What happened is read by `cohort_reports` and handed in as `Case`s,
one for each patient (rule 8: the first series); the figures' arithmetic is in `statistics`. Whoever changes
what is counted here raises `CODE_VERSION`; a test holds the bytes of a known cohort to it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from sessions_app.outcomes import diary_counts
from sessions_app.outcomes.diary_counts import PERIOD_DAYS, Counts, Day
from sessions_app.outcomes.instruments import INSTRUMENTS, WITH_RESPONSE, Instrument
from sessions_app.outcomes.scoring import in_remission, needs_baseline, responded, worsened
from sessions_app.outcomes.statistics import Follow, kaplan_meier, rounded, share, survival_at, wilson

CODE_VERSION: Final = "cohort/6"
BENCHMARK_DAYS: Final = (28, 56)  # 4 and 8 weeks, as [V:1] tells durability
# What the headache diary comes to, reported like a questionnaire: half the days gone is a response (domain.md
# section 5).
DIARY: Final = {
    each.code: each
    for each in (
        Instrument(
            code="headache-days", version="1", title="Headache days", stem="", items=(), response="half"
        ),
        Instrument(
            code="migraine-days", version="1", title="Migraine days", stem="", items=(), response="half"
        ),
    )
}
MEASURES: Final[Mapping[str, Instrument]] = {**{code: INSTRUMENTS[code] for code in WITH_RESPONSE}, **DIARY}
NOTES: Final = (
    "Observed rates are of patients who were seen in the window; those who stayed away may have fared worse.",
    "Imputed rates count every treated patient without a valid value as one who did not respond.",
    "Remission is asked of treated patients with a baseline high enough to speak of it; those left out, for"
    " a lower baseline or for want of one, are counted.",
    "A patient whose window was still open at the cut-off counts as treated, and is told apart.",
    "Durability is of observed responders, from the last infusion of the induction; a response is only known"
    " from the day of its score on.",
)


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a report asks. Days are calendar days of the clinic; `window_target` [D] lies inside the window.

    `maintenance`: whether an infusion after the induction ends a response ("event") or is passed over
    ("ignored") in the durability curve. `started_from` and `started_until` bound the first infusion.
    """

    instrument: str
    window_first: int = 14
    window_last: int = 31
    window_target: int = 21
    baseline_days: int = 30
    induction_days: int = 28
    maintenance: str = "event"
    prorated: bool = False
    started_from: date | None = None
    started_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One completed questionnaire: when, on which local day, its total, and its item about self-harm. Of the
    diary: a period by its last day, its days brought to 28."""

    at: datetime
    on: date
    total: int | Fraction
    version: str
    prorated: bool = False
    safety: int | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One treated patient's first series. `starts` are its started infusions, in order, and `infusions` their
    local days; `further` the days of those of the patient's other plans; `planned` the fewest that make an
    induction, `most` the most that belong to one. `diary` are the days that were entered, where the report
    asks for them."""

    protocol: str
    indication: str
    dose_band: str
    planned: int
    most: int
    starts: tuple[datetime, ...]
    infusions: tuple[date, ...]
    further: tuple[date, ...] = ()
    scores: tuple[Scored, ...] = ()
    diary: tuple[Day, ...] = ()
    adverse: int = 0
    serious: int = 0
    last_contact: date


@dataclass(frozen=True)
class Seen:
    """What a case comes to under a query. `excluded` says why it isn't evaluable."""

    case: Case
    complete: bool
    induction_end: date
    baseline: Scored | None
    later: Scored | None
    excluded: str
    in_window: bool

    @property
    def evaluable(self) -> bool:
        return not self.excluded


def report(cases: Sequence[Case], query: Query, *, today: date) -> dict[str, Any]:
    """Every figure, all together and by protocol, indication and dose band. `today`: the cut-off's day."""
    instrument = MEASURES[query.instrument]
    everybody = [look(case, query, today=today) for case in cases if _asked_for(case, query)]

    def by(key: Callable[[Case], str]) -> list[dict[str, Any]]:
        names = sorted({key(seen.case) for seen in everybody})
        return [
            {"name": name, **figures([s for s in everybody if key(s.case) == name], query, instrument)}
            for name in names
        ]

    return {
        "all": figures(everybody, query, instrument),
        "by_protocol": by(lambda case: case.protocol),
        "by_indication": by(lambda case: case.indication),
        "by_dose_band": by(lambda case: case.dose_band),
        "notes": list(NOTES),
    }


def look(case: Case, query: Query, *, today: date) -> Seen:
    """Find a case's induction, baseline and value in the window."""
    induction = [on for on in case.infusions if (on - case.infusions[0]).days <= query.induction_days]
    induction = induction[: case.most]
    end = induction[-1]
    if query.instrument in DIARY:
        case = replace(case, scores=tuple(_periods(case, query.instrument, end, today)))
    usable = [score for score in case.scores if query.prorated or not score.prorated]
    before = [
        score
        for score in usable
        if score.at < case.starts[0] and (case.infusions[0] - score.on).days <= query.baseline_days
    ]
    baseline = max(before, key=lambda score: score.at, default=None)  # rule 2: the last one
    in_window = [
        score
        for score in usable
        # A window may begin with the last infusion's day: what was asked before it is no answer to it.
        if score.at >= case.starts[len(induction) - 1]
        and query.window_first <= (score.on - end).days <= query.window_last
        and (baseline is None or score.version == baseline.version)
    ]
    # Rule 3: nearest to the target; of two as near, the earlier.
    later = min(
        in_window,
        key=lambda score: (abs((score.on - end).days - query.window_target), score.at),
        default=None,
    )
    compared = needs_baseline(MEASURES[query.instrument])
    if compared and baseline is None:
        excluded = "no_baseline"
    elif compared and baseline is not None and baseline.total <= 0:
        excluded = "baseline_zero"  # rule 5
    elif later is None:
        excluded = "nothing_in_window"
    else:
        excluded = ""
    return Seen(
        case=case,
        complete=len(induction) >= case.planned,
        induction_end=end,
        baseline=baseline,
        later=later,
        excluded=excluded,
        in_window=later is None and (today - end).days <= query.window_last,
    )


def figures(group: Sequence[Seen], query: Query, instrument: Instrument) -> dict[str, Any]:
    """The figures of one group, each with its numbers (rules 1, 4, 5, 7, 10)."""
    evaluable = [seen for seen in group if seen.evaluable]
    responders = [seen for seen in evaluable if _responded(seen, instrument)]
    sessions = sum(len(seen.case.infusions) for seen in group)
    result: dict[str, Any] = {
        "treated": len(group),
        "induction_complete": sum(seen.complete for seen in group),
        "evaluable": len(evaluable),
        "in_window": sum(seen.in_window for seen in group),
        "excluded": dict(sorted(Counter(seen.excluded for seen in group if seen.excluded).items())),
        "response": {
            "observed": rate(len(responders), len(evaluable)),
            "imputed": rate(len(responders), len(group)),
        },
        "remission": remission(group, evaluable, instrument),
        "harm": {
            "worse": rate(sum(_worse(seen, instrument) for seen in evaluable), len(evaluable)),
            "safety_item_up": safety_item_up(evaluable, instrument),
            "adverse_events": sum(seen.case.adverse for seen in group),
            "serious_adverse_events": sum(seen.case.serious for seen in group),
            "sessions": sessions,
            "adverse_events_per_100_sessions": _per_100(sum(s.case.adverse for s in group), sessions),
            "serious_adverse_events_per_100_sessions": _per_100(sum(s.case.serious for s in group), sessions),
        },
        "durability": durability(responders, query, instrument),
    }
    return result


def rate(count: int, of: int) -> dict[str, Any]:
    """So many of so many with Wilson's 95 % interval; share and interval are null of nothing."""
    interval = wilson(count, of)
    return {
        "count": count,
        "of": of,
        "share": share(count, of),
        "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
    }


def remission(
    group: Sequence[Seen], evaluable: Sequence[Seen], instrument: Instrument
) -> dict[str, Any] | None:
    """Among those whose baseline was high enough to speak of remission (rule 5); null where none is known.

    Of a patient without a baseline nobody knows whether it was: left out of both rates, and counted.
    """
    if instrument.remission_below is None:
        return None

    def high(seen: Seen) -> bool:
        return seen.baseline is not None and seen.baseline.total >= instrument.remission_from

    able = [seen for seen in evaluable if high(seen)]
    remitted = sum(
        in_remission(instrument, baseline=seen.baseline.total, later=seen.later.total) is True
        for seen in able
        if seen.baseline and seen.later
    )
    return {
        "observed": rate(remitted, len(able)),
        "imputed": rate(remitted, sum(high(seen) for seen in group)),
        "left_out": {
            "baseline_too_low": sum(seen.baseline is not None and not high(seen) for seen in group),
            "no_baseline": sum(seen.baseline is None for seen in group),
        },
    }


def safety_item_up(evaluable: Sequence[Seen], instrument: Instrument) -> dict[str, Any] | None:
    """Whose item about self-harm is higher than at the baseline, of those who answered it both times."""
    if instrument.safety_item is None:
        return None
    both = [
        (seen.baseline.safety, seen.later.safety)
        for seen in evaluable
        if seen.baseline and seen.later and seen.baseline.safety is not None and seen.later.safety is not None
    ]
    return rate(sum(later > before for before, later in both), len(both))


def durability(responders: Sequence[Seen], query: Query, instrument: Instrument) -> dict[str, Any]:
    """How long responses last, by Kaplan-Meier (rule 11): lost with the first later score that is none, or,
    if asked so, with a maintenance infusion; else watched until the last contact."""
    steps = kaplan_meier([follow(seen, query, instrument) for seen in responders])
    return {
        "responders": len(responders),
        "steps": [
            {
                "day": step.day,
                "at_risk": step.at_risk,
                "events": step.events,
                "censored": step.censored,
                "survival": rounded(step.survival),
            }
            for step in steps
        ],
        "still_responding": {str(day): rounded(survival_at(steps, day)) for day in BENCHMARK_DAYS},
    }


def follow(seen: Seen, query: Query, instrument: Instrument) -> Follow:
    """One responder from the end of the induction on."""
    if seen.later is None:
        raise ValueError("only who responded can be followed")
    baseline, later = _total(seen.baseline), seen.later
    lost = [
        score.on
        for score in seen.case.scores
        if score.at > later.at
        and score.version == later.version
        and (query.prorated or not score.prorated)
        and not responded(instrument, baseline=baseline, later=score.total)
    ]
    if query.maintenance == "event":
        given = (*seen.case.infusions, *seen.case.further)
        lost += [on for on in given if on > seen.induction_end]
    end = min(lost) if lost else max(seen.case.last_contact, later.on)
    return Follow((end - seen.induction_end).days, bool(lost))


def _periods(case: Case, code: str, end: date, today: date) -> Iterator[Scored]:
    """The 28 days before the first infusion, and those after the induction end to end: of each period that is
    over and was entered for 80 % of its days."""
    first = case.infusions[0]
    ends = [first - timedelta(days=1)]
    ends += [end + timedelta(days=days) for days in range(PERIOD_DAYS, (today - end).days + 1, PERIOD_DAYS)]
    for last in ends:
        counts = diary_counts.count(case.diary, last=last)
        days = counts.per_28(_days(counts, code))
        if days is not None:
            at = case.starts[0] + (last - first)
            yield Scored(at=at, on=last, total=days, version=DIARY[code].version)


def _days(counts: Counts, code: str) -> int:
    return counts.migraine_days if code == "migraine-days" else counts.headache_days


def _asked_for(case: Case, query: Query) -> bool:
    first = case.infusions[0]
    return (query.started_from is None or first >= query.started_from) and (
        query.started_until is None or first <= query.started_until
    )


def _responded(seen: Seen, instrument: Instrument) -> bool:
    if seen.later is None:
        return False
    return responded(instrument, baseline=_total(seen.baseline), later=seen.later.total)


def _worse(seen: Seen, instrument: Instrument) -> bool:
    if seen.later is None:
        return False
    return worsened(instrument, baseline=_total(seen.baseline), later=seen.later.total)


def _total(baseline: Scored | None) -> int | Fraction | None:
    return baseline.total if baseline else None


def _per_100(count: int, sessions: int) -> Any:
    return rounded(Fraction(count * 100, sessions)) if sessions else None
