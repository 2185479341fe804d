"""Figures by stage of message: a period's page for the desk and the manager, and its tables as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.problems import Invalid, Missing
from notifications.access import VIEW_STAGE_FIGURES
from notifications.reporting.stages import StageFigures, figures_by_stage
from sessions_app.reporting.rates import Rate
from web.doors import StaffRequest, staff_page
from web.files import Cell, csv_answer
from web.views.reports.asking import faults_of, period_form, period_on_paper, read_period

MEANS: Final = (
    "Of the messages that fell due in these days: how many went out, arrived and were answered, and what "
    "became of the visits that they told of. Behind each share stand its numbers and its 95 % interval."
)
CANNOT: Final = (
    "It doesn't show what a message does. Patients who were reminded differ from those who weren't: in how "
    "far ahead they booked, whether they can be reached, and whether they had confirmed already."
)


@dataclass(frozen=True)
class Column:
    """What a number counts, and what it can't say."""

    name: str
    counts: str
    cannot: str


SAID_COLUMNS: Final = (
    Column(
        "Wanted",
        "Messages of this kind whose time came in these days, without what staff wrote or sent again.",
        "How many patients: one with two visits counts twice. What is switched off is wanted of nobody.",
    ),
    Column(
        "Sent",
        "Of those wanted and decided: what a provider took, by itself or with another message of the day.",
        "Whether it arrived.",
    ),
    Column(
        "Delivered",
        "Of those sent by a provider that reports it: what it says has arrived.",
        "Whether anybody read it; of what went by any other way, anything.",
    ),
    Column(
        "Confirmed",
        "Of those sent while the visit was not confirmed: how often the patient confirmed after this "
        "message and before the next one.",
        "Whether they did so because of it.",
    ),
    Column(
        "Answered",
        "Of those sent: questions finished, a diary day written, an offer answered, the questions before a "
        "visit answered, or another time asked for, before the next message.",
        "What the answer was. To confirm a visit is no answer here, nor are words of one's own by text.",
    ),
)
VISIT_COLUMNS: Final = (
    Column(
        "Visits",
        "Visits whose patient was sent this message about the start that they still have.",
        "How many visits there were: each counts under every message that was sent of it.",
    ),
    Column(
        "Kept, missed",
        "Of the visits of which somebody has said whether the patient came.",
        "Why they came or didn't.",
    ),
    Column(
        "Cancelled late",
        "Of all these visits, as in the attendance report.",
        "Who would have come otherwise.",
    ),
    Column(
        "Not over",
        "Visits that lie ahead, and those of which nobody has said yet how they ended.",
        "How they will end: they are in no share of kept and missed.",
    ),
    Column(
        "Moved since",
        "Visits that have another start by now than this message told.",
        "What became of them: they are in no other number of this table.",
    ),
)
REASON_COLUMNS: Final = (
    Column(
        "Messages",
        "Those that were wanted, and decided, and didn't go out, under the reason that stands on each.",
        "Whether the patient was told some other way: that stands on each visit's own messages.",
    ),
)


@dataclass(frozen=True)
class File:
    """A table to take away: shares from 0 to 1."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def stages_file(figures: Sequence[StageFigures]) -> File:
    """One row for each stage, also where nothing was wanted."""
    return File(
        header=[
            "Message",
            "Code",
            "Wanted",
            "Under way",
            *_rate_header("Sent"),
            *_rate_header("Delivered"),
            *_rate_header("Confirmed"),
            *_rate_header("Answered"),
            "Visits",
            *_rate_header("Kept"),
            *_rate_header("Missed"),
            *_rate_header("Cancelled late"),
            "Moved since",
            "Nobody has said",
            "To come",
        ],
        rows=[_stage_row(each) for each in figures],
    )


def reasons_file(figures: Sequence[StageFigures]) -> File:
    """Why messages weren't sent, as often."""
    return File(
        header=["Message", "Code", "Why not sent", "Messages"],
        rows=[
            [each.title, each.stage, reason.words, reason.count]
            for each in figures
            for reason in each.not_sent
        ],
    )


FILES: Final = {"stages": stages_file, "reasons": reasons_file}


@staff_page(VIEW_STAGE_FIGURES, methods=["GET"])
def figures(request: StaffRequest) -> HttpResponse:
    """The stages of which anything was wanted in the period that is asked for, or in the last four weeks."""
    form = period_form(request)
    period = read_period(request, form)
    now = clock.now()
    found = figures_by_stage(request.clinic, period, now=now) if period else []
    wanted = [each for each in found if each.wanted]
    context = {
        "form": form,
        "period": period,
        "paper": period_on_paper(request.clinic, period) if period else [],
        "now": now,
        "figures": wanted,
        "with_visits": [each for each in wanted if each.after],
        "with_reasons": [each for each in wanted if each.not_sent],
        "said_columns": SAID_COLUMNS,
        "visit_columns": VISIT_COLUMNS,
        "reason_columns": REASON_COLUMNS,
        "means": MEANS,
        "cannot": CANNOT,
    }
    return render(request, "web/messages/figures.html", context, status=form.status)


@staff_page(VIEW_STAGE_FIGURES, methods=["GET"])
def figures_file(request: StaffRequest, name: str) -> HttpResponse:
    """One table as a CSV file. Raises `Missing` for a table that there isn't, `Invalid` for no period."""
    if name not in FILES:
        raise Missing
    form = period_form(request)
    period = read_period(request, form)
    if period is None:
        raise Invalid(faults_of(form))
    file = FILES[name](figures_by_stage(request.clinic, period, now=clock.now()))
    return csv_answer(f"messages-{name}-{period.first}-{period.last}", file.header, file.rows)


def _stage_row(each: StageFigures) -> list[Cell]:
    row: list[Cell] = [each.title, each.stage, each.wanted, each.under_way]
    row += [*_rate(each.sent), *_rate(each.delivered), *_rate(each.confirmed), *_rate(each.answered)]
    after = each.after
    if after is None:
        return [*row, None, *_rate(None), *_rate(None), *_rate(None), None, None, None]
    visits = after.visits
    row += [visits.planned, *_rate(after.kept), *_rate(after.no_shows), *_rate(after.late)]
    return [*row, after.moved, visits.open, visits.to_come]


def _rate_header(words: str) -> list[str]:
    return [words, f"{words}, of", f"{words}, share", f"{words}, from", f"{words}, to"]


def _rate(rate: Rate | None) -> list[Cell]:
    if rate is None:
        return [None] * 5
    low, high = rate.interval or (None, None)
    return [rate.count, rate.of, rate.share, low, high]
