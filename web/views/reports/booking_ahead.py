"""How far ahead visits are booked, and whether series keep the days between them that their plans ask for."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from scheduler.reporting.reports import Lead, LeadTime, lead_time
from scheduler.reporting.spacing_report import PlanGaps, ProtocolGaps, spacing
from sessions_app.reporting.rates import Rate
from web.files import Cell
from web.plots.columns import Amount, columns
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    DAYS,
    SHARE,
    TEXT,
    Column,
    Picture,
    Report,
    Table,
    counted,
    few,
    rates_drawn,
    said,
)


def report(asked: Asked, now: datetime) -> Report:
    lead = lead_time(asked.clinic, asked.period, asked.among)
    spaced = spacing(asked.clinic, asked.period, asked.among)
    met = Rate(
        sum(gaps.met.count for gaps in spaced.by_protocol), sum(gaps.met.of for gaps in spaced.by_protocol)
    )
    return Report(
        says=_says(lead, met),
        cannot=_cannot(lead, met),
        tables=[
            _lead_table(lead),
            _spacing_table(spaced.by_protocol),
            _outside_table(spaced.outside),
        ],
    )


def _says(lead: LeadTime, met: Rate) -> str:
    if not lead.all.count:
        return "No visit of this period was booked ahead."
    days = counted(round(lead.all.median or 0), "day")
    ahead = f"Half of {counted(lead.all.count, 'visit')} were booked at most {days} ahead"
    kept = said(met, "gaps between visits were as the plan asks")
    return f"{ahead}; {kept}." if met.of else f"{ahead}."


def _cannot(lead: LeadTime, met: Rate) -> list[str]:
    cannot = few(met.of, "gap") if met.of else []
    cannot.append(
        "It isn't how long patients had to wait: most visits of a series are booked ahead on purpose."
    )
    cannot.append(
        "A gap may be too long on purpose, as when maintenance begins; whether a prescriber wanted it so is"
        " in the plan. A plan with one visit has no gap."
    )
    if lead.entered_afterwards:
        cannot.append(
            f"{counted(lead.entered_afterwards, 'visit')} entered after they had begun are left out of the"
            " days ahead."
        )
    return cannot


def _lead_table(found: LeadTime) -> Table:
    def row(lead: Lead) -> list[Cell]:
        return [lead.name, lead.count, lead.first_quartile, lead.median, lead.third_quartile]

    return Table(
        name="lead-time",
        title="Days from booking to visit",
        columns=[
            Column("Visits of", TEXT),
            Column("Visits"),
            Column("A quarter within", DAYS),
            Column("Half within", DAYS),
            Column("Three quarters within", DAYS),
        ],
        rows=[row(lead) for lead in [*found.by_protocol, found.all]],
        means=(
            "How many days ahead the visits of this period were first booked, those that were moved too. "
            "Cancelled ones aren't counted."
        ),
        total_rows=1,
        picture=_ahead(found) if found.all.count else None,
    )


def _ahead(found: LeadTime) -> Picture:
    return Picture(
        name="columns",
        plot=columns(
            [
                Amount(each.count, f"{each.words}: {each.count}", name=each.words.removesuffix(" days"))
                for each in found.spread
            ]
        ),
        words="; ".join(f"{each.words}: {each.count}" for each in found.spread),
        caption="Visits by how many days ahead they were first booked.",
    )


def _spacing_table(by_protocol: Sequence[ProtocolGaps]) -> Table:
    return Table(
        name="spacing",
        title="Series that met their spacing",
        columns=[
            Column("Protocol", TEXT),
            Column("Gaps"),
            Column("Too short"),
            Column("Too long"),
            Column("Gaps kept", SHARE),
            Column("Plans"),
            Column("Plans kept", SHARE),
        ],
        rows=[
            [
                gaps.protocol,
                gaps.met.of,
                gaps.below,
                gaps.above,
                gaps.met.share,
                gaps.plans.of,
                gaps.plans.share,
            ]
            for gaps in by_protocol
        ],
        means=(
            "Days between one visit of a plan and the next that starts in this period, held against what "
            "the plan asks for now: the prescriber's own spacing or else the protocol's."
        ),
        picture=rates_drawn(
            [(gaps.protocol, Rate(gaps.met.count, gaps.met.of)) for gaps in by_protocol],
            "Gaps within their spacing",
        ),
    )


def _outside_table(outside: Sequence[PlanGaps]) -> Table:
    return Table(
        name="outside-spacing",
        title="Plans with a gap outside",
        columns=[
            Column("Patient", TEXT),
            Column("Protocol", TEXT),
            Column("Kept"),
            Column("Too short"),
            Column("Too long"),
        ],
        rows=[[gaps.patient, gaps.protocol, gaps.within, gaps.below, gaps.above] for gaps in outside],
        means="Whose gaps these are, those with most outside first.",
        links=[reverse("plan", args=[gaps.plan]) for gaps in outside],
        most=20,
    )
