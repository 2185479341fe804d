"""The pages of a signed record: its versions beside each other, two of them compared, one on paper.

What is shown comes from the frozen content alone (`sessions_app.signing.sheet`), never from today's tables.
Each look is written down.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from clinic import access
from clinic.problems import Missing
from scheduler.evaluating import referrals
from sessions_app import queries
from sessions_app.access import READ_SESSIONS
from sessions_app.models import Session, SignedRecord
from sessions_app.signing import compared_words, comparing, printing, sheet
from sessions_app.signing.course import course_of
from sessions_app.signing.frozen import Frozen
from sessions_app.signing.sheet_parts import VITAL_SIGNS
from web.doors import StaffRequest, staff_page
from web.views.sessions.signed_chart import chart_of


@dataclass(frozen=True)
class Version:
    """One signed version as a sheet, and the ids of the lines that the version before it did not have."""

    signed: SignedRecord
    sheet: sheet.Sheet
    new_lines: frozenset[str]


class ChosenForm(forms.Form):
    """Which two versions are compared; the last two unless said otherwise."""

    def __init__(self, data: object, *, count: int) -> None:
        filled = data or {"from": str(max(count - 1, 1)), "to": str(count)}
        super().__init__(filled, auto_id="compare_%s")  # type: ignore[arg-type]
        choices = [(str(number), f"Version {number}") for number in range(1, count + 1)]
        self.fields["from"] = forms.ChoiceField(label="From", choices=choices)
        self.fields["to"] = forms.ChoiceField(label="To", choices=choices)


@staff_page(READ_SESSIONS, methods=["GET"])
def signed_record(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The signed versions beside each other."""
    session = _session(request, pk)
    access.log_look(request.actor, session.patient, what="signed record")
    versions = read_versions(list(queries.signed_versions(session)))
    context = {"session": session, "versions": versions, "opened": opened_in(versions)}
    return render(request, "web/nurse/record.html", context)


@staff_page(READ_SESSIONS, methods=["GET"])
def compare_record(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What one version has that another had not."""
    session = _session(request, pk)
    access.log_look(request.actor, session.patient, what="signed record")
    versions = _signed(session)
    form = ChosenForm(request.GET, count=len(versions))
    changes = None
    if form.is_valid():
        first, second = (versions[int(form.cleaned_data[name]) - 1] for name in ("from", "to"))
        frozen = Frozen(json.loads(max(first, second, key=lambda each: each.version).content))
        compared = comparing.compare(first.content, second.content)
        changes = [(change, compared_words.rows(change, frozen)) for change in compared]
    context = {"session": session, "form": form, "changes": changes}
    return render(request, "web/nurse/compare.html", context, status=200 if form.is_valid() else 400)


@staff_page(READ_SESSIONS, methods=["GET"])
def print_record(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The newest version as a clean page for the printer."""
    session = _session(request, pk)
    access.log_look(request.actor, session.patient, what="signed record, printed")
    versions = _signed(session)
    course = course_of(Frozen(json.loads(versions[-1].content)))
    context = {
        "session": session,
        "sheet": sheet.sheet_of(versions),
        "chart": chart_of(course),
        "chart_above": VITAL_SIGNS.title,
        "referral": referrals.standing(session.patient),
    }
    return render(request, "web/nurse/print.html", context)


@staff_page(READ_SESSIONS, methods=["GET"])
def record_pdf(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The newest version as PDF. Its name tells nobody who it is about."""
    session = _session(request, pk)
    access.log_look(request.actor, session.patient, what="signed record, printed")
    versions = _signed(session)
    response = HttpResponse(printing.pdf_of(versions), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="session-record-{len(versions)}.pdf"'
    return response


def read_versions(records: Sequence[SignedRecord]) -> list[Version]:
    """The versions in order; each knows which lines the one before it did not have."""
    versions: list[Version] = []
    known: frozenset[str] = frozenset()
    for count, signed in enumerate(records, start=1):
        content = json.loads(signed.content)
        ids = frozenset(line["id"] for part in content.values() if isinstance(part, list) for line in part)
        new = ids - known if versions else frozenset()
        versions.append(Version(signed, sheet.sheet_of(records[:count]), new))
        known = ids
    return versions


def opened_in(versions: Sequence[Version]) -> set[str]:
    """The titles of the tables to be read first, the same in each version so that they can be compared: the
    facts, the signatures, and what a version has changed. The others stand folded."""
    return {
        table.title
        for version in versions
        for table in version.sheet.tables
        if not table.columns
        or table.title == sheet.SIGNATURES
        or any(row.line in version.new_lines for row in table.rows)
    }


def _session(request: StaffRequest, pk: UUID) -> Session:
    mine = Session.objects.filter(clinic=request.clinic).select_related("patient")
    return access.fetch(request.actor, mine, READ_SESSIONS, pk=pk)


def _signed(session: Session) -> list[SignedRecord]:
    versions = list(queries.signed_versions(session))
    if not versions:
        raise Missing("The record is not signed yet.")
    return versions
