"""The waitlist for the desk: who waits, since when and for what, what is offered to them, their answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Conflict, Problem
from notifications.models import Message
from notifications.queries import offer_messages
from scheduler.access import BOOK, VIEW_SCHEDULE
from scheduler.models import (
    Appointment,
    OfferStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.visits import queries
from scheduler.waitlist import endings, joining, obstacles, waiting, waitlist
from scheduler.waitlist.endings import Ending
from scheduler.waitlist.obstacles import Obstacle
from scheduler.waitlist.waiting import WEEKDAYS, Terms
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DayField, WallTimeField, WholeNumberField
from web.views.times import ByNameField, working

ROWS: Final = 50


class TermsForm(ChangeForm):
    """When the patient could come; what it means is checked by `scheduler.waitlist.waiting`."""

    first_day = DayField(label="From day")
    last_day = DayField(label="Up to day")
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any day.",
    )
    earliest = WallTimeField(label="Not before", required=False, help_text="When the visit starts.")
    latest = WallTimeField(label="Over by", required=False, help_text="When the patient goes home.")
    nurse = ByNameField(
        Resource.objects.none(),
        label="Rather with",
        required=False,
        empty_label="Any nurse",
        help_text="Times with this nurse come first; others are offered too.",
    )
    chair = ByNameField(
        Resource.objects.none(),
        label="Rather in",
        required=False,
        empty_label="Any chair",
        help_text="Times in this chair come first; others are offered too.",
    )
    only = forms.BooleanField(
        label="Nothing else", required=False, help_text="With this nurse and in this chair, or not at all."
    )
    notice_hours = WholeNumberField(
        label="Notice needed",
        unit="hours",
        min_value=0,
        initial=24,
        help_text="How long before the visit they have to know: fasting, ride, work.",
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in (ResourceKind.NURSE, ResourceKind.CHAIR):
            self.fields[kind].queryset = working(clinic, kind)  # type: ignore[attr-defined]

    @property
    def terms(self) -> Terms:
        given = {name: self.cleaned_data[name] for name in TermsForm.base_fields}
        return Terms(**{**given, "weekdays": tuple(given["weekdays"])})


class JoinForm(ClinicForm, TermsForm):
    pass


@dataclass(frozen=True)
class Line:
    """Somebody who waits, with the offer that waits for their answer and what was said of it, or why there is
    none."""

    entry: WaitlistEntry
    weekdays: str
    offer: WaitlistOffer | None
    message: Message | None
    why_nothing: Obstacle | None

    @property
    def unreached(self) -> bool:
        """Nothing will come by message: somebody has to call."""
        return self.message is not None and self.message.status in ("skipped", "failed", "unknown")


@dataclass(frozen=True)
class Ended:
    """Somebody who came off the list, and how."""

    entry: WaitlistEntry
    how: Ending | None


# --- The list -----------------------------------------------------------------------------------------


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def waiting_list(request: StaffRequest) -> HttpResponse:
    """Who waits, the longest first, fifty a page; and who came off the list today."""
    now = clock.now()
    rows = obstacles.with_obstacles(waiting.entries(), now=now).filter(
        clinic=request.clinic, status=WaitlistStatus.WAITING
    )
    page = Paginator(rows.order_by("created_at", "pk"), ROWS).get_page(request.GET.get("page"))
    entries: list[Any] = list(page.object_list)
    offers = {entry.pk: offer for entry in entries for offer in entry.open_offers}
    said = offer_messages(offers.values())
    lines = [_line(entry, offers.get(entry.pk), said, now) for entry in entries]
    midnight = clock.day_bounds(clock.local_date(now, request.clinic.time_zone), request.clinic.time_zone)[0]
    closed = WaitlistEntry.objects.select_related("patient").filter(
        clinic=request.clinic, closed_at__gte=midnight
    )
    gone = endings.with_ending(closed).order_by("-closed_at", "pk")[:ROWS]
    context = {
        "lines": lines,
        "ended": [Ended(entry, endings.ending(entry, now=now)) for entry in gone],
        "page": page,
        "may_book": request.actor.may(BOOK, request.clinic.pk),
    }
    return render(request, "web/waitlist/list.html", context)


@staff_page(BOOK, methods=["POST"])
def offer_now(request: StaffRequest) -> HttpResponse:
    """What the worker does each minute, at once."""
    offers = waitlist.offer_freed(clinic=request.clinic, now=clock.now())
    if offers:
        count = "1 time was" if len(offers) == 1 else f"{len(offers)} times were"
        messages.success(request, f"{count} offered just now. The patients get a message.")
    else:
        messages.info(request, "Nothing is free just now that suits somebody who can be asked.")
    return redirect("waitlist")


# --- Joining, changing, leaving -----------------------------------------------------------------------


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
        "line": _line(found, open_offer, said, now),
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


# --- Answers by telephone -----------------------------------------------------------------------------


@staff_page(BOOK, methods=["POST"])
def accept(request: StaffRequest, pk: UUID) -> HttpResponse:
    def work(offer: WaitlistOffer) -> HttpResponse:
        visit = waitlist.accept(actor=request.actor, offer=offer, now=clock.now())
        messages.success(request, f"{offer.entry.patient.full_name} takes the time: it is booked.")
        return redirect("visit", pk=visit.pk)

    return _answer(request, pk, work)


@staff_page(BOOK, methods=["POST"])
def decline(request: StaffRequest, pk: UUID) -> HttpResponse:
    def work(offer: WaitlistOffer) -> HttpResponse:
        waitlist.decline(actor=request.actor, offer=offer, now=clock.now())
        messages.success(request, "The time is free again. The patient goes on waiting.")
        return redirect("waitlist")

    return _answer(request, pk, work)


# --- What these views share ---------------------------------------------------------------------------


def _answer(request: StaffRequest, pk: UUID, work: Callable[[WaitlistOffer], HttpResponse]) -> HttpResponse:
    """An answer that comes too late is told on the list, where the next offer stands."""
    offers = waiting.offers().filter(entry__clinic=request.clinic)
    offer = access.fetch(request.actor, offers, BOOK, pk=pk)
    try:
        return work(offer)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
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


def _line(
    entry: WaitlistEntry, offer: WaitlistOffer | None, said: Mapping[UUID, Message], now: datetime
) -> Line:
    message = said.get(offer.pk) if offer else None
    return Line(entry, _weekdays(entry), offer, message, obstacles.why_nothing(entry, now=now))


def _weekdays(entry: WaitlistEntry) -> str:
    return ", ".join(WEEKDAYS[weekday][:3] for weekday in entry.weekdays)
