"""Patients out of a file, as a manager brings them in: choose a file, look at what it would do, take it in.

What a file may be and what becomes of each row is `clinic.importing`'s.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import IMPORT_PATIENTS
from clinic.idempotency import create_once
from clinic.importing import table, uploads
from clinic.models import Patient, PatientImport
from clinic.problems import Problem, Stale
from web import files
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.uploads import is_too_large

MOST_SHOWN: Final = 100  # of each list; the file of refused rows has all
EARLIER: Final = 10


class FileForm(ClinicForm):
    file = forms.FileField(
        label="File",
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.json,.ndjson,text/csv,application/json"}),
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty.",
            "max_length": "Give the file a shorter name.",
        },
        help_text=f"A table (CSV) or FHIR (JSON, NDJSON), up to {uploads.MOST_BYTES // 1_000_000} MB and"
        f" {uploads.MOST_RECORDS:,} records.",
    )

    def __init__(self, data: Any = None, sent: Any = None, *, too_large: bool = False) -> None:
        super().__init__(data, sent)
        if too_large:
            self.fields["file"].error_messages["required"] = uploads.TOO_LARGE


class TakeInForm(forms.Form):
    """Whom of the lookalikes the manager knows for somebody else."""

    different = forms.MultipleChoiceField(required=False)

    def __init__(self, alike: Sequence[uploads.Alike], data: Any) -> None:
        super().__init__(data)
        places = [uploads.EVERYBODY, *(one.place for one in alike)]
        self.fields["different"].choices = [(place, place) for place in places]  # type: ignore[attr-defined]


@staff_page(IMPORT_PATIENTS)
def import_patients(request: StaffRequest) -> HttpResponse:
    """A file to choose, how it must look, and what was brought before."""
    form = FileForm(request.POST or None, request.FILES or None, too_large=is_too_large(request))
    if request.method == "POST" and form.is_valid():
        try:
            brought = _brought(request, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            return redirect("patient_import", pk=brought.pk)
    earlier = PatientImport.objects.filter(clinic=request.clinic).select_related("brought_by")
    context = {
        "form": form,
        "columns": table.COLUMNS,
        "earlier": earlier.defer("content", "report").order_by("-brought_at", "pk")[:EARLIER],
        "first": not Patient.objects.filter(clinic=request.clinic).exists(),
    }
    return render(request, "web/setup/import.html", context, status=form.status)


@staff_page(IMPORT_PATIENTS, methods=["GET"])
def template(request: StaffRequest) -> HttpResponse:
    """A table to begin with: the headings and a made-up row."""
    heading, *rows = table.template()
    return files.csv_answer("patients-template", heading, rows)


@staff_page(IMPORT_PATIENTS, methods=["GET"])
def patient_import(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What taking it in would do; afterwards, what was done."""
    return _show(request, _fetch(request, pk))


