"""The pages that repair a day: what happened, what breaks and what is proposed, and accepting it.

Seeking a plan happens in the request, which answers within ten seconds; what may be asked and what is
carried out is `scheduler.repairing.repair`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic import access, clock, era
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Conflict, Problem
from scheduler.access import CHANGE_HOURS, REPAIR
from scheduler.finding.free_times import ALTERNATIVE_DAYS_AFTER
from scheduler.models import LIVE_STATUSES, AbsenceReason, Appointment, Repair, Resource, ResourceKind
from scheduler.repairing import repair
from scheduler.repairing.before_after import before_and_after
from scheduler.repairing.breaking import Cause
from scheduler.repairing.earlier import Earlier, alike, carried_out
from scheduler.repairing.proposal import Change, Fault, Outcome, Proposal, proposal_of
from scheduler.repairing.reading import Mishap, Missing, RunningLate, mishap_of
from scheduler.visits import queries
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, WallTimeField, WholeNumberField, from_wall
from web.templatetags.chairside import local_moment
from web.views.repair.board import boards
from web.views.repair.words import quality_words, summary_words, takes_longer

MIDNIGHT: Final = time(0)
WHOLE_CLINIC: Final = "clinic"


class VisitField(forms.ModelChoiceField):
    def label_from_instance(self, visit: Appointment) -> str:
        return f"{timezone.localtime(visit.starts_at):%H:%M} {visit.patient.full_name}"


class MissingForm(ClinicForm):
    """Somebody or something isn't there for part of the day."""

    happened = forms.CharField(widget=forms.HiddenInput, initial="missing")
    resource = forms.ChoiceField(label="Who or what")
    reason = forms.ChoiceField(label="Why", choices=AbsenceReason.choices, initial=AbsenceReason.ILLNESS)
    start = WallTimeField(label="From")
    end = WallTimeField(label="Until", help_text="00:00 is the end of the day.")

    def __init__(self, clinic: Clinic, day: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        resources = Resource.objects.filter(clinic=clinic, active=True).select_related("clinic")
        self.resources = {str(resource.pk): resource for resource in resources.order_by("name")}
        of_kind = [
            (kind.label, [(key, one.name) for key, one in self.resources.items() if one.kind == kind])
            for kind in ResourceKind
        ]
        self.fields["resource"].choices = [  # type: ignore[attr-defined]
            ("", "Choose who or what"),
            (WHOLE_CLINIC, "The whole clinic: closed"),
            *of_kind,
        ]

    @property
    def mishap(self) -> Mishap:
        cleaned = self.cleaned_data
        resource = self.resources.get(cleaned["resource"])
        return Missing(cleaned["start"], cleaned["end"], resource, AbsenceReason(cleaned["reason"]))

    def clean_start(self) -> datetime:
        return from_wall(datetime.combine(self.day, self.cleaned_data["start"]))

    def clean_end(self) -> datetime:
        ends: time = self.cleaned_data["end"]
        on = self.day + timedelta(days=1) if ends == MIDNIGHT else self.day
        return from_wall(datetime.combine(on, ends))


class LateForm(ClinicForm):
    """The clinic, or one visit, is running late."""

    happened = forms.CharField(widget=forms.HiddenInput, initial="late")
    minutes = WholeNumberField(label="How late", unit="minutes", min_value=1, initial=30)
    visit = VisitField(
        Appointment.objects.none(), label="Which visit", required=False, empty_label="The whole clinic"
    )

    def __init__(self, clinic: Clinic, day: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_day = queries.on_day(Appointment.objects.filter(clinic=clinic), day, clinic.time_zone)
        visits = of_day.filter(status__in=LIVE_STATUSES).select_related("patient")
        self.fields["visit"].queryset = visits.order_by("during__startswith")  # type: ignore[attr-defined]

    @property
    def mishap(self) -> Mishap:
        return RunningLate(self.cleaned_data["minutes"], self.cleaned_data["visit"])

    def _place_of(self, path: str) -> str | None:
        return super()._place_of("visit" if path == "appointment" else path)


@dataclass(frozen=True)
class BrokenVisit:
    """One visit at the time that it had, with all that it lacks."""

    appointment: Appointment
    start: datetime
    end: datetime
    lines: list[str]


@dataclass(frozen=True)
class Row:
    """What becomes of one visit, in words."""

    appointment: Appointment
    change: Change
    tone: str
    icon: str
    what: str
    details: list[str]


# --- What happened ------------------------------------------------------------------------------------------


@staff_page(REPAIR)
def day(request: StaffRequest, on: date) -> HttpResponse:
    """Asks what went wrong; sent, a plan is sought and shown."""
    told = request.POST if request.method == "POST" else None
    which = told.get("happened") if told else None
    missing = MissingForm(
        request.clinic, on, told if which == "missing" else None, initial=_initial(request.GET)
    )
    late = LateForm(request.clinic, on, told if which == "late" else None, auto_id="late_%s")
    form: MissingForm | LateForm = late if which == "late" else missing
    if told is not None and form.is_valid():
        try:
            return redirect("repair_plan", pk=_propose(request, on, form).pk)
        except Problem as problem:
            form.add_problem(problem)
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    context = {
        "day": on,
        "today": today,
        "missing": missing,
        "late": late,
        "may_be_late": on == today,
        "earlier": [_said(one, request.clinic) for one in carried_out(request.clinic, on)],
    }
    return render(request, "web/repair/day.html", context, status=form.status)


def _initial(asked: QueryDict) -> dict[str, Any]:
    """What the page was opened with, from a refused change of hours."""
    initial: dict[str, Any] = {"resource": asked.get("resource") or (WHOLE_CLINIC if asked else "")}
    for name, key in (("start", "from"), ("end", "until")):
        try:
            moment = parse_datetime(asked.get(key, ""))
        except ValueError:
            moment = None
        if moment and timezone.is_aware(moment) and era.holds(moment.date()):
            initial[name] = timezone.localtime(moment).time()
    return initial


def _propose(request: StaffRequest, on: date, form: MissingForm | LateForm) -> Repair:
    id = form.cleaned_data["id"]
    proposed, _ = create_once(
        actor=request.actor,
        noun="repair",
        id=id,
        body={"day": on, **{name: form.data.get(name) for name in form.fields}},
        make=lambda: repair.propose(
            actor=request.actor,
            id=id,
            clinic=request.clinic,
            day=on,
            disruption=form.mishap,
            now=clock.now(),
        ),
        find=lambda: Repair.objects.get(pk=id),
    )
    return proposed


# --- The plan -----------------------------------------------------------------------------------------------


@staff_page(REPAIR, methods=["GET"])
def plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _show(request, _repair(request, pk))


@staff_page(REPAIR, methods=["POST"])
def accept(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One press; a plan that holds no more says so, with the way to a new one."""
    proposed = _repair(request, pk)
    try:
        repair.accept(actor=request.actor, repair=proposed, now=clock.now())
    except Conflict as refusal:
        return _show(request, proposed, refusal)
    messages.success(request, "The day is repaired as planned. Patients with a new time are told of it.")
    return redirect("day_on", on=proposed.day)


def _repair(request: StaffRequest, pk: UUID) -> Repair:
    repairs = Repair.objects.filter(clinic=request.clinic).select_related("accepted_by", "clinic")
    return access.fetch(request.actor, repairs, REPAIR, pk=pk)


def _show(request: StaffRequest, proposed: Repair, refusal: Conflict | None = None) -> HttpResponse:
    proposal = proposal_of(proposed.proposal)
    mishap = mishap_of(proposed.disruption)
    drawn = before_and_after(proposed, proposal, mishap, now=clock.now())
    visits, names = drawn.visits, drawn.names
    context = {
        "repair": proposed,
        "happened": mishap.words(request.clinic.time_zone),
        "plan": proposal,
        "earlier": _alike_before(proposed, mishap),
        "summary": summary_words(proposal, mishap),
        "quality": quality_words(proposal),
        "broken": _broken(proposal, visits, names),
        "rows": [_row(change, visits[change.visit], names, proposal) for change in proposal.changes],
        "boards": boards(drawn, proposal, mishap, request.clinic.time_zone),
        "gone": drawn.gone,
        "refusal": refusal,
        "may_open_hours": request.actor.may(CHANGE_HOURS, request.clinic.pk),
        "may_accept": proposed.accepted_at is None and proposal.can_be_carried_out and refusal is None,
    }
    return render(request, "web/repair/plan.html", context, status=refusal.status if refusal else 200)


def _said(earlier: Earlier, clinic: Clinic) -> str:
    return f"{timezone.localtime(earlier.at):%H:%M}: {earlier.mishap.words(clinic.time_zone)}"


def _alike_before(proposed: Repair, mishap: Mishap) -> list[str]:
    """What was carried out before this plan and may be the very same."""
    before = [
        one
        for one in carried_out(proposed.clinic, proposed.day)
        if one.repair != proposed.pk and (proposed.accepted_at is None or one.at < proposed.accepted_at)
    ]
    return [_said(one, proposed.clinic) for one in before if alike(one.mishap, mishap)]


def _broken(
    proposal: Proposal, visits: Mapping[UUID, Appointment], names: Mapping[UUID, str]
) -> list[BrokenVisit]:
    seats = {change.visit: change.was for change in proposal.changes}
    broken = []
    for key, own in groupby(proposal.faults, key=lambda fault: fault.visit):
        visit, seat = visits[key], seats.get(key)
        start, end = (seat.start, seat.end) if seat else (visit.starts_at, visit.ends_at)
        broken.append(BrokenVisit(visit, start, end, [_fault_words(fault, names, visits) for fault in own]))
    return broken


def _span_words(start: datetime, end: datetime) -> str:
    """09:00 to 11:00 on the clinic's wall, as the pages write it."""
    return f"{timezone.localtime(start):%H:%M}\N{EN DASH}{timezone.localtime(end):%H:%M}"


def _fault_words(fault: Fault, names: Mapping[UUID, str], visits: Mapping[UUID, Appointment]) -> str:
    span = _span_words(fault.start, fault.end)
    if fault.resource is None:
        return f"{span}: can't begin yet"
    who = names.get(fault.resource, "Somebody")
    whole = fault.phase == "whole"
    if fault.cause == Cause.AWAY:
        return f"{span}: {who} is not there" + ("" if whole else f" for the {fault.phase}")
    others = ", ".join(visits[key].patient.family_name for key in fault.because if key in visits)
    if whole:
        return f"{span}: {who} is still taken" + (f" by {others}" if others else "")
    return f"{span}: {who} has no room for the {fault.phase}" + (f" beside {others}" if others else "")


def _row(change: Change, visit: Appointment, names: Mapping[UUID, str], proposal: Proposal) -> Row:
    looks = {
        Outcome.KEPT: ("tone-here", "check", "Keeps its time"),
        Outcome.MOVED: ("tone-warn", "clock", "Moved"),
        Outcome.ANOTHER_DAY: ("tone-bad", "calendar", "Another day"),
        Outcome.GIVEN_UP: ("tone-gone", "cross", "Hold given up"),
        Outcome.LEFT_ALONE: ("tone-bad", "alert", "Nobody can serve"),
    }
    if change.outcome == Outcome.ANOTHER_DAY and not change.dates:
        return Row(visit, change, "tone-bad", "calendar", *_without_date(proposal))
    details = list(_details(change, names))
    if takes_longer(change):
        return Row(visit, change, "tone-here", "clock", "Takes longer", details)
    return Row(visit, change, *looks[change.outcome], details=details)


def _without_date(proposal: Proposal) -> tuple[str, list[str]]:
    """Dates are sought only for a plan that can be carried out."""
    if not proposal.can_be_carried_out:
        return "Not on this day", ["Other days were not looked at, as this plan can't be carried out."]
    return "Called off", [
        f"No date was found in the next {ALTERNATIVE_DAYS_AFTER} days. The desk gets the task to find one."
    ]


def _details(change: Change, names: Mapping[UUID, str]) -> Sequence[str]:
    if change.outcome == Outcome.ANOTHER_DAY:
        first, *others = map(local_moment, change.dates)
        return [f"To {first}", *([f"Also free: {'; '.join(others)}"] if others else [])]
    if change.to is None:
        return []
    said = []
    if change.to.start != change.was.start:
        minutes = int((change.to.start - change.was.start) / timedelta(minutes=1))
        later = f"{abs(minutes)} minutes {'later' if minutes > 0 else 'earlier'}"
        said.append(f"To {timezone.localtime(change.to.start):%H:%M}, {later}")
    elif change.to.end != change.was.end:
        said.append(f"Until {timezone.localtime(change.to.end):%H:%M}")
    if change.to.chair != change.was.chair:
        said.append(f"{names[change.was.chair]} → {names[change.to.chair]}")
    if change.other_nurses:
        said.append(f"{_nurses(change.was.nurses, names)} → {_nurses(change.to.nurses, names)}")
    return said


def _nurses(turns: Sequence[tuple[datetime, UUID]], names: Mapping[UUID, str]) -> str:
    said = [
        names.get(key, "somebody") + (f" from {timezone.localtime(start):%H:%M}" if place else "")
        for place, (start, key) in enumerate(turns)
    ]
    return ", ".join(said) or "nobody"
