"""Onto the waitlist, other terms, off it again: one entry and its pages."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from notifications.queries import offer_messages
from scheduler.access import BOOK
from scheduler.models import Appointment, OfferStatus, TreatmentPlan, WaitlistEntry, WaitlistStatus
from scheduler.visits import queries
from scheduler.waitlist import endings, joining, obstacles, waiting
from web.doors import StaffRequest, staff_page
from web.views.waitlist.lines import line_of
from web.views.waitlist.terms import JoinForm, TermsForm


@staff_page(BOOK)
def join_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Wait for one more session of a plan."""
    return _join(request, _plan(request, pk), None)


@staff_page(BOOK)
def join_visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Wait for an earlier time of this visit."""
    visits = queries.visits().filter(clinic=request.clinic)
    visit = access.fetch(request.actor, visits, BOOK, pk=pk)
    return _join(request, _plan(request, visit.plan_id), visit)


@staff_page(BOOK)
def entry(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One entry: what was offered so far, and other terms."""
    found = _entry(request, pk)
    access.log_look(request.actor, found.patient, what="waitlist")
    known = {name: getattr(found, name) for name in TermsForm.base_fields}
    form = TermsForm(request.clinic, request.POST or None, initial=known)
    if form.is_valid():
        try:
            joining.change(actor=request.actor, entry=found, terms=form.terms, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The entry is changed. Its place in the queue is kept.")
            return redirect("waitlist")
    offers = list(found.offers.select_related("appointment").order_by("-offered_at", "-pk"))
    now = clock.now()
    open_offer = next((offer for offer in offers if offer.status == OfferStatus.OPEN), None)
    said = offer_messages([open_offer] if open_offer else [])
    context = {
        "entry": found,
        "line": line_of(found, open_offer, said, now),
        "may_book": True,
        "form": form,
        "offers": offers,
        "visit": found.appointment,
        "ending": endings.ending(found, now=now),
    }
    return render(request, "web/waitlist/entry.html", context, status=form.status)


@staff_page(BOOK, methods=["POST"])
def withdraw(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = _entry(request, pk)
    joining.withdraw(actor=request.actor, entry=found, now=clock.now())
    messages.success(request, f"{found.patient.full_name} is off the waitlist.")
    return redirect("waitlist")


def _join(request: StaffRequest, plan: TreatmentPlan, visit: Appointment | None) -> HttpResponse:
    access.log_look(request.actor, plan.patient, what="waitlist")
    here = WaitlistEntry.objects.filter(plan=plan, status=WaitlistStatus.WAITING).first()
    if here is not None and request.method == "GET":
        messages.info(request, "This plan is on the waitlist already. You can change the entry here.")
        return redirect("waitlist_entry", pk=here.pk)
    form = JoinForm(request.clinic, request.POST or None, initial=_usual(plan, visit))
    if form.is_valid():
        try:
            _write(request, form, plan, visit)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{plan.patient.full_name} is on the waitlist.")
            return redirect("waitlist")
    context = {"plan": plan, "visit": visit, "form": form}
    return render(request, "web/waitlist/join.html", context, status=form.status)


def _write(
    request: StaffRequest, form: JoinForm, plan: TreatmentPlan, visit: Appointment | None
) -> WaitlistEntry:
    id = form.cleaned_data["id"]
    made, _ = create_once(
        actor=request.actor,
        noun="waitlist_entry",
        id=id,
        body={
            "plan": plan.pk,
            "visit": visit.pk if visit else None,
            **{name: request.POST.getlist(name) for name in TermsForm.base_fields},
        },
        make=lambda: joining.join(
            actor=request.actor, id=id, plan=plan, terms=form.terms, appointment=visit, now=clock.now()
        ),
        find=lambda: WaitlistEntry.objects.get(pk=id),
    )
    return made


def _usual(plan: TreatmentPlan, visit: Appointment | None) -> dict[str, Any]:
    """From today, or the plan's first day, as long as it is of use: up to the visit or the plan's end."""
    zone = plan.clinic.time_zone
    first = max(clock.local_date(clock.now(), zone), plan.valid_from)
    last = clock.local_date(visit.starts_at, zone) if visit else plan.valid_until
    return {"id": uuid4(), "first_day": first, "last_day": min(last, first + waiting.LONGEST_WAIT)}


def _plan(request: StaffRequest, pk: UUID) -> TreatmentPlan:
    plans = TreatmentPlan.objects.filter(clinic=request.clinic)
    return access.fetch(request.actor, plans.select_related("clinic", "patient", "protocol"), BOOK, pk=pk)


def _entry(request: StaffRequest, pk: UUID) -> WaitlistEntry:
    entries = endings.with_ending(obstacles.with_obstacles(waiting.with_plan(), now=clock.now()))
    return access.fetch(request.actor, entries.filter(clinic=request.clinic), BOOK, pk=pk)