@staff_page(IMPORT_PATIENTS, methods=["POST"])
def take_in(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Everything that the look has shown, or nothing."""
    upload = _fetch(request, pk)
    form = TakeInForm(uploads.report_of(upload).alike, request.POST)
    different = form.cleaned_data["different"] if form.is_valid() else []
    try:
        uploads.take_in(actor=request.actor, upload=upload, different=different, now=clock.now())
    except Stale as problem:
        return _show(request, _fetch(request, pk), refusal=problem, ticked=different)
    messages.success(request, "The patients are in. What was left out stands below, and in a file to mend.")
    return redirect("patient_import", pk=pk)


@staff_page(IMPORT_PATIENTS, methods=["POST"])
def let_go(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Forget the file now, not in a week."""
    uploads.let_go(actor=request.actor, upload=_fetch(request, pk), now=clock.now())
    messages.success(request, "The file is forgotten.")
    return redirect("import_patients")


@staff_page(IMPORT_PATIENTS, methods=["GET"])
def refused_rows(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What didn't come in, as a file to mend and to bring again."""
    upload = access.fetch(request.actor, _here(request), IMPORT_PATIENTS, pk=pk)
    heading, *rows = uploads.refused_rows(upload, clock.now())
    return files.csv_answer("patients-to-mend", heading, rows)


def _here(request: StaffRequest) -> Any:
    return PatientImport.objects.filter(clinic=request.clinic).select_related(
        "clinic", "brought_by", "taken_in_by"
    )


def _fetch(request: StaffRequest, pk: UUID) -> PatientImport:
    found: PatientImport = access.fetch(
        request.actor, _here(request).defer("content"), IMPORT_PATIENTS, pk=pk
    )
    return found


def _brought(request: StaffRequest, form: FileForm) -> PatientImport:
    sent = form.cleaned_data["file"]
    content = sent.read()
    id = form.cleaned_data["id"]
    digest = hashlib.sha256(content).hexdigest()
    brought, _ = create_once(
        actor=request.actor,
        noun="patient_import",
        id=id,
        body={"clinic": request.clinic.pk, "name": sent.name, "sha256": digest},
        make=lambda: uploads.bring(
            actor=request.actor,
            id=id,
            clinic=request.clinic,
            name=sent.name,
            content=content,
            now=clock.now(),
        ),
        find=lambda: PatientImport.objects.get(pk=id),
    )
    return brought


def _show(
    request: StaffRequest,
    upload: PatientImport,
    *,
    refusal: Problem | None = None,
    ticked: Sequence[str] = (),
) -> HttpResponse:
    report = uploads.report_of(upload)
    known = Patient.objects.in_bulk([UUID(one.known) for one in report.alike[:MOST_SHOWN] if one.known])
    alike = [(one, known.get(UUID(one.known)) if one.known else None) for one in report.alike[:MOST_SHOWN]]
    new, left_out = report.count("patients", "new"), report.count("patients", "left out")
    changes = new + report.count("patients", "completed")
    changes += report.count("allergies", "new") + report.count("allergies", "changed")
    context = {
        "upload": upload,
        "report": report,
        "new": new,
        "figures": _figures(report, new, done=bool(upload.taken_in_at)),
        "rows_read": [(one, date.fromisoformat(one.birth_date)) for one in report.read],
        "offered": bool(changes or left_out),
        "only_ticked": not changes,
        "left_out": left_out,
        "refused": report.refused[:MOST_SHOWN],
        "refused_records": report.refused_records,
        "kept": report.kept[:MOST_SHOWN],
        "alike": alike,
        "alike_more": max(0, len(report.alike) - MOST_SHOWN),
        "ticked": set(ticked),
        "everybody": uploads.EVERYBODY,
        "refusal": refusal,
        "to_mend": bool(report.refused or left_out) and not upload.let_go_at,
        "open": not upload.taken_in_at and not upload.let_go_at,
        "kept_until": upload.brought_at + uploads.KEPT,
    }
    status = refusal.status if refusal else 200
    return render(request, "web/setup/import_look.html", context, status=status)


def _figures(report: uploads.Report, new: int, *, done: bool) -> list[tuple[int, str, str]]:
    """(how many, of what, what becomes of them or became), without what there is none of."""
    patients, allergies = partial(report.count, "patients"), partial(report.count, "allergies")
    told = [
        (new, "New patients", "get a chart", "got a chart"),
        (
            patients("completed"),
            "Known patients",
            "get what was empty in their chart",
            "got what was empty in their chart",
        ),
        (patients("unchanged"), "Known patients", "stay as they are", "stayed as they were"),
        (
            patients("left out"),
            "Look like somebody",
            "stay out unless you tick them",
            "stayed out",
        ),
        (report.refused_records, "Refused", "can't come in as they stand", "stayed out"),
        (allergies("new"), "New allergies", "stand on their charts", "stand on their charts"),
        (
            allergies("changed"),
            "Known allergies",
            "follow their source",
            "followed their source",
        ),
        (
            allergies("unchanged"),
            "Known allergies",
            "stay as they are",
            "stayed as they were",
        ),
        (
            allergies("left out"),
            "Allergies",
            "wait with whom they belong to",
            "stayed out with whom they belong to",
        ),
    ]
    return [
        (count, noun, became if done else becomes)
        for count, noun, becomes, became in told
        if count or noun == "New patients"
    ]
