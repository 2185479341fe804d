"""Reports about many patients on pages: the question, the frozen answer, and the file to take away."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from sessions_app.access import COHORT_REPORTS
from sessions_app.models import CohortReport
from sessions_app.outcomes import cohort_reports, cohort_table
from sessions_app.outcomes.cohort import MEASURES, Query
from web.doors import StaffRequest, staff_page
from web.files import csv_answer
from web.forms import ClinicForm, DayField, LocalDateTimeField, WholeNumberField
from web.views import cohort_pictures

LATEST = 50


class QueryForm(ClinicForm):
    instrument = forms.ChoiceField(choices=[(code, each.title) for code, each in MEASURES.items()])
    cut_off = LocalDateTimeField(
        label="Cut-off",
        help_text="Nothing that was recorded later counts. The same question gives the same bytes.",
    )
    started_from = DayField(label="First infusion from", required=False)
    started_until = DayField(label="First infusion through", required=False)
    window_first = WholeNumberField(
        label="Window from",
        unit="days",
        initial=Query.window_first,
        help_text="After the last infusion of the induction.",
    )
    window_target = WholeNumberField(label="Nearest to", unit="days", initial=Query.window_target)
    window_last = WholeNumberField(label="Window through", unit="days", initial=Query.window_last)
    baseline_days = WholeNumberField(label="Baseline at most", unit="days old", initial=Query.baseline_days)
    induction_days = WholeNumberField(
        label="Induction within", unit="days of its first infusion", initial=Query.induction_days
    )
    maintenance = forms.ChoiceField(
        label="A maintenance infusion",
        choices=[("event", "Ends the response"), ("ignored", "Is passed over")],
        initial=Query.maintenance,
    )
    prorated = forms.BooleanField(label="Count prorated scores as well", required=False)

    def query(self) -> Query:
        return Query(
            **{name: value for name, value in self.cleaned_data.items() if name not in ("id", "cut_off")}
        )


@staff_page(COHORT_REPORTS, methods=["GET"])
def cohort_list(request: StaffRequest) -> HttpResponse:
    """The reports that were made, and the form of a new one."""
    newest = clock.now() - cohort_reports.SETTLED
    return _list(request, QueryForm(initial={"cut_off": clock.minute(newest)}))


@staff_page(COHORT_REPORTS, methods=["POST"])
def make_cohort_report(request: StaffRequest) -> HttpResponse:
    form = QueryForm(request.POST)
    if form.is_valid():
        id, cut_off = form.cleaned_data["id"], form.cleaned_data["cut_off"]
        try:
            report, _ = create_once(
                actor=request.actor,
                noun="cohort report",
                id=id,
                body={"clinic": request.clinic.pk, **form.cleaned_data},
                make=lambda: cohort_reports.make(
                    actor=request.actor,
                    id=id,
                    clinic=request.clinic,
                    query=form.query(),
                    cut_off=cut_off,
                    now=clock.now(),
                ),
                find=lambda: CohortReport.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            return redirect("cohort_report", pk=report.pk)
    return _list(request, form)


def _list(request: StaffRequest, form: QueryForm) -> HttpResponse:
    made = CohortReport.objects.filter(clinic=request.clinic).select_related("made_by").order_by("-made_at")
    context = {
        "form": form,
        "reports": [
            (
                report,
                MEASURES[report.query["instrument"]].title,
                cohort_reports.figures_of(report)["figures"]["all"],
            )
            for report in made[:LATEST]
        ],
    }
    return render(request, "web/outcomes/cohort_list.html", context, status=form.status)


@staff_page(COHORT_REPORTS, methods=["GET"])
def cohort_report(request: StaffRequest, pk: UUID) -> HttpResponse:
    report = _fetch(request, pk)
    content = cohort_reports.figures_of(report)
    figures: dict[str, Any] = content["figures"]
    instrument = MEASURES[report.query["instrument"]]
    context = {
        "paper": [request.clinic.name, instrument.title],
        "now": clock.now(),
        "report": report,
        "content": content,
        "instrument": instrument,
        "query": report.query,
        "figures": figures,
        "rates": cohort_pictures.benefit_and_harm(figures["all"], instrument),
        "lasting": cohort_pictures.lasting(figures["all"]["durability"]["steps"]),
        "groups": [
            (title, figures[name], cohort_pictures.by_group(figures[name]))
            for title, name in (
                ("By protocol", "by_protocol"),
                ("By indication", "by_indication"),
                ("By ordered dose", "by_dose_band"),
            )
        ],
    }
    return render(request, "web/outcomes/cohort_report.html", context)


@staff_page(COHORT_REPORTS, methods=["GET"])
def cohort_file(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The figures as a CSV file, small cells suppressed."""
    report = _fetch(request, pk)
    rows = cohort_table.table(cohort_reports.figures_of(report)["figures"])
    return csv_answer(f"outcomes-{report.query['instrument']}-{report.pk}", cohort_table.HEADER, rows)


def _fetch(request: StaffRequest, pk: UUID) -> CohortReport:
    made = CohortReport.objects.filter(clinic=request.clinic).select_related("made_by")
    return access.fetch(request.actor, made, COHORT_REPORTS, pk=pk)
