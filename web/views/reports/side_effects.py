"""Side effects by grade for a hundred infusions, observed ones apart from what patients told, and the benefit
that was last reported beside them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from clinic import clock
from sessions_app.outcomes import cohort_reports
from sessions_app.outcomes.cohort import MEASURES
from sessions_app.reporting.rates import Rate
from sessions_app.reporting.side_effects import GRADES, Grades, OfProtocol, SideEffects, side_effects
from web.files import Cell
from web.plots.stacked import Bar, Part, stacked
from web.templatetags.outcomes import NOT_YET, nothing_known_yet
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    COUNT,
    ENDS,
    SHARE,
    TEXT,
    Column,
    Key,
    Picture,
    Report,
    Table,
    counted,
    ends,
    few,
    rates_drawn,
    said,
)

PER_100: Final = "per 100"
GRADE_WORDS: Final = ("mild", "moderate", "severe", "life-threatening", "death")
KEYS: Final = tuple(
    Key(f"grade-{grade}", f"Grade {grade}: {words}") for grade, words in zip(GRADES, GRADE_WORDS, strict=True)
)
# More terms than these would be a picture nobody reads to its end; the table has all.
MOST_TERMS: Final = 12


def report(asked: Asked, now: datetime) -> Report:
    found = side_effects(asked.clinic, asked.period, asked.among)
    return Report(
        says=_says(found),
        cannot=[*_cannot(found), *_benefit(asked)],
        tables=[
            _rates_table(found),
            _terms_table("side-effects", "Observed by staff", [*found.observed, found.all_observed]),
            _terms_table("side-effects-told", "Told by patients", [*found.reported, found.all_reported]),
            _protocols_table(found.by_protocol),
        ],
    )


def _says(found: SideEffects) -> str:
    if not found.infusions:
        return "No infusion was started in this period."
    return (
        f"{said(found.with_any, 'infusions had a side effect')}; one of grade 3 or more had"
        f" {said(found.with_severe)}; {said(found.stopped_early, 'were stopped early')}. They were given to"
        f" {counted(found.patients, 'patient')}."
    )


def _cannot(found: SideEffects) -> list[str]:
    cannot = few(found.infusions, "infusion")
    cannot.append(
        "Only what was written down is counted: who is asked more often tells more. What patients answer at"
        " home the next morning is in their check-ins, not here."
    )
    cannot.append(
        "Infusions are not patients: one patient's side effect may come back each time, so the intervals are"
        " rather too narrow. Whether the drug did it is judged line by line in the record."
    )
    if found.infusions and not found.with_severe.count:
        cannot.append(
            f"None of grade 3 or more in {counted(found.infusions, 'infusion')} doesn't mean that there are"
            f" none: up to {_highest(found.with_severe):.1f} % would go with it."
        )
    if found.unsigned:
        cannot.append(f"{counted(found.unsigned, 'record')} not signed yet: more may come in.")
    return cannot


def _highest(rate: Rate) -> float:
    _, high = ends(rate)
    return (high or 0.0) * 100


def _benefit(asked: Asked) -> list[str]:
    """Harm stands beside benefit (domain.md 5.1, rule 10): what the newest frozen report says of it."""
    newest = cohort_reports.newest(asked.clinic)
    if newest is None:
        return ["Of the benefit beside this harm nothing is told yet: no outcome report has been made."]
    every: dict[str, Any] = cohort_reports.figures_of(newest)["figures"]["all"]
    response, title = every["response"], MEASURES[newest.query["instrument"]].title
    observed = Rate(response["observed"]["count"], response["observed"]["of"])
    imputed = (
        NOT_YET
        if nothing_known_yet(every)
        else f"in {said(Rate(response['imputed']['count'], response['imputed']['of']))}"
    )
    as_of = clock.local_date(newest.cut_off, asked.clinic.time_zone)
    return [
        "The benefit beside it is told by the outcome reports, of other days and patients: the newest one,"
        f" {title} as of {as_of}, observed a response in {said(observed, 'patients')}, imputed"
        f" {imputed}."
    ]


def _rates_table(found: SideEffects) -> Table:
    rates = (
        ("Any side effect", found.with_any),
        ("Grade 2 or more", found.with_moderate),
        ("Grade 3 or more", found.with_severe),
        ("Stopped early", found.stopped_early),
    )
    return Table(
        name="side-effect-rates",
        title="Infusions with side effects",
        columns=[
            Column("Infusions with", TEXT),
            Column("Infusions", COUNT),
            Column("Of", COUNT),
            Column("Share", SHARE),
            *ENDS,
        ],
        rows=[[words, rate.count, rate.of, rate.share, *ends(rate)] for words, rate in rates],
        means=(
            "Of the infusions that were started in these days, each by its worst side effect, whoever told "
            f"of it. {counted(found.serious, 'side effect')} called the prescriber at once. "
            "Intervals are Wilson's at 95 %."
        ),
        picture=rates_drawn(rates, "Of the infusions started"),
    )


def _terms_table(name: str, title: str, terms: Sequence[Grades]) -> Table:
    """The last one is all of them together."""
    shown = terms[:-1][:MOST_TERMS]
    return Table(
        name=name,
        title=title,
        columns=[
            Column("Side effect", TEXT),
            *(Column(f"Grade {grade}") for grade in GRADES),
            Column("All"),
            Column("Per 100 infusions", PER_100),
        ],
        rows=[_term_row(each) for each in terms] if len(terms) > 1 else [],
        means=(
            "Each side effect once, by the worst grade that it came to (CTCAE v5), and how many there were "
            "for a hundred infusions: one infusion may have several."
        ),
        total_rows=1,
        picture=_term_bars(title, shown) if shown else None,
    )


def _term_row(each: Grades) -> list[Cell]:
    return [each.words, *each.by_grade, each.count, each.per_100]


def _term_bars(title: str, terms: Sequence[Grades]) -> Picture:
    bars = [
        Bar(
            each.words,
            f"{each.per_100 or 0:.1f} per 100 ({each.count})",
            [
                Part(f"grade-{grade}", each.grade_per_100(grade) or 0.0, f"grade {grade}: {count}")
                for grade, count in zip(GRADES, each.by_grade, strict=True)
            ],
        )
        for each in terms
    ]
    seen = {grade for each in terms for grade, count in zip(GRADES, each.by_grade, strict=True) if count}
    return Picture(
        name="stacked",
        plot=stacked(bars),
        words=f"{title}: {'; '.join(f'{bar.words} {bar.told}' for bar in bars)}.",
        caption="For a hundred infusions.",
        keys=[key for grade, key in zip(GRADES, KEYS, strict=True) if grade in seen],
    )


def _protocols_table(by_protocol: Sequence[OfProtocol]) -> Table:
    return Table(
        name="side-effects-by-protocol",
        title="By protocol",
        columns=[
            Column("Protocol", TEXT),
            Column("Infusions"),
            Column("Side effects"),
            Column("Per 100 infusions", PER_100),
            Column("With any", COUNT),
            Column("With any, share", SHARE),
            *ENDS,
            Column("Grade 3 or more", COUNT),
        ],
        rows=[
            [
                each.protocol,
                each.infusions,
                each.effects,
                each.per_100,
                each.with_any.count,
                each.with_any.share,
                *ends(each.with_any),
                each.with_severe.count,
            ]
            for each in by_protocol
        ],
        means="Infusions with any side effect, by protocol: who is given which differs in more than that.",
        picture=rates_drawn(
            [(each.protocol, each.with_any) for each in by_protocol], "Infusions with any side effect"
        ),
    )
