"""The best times of a plan, the first of them one key away: what is offered, in words for the telephone, and
booking or holding one.

Which times are best is `scheduler.series.best_starts`'s to say, what stands in the way `decision`'s. All the
others are on the page of `times`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import access, clock, era
from clinic.problems import Conflict, Invalid
from notifications.reporting.untold import is_untold
from scheduler.access import BOOK
from scheduler.finding.free_times import FeasibleStart
from scheduler.models import Appointment, TreatmentPlan
from scheduler.series.best_starts import MOST_OFFERED, BestStart, best_starts
from scheduler.series.review import review
from scheduler.visits import booking
from scheduler.visits.booking import Check
from scheduler.visits.decision import Decision, against_any_time
from scheduler.vocabulary import spoken_time
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.views.booking.place import (
    Place,
    leave_for,
    made_before,
    made_once,
    on_board,
    place_of,
    plan_of,
    resource_of,
)
from web.views.booking.told import told_of, untold_in_words

NOBODY: Final = "-"
BOOK_IT, HOLD_IT = "book", "hold"
CHOOSE: Final = "Choose one of the times."
NEAR: Final = 2  # times offered near the one that was clicked and can't be


class OfferField(forms.CharField):
    """A time with its chair and, where she is asked for by name, its nurse: `2027-01-11T09:00-06:00 … -`."""

    def to_python(self, value: Any) -> tuple[datetime, UUID | None, UUID | None] | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        try:
            start, chair, nurse = str(value).split()
            moment = era.moment(start)
            keys = [None if key == NOBODY else UUID(key) for key in (chair, nurse)]
        except ValueError:
            raise forms.ValidationError(CHOOSE, code="invalid") from None
        return moment, keys[0], keys[1]


class OfferForm(ClinicForm):
    """Which of the offered times, and whether it is booked or only held."""

    offer = OfferField(error_messages={"required": CHOOSE})
    fasted = forms.BooleanField(required=False)
    do = forms.ChoiceField(choices=[(BOOK_IT, "Book"), (HOLD_IT, "Hold")])


@dataclass(frozen=True)
class Offer:
    """A time as it is offered; `value` is what is sent for it."""

    feasible: FeasibleStart
    reasons: tuple[str, ...]
    nurse: UUID | None = None  # asked for by name

    @property
    def value(self) -> str:
        return f"{self.feasible.start.isoformat()} {self.feasible.chair.pk} {self.nurse or NOBODY}"


@staff_page(BOOK)
def best(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A few times, the best first; sent, one is booked or held. What was clicked on the board comes first."""
    plan = plan_of(request, pk)
    place = place_of(request)
    if request.method == "GET":
        access.log_look(request.actor, plan.patient, what="times to book")
        return _show(request, plan, place)
    form = OfferForm(request.POST)
    if not form.is_valid():
        return _show(request, plan, place, refused=CHOOSE, status=400)
    start, chair, nurse = form.cleaned_data["offer"]
    asked = {
        "plan": plan,
        "start": start,
        "chair": resource_of(request, chair),
        "nurse": resource_of(request, nurse),
    }
    holding = form.cleaned_data["do"] == HOLD_IT
    if not holding:
        asked["fasted"] = form.cleaned_data["fasted"]
    try:
        made = made_once(
            request,
            noun="hold" if holding else "appointment",
            id=form.cleaned_data["id"],
            sent={name: form.data.get(name) for name in ("offer", "do", "fasted")},
            asked=asked,
            make=booking.hold if holding else booking.book,
        )
    except (Conflict, Invalid) as refusal:
        if before := made_before(request, plan=plan, id=form.cleaned_data["id"], refusal=refusal):
            return before
        # What stands against it, and what is near it, is asked again for the page.
        place = Place(start, chair)
        return _show(request, plan, place, refused=refusal.detail, marked=form, status=refusal.status)
    messages.success(request, _done(made, plan, holding=holding))
    if place:
        if is_untold(made, clock.now()):
            messages.warning(request, untold_in_words(made))
        day = clock.local_date(made.starts_at, request.clinic.time_zone)
        return leave_for(request, on_board(day, made.pk))
    return leave_for(request, "visit", pk=made.pk)


def _done(visit: Appointment, plan: TreatmentPlan, *, holding: bool) -> str:
    who, when = plan.patient.full_name, spoken_time(visit.starts_at, plan.clinic.time_zone, now=clock.now())
    if holding and visit.held_until:
        return f"{when} is held for {who} until {timezone.localtime(visit.held_until):%H:%M}."
    return f"{who} is booked: {when}."


def _show(
    request: StaffRequest,
    plan: TreatmentPlan,
    place: Place,
    *,
    refused: str = "",
    marked: OfferForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """`refused`: why booking the time of this place was refused just now, as it was `marked`."""
    now = clock.now()
    against = against_any_time(plan=plan, now=now)
    check = None if against else _checked(request, plan, place, now)
    offers = [] if against else _offers(best_starts(plan=plan, now=now), check)
    context = {
        "plan": plan,
        "place": place,
        "review": review(plan=plan, now=now),
        "against": against,
        "blockers": check.blockers if check else (),
        "refused": refused,
        "offers": offers,
        "marked": _marked(offers, marked),
        "any_to_ask": any(offer.feasible.to_ask for offer in offers),
        "form": OfferForm(auto_id=False),
        "told": told_of(plan, offers[0].feasible, now) if offers else "",
    }
    return render(request, "web/booking/best.html", context, status=status)


def _marked(offers: Sequence[Offer], form: OfferForm | None) -> str:
    """The value of the offer that is marked already: what was sent just now, or else the first, unless
    somebody has to ask first whether the patient has fasted. Then it is marked by hand."""
    sent = form.data.get("offer") if form else None
    if any(offer.value == sent for offer in offers):
        return str(sent)
    return offers[0].value if offers and offers[0].feasible.to_ask is None else ""


def _checked(request: StaffRequest, plan: TreatmentPlan, place: Place, now: datetime) -> Check | None:
    """The decision about the place of the board; none for a time off the grid."""
    if place.start is None:
        return None
    chair = resource_of(request, place.chair)
    try:
        return booking.check(actor=request.actor, plan=plan, start=place.start, chair=chair, now=now)
    except Invalid:
        return None


def _offers(best: Sequence[BestStart], check: Check | None) -> list[Offer]:
    """What was chosen before, on the board or here, comes first if it can be booked, or else what is nearest
    to it; then the best, none twice."""
    offers: list[Offer] = []
    if check is not None:
        clicked = _as_feasible(check.decision)
        wanted, zone = check.decision.start, check.decision.zone
        near = sorted(check.alternatives, key=lambda one: (one.to_ask is not None, abs(one.start - wanted)))
        offers = [Offer(clicked, ("The time you chose",))] if clicked else []
        offers += [Offer(one, (_how_near(one.start, wanted, zone),)) for one in near[:NEAR]]
    taken = {offer.feasible.start for offer in offers}
    offers += [
        Offer(one, one.reasons, one.by_name.pk if one.by_name else None)
        for one in best
        if one.start not in taken
    ]
    # What leaves no time to fast stands last, but for what was clicked.
    first, rest = (offers[:1], offers[1:]) if check and not check.blockers else ([], offers)
    return [*first, *sorted(rest, key=lambda offer: offer.feasible.to_ask is not None)][:MOST_OFFERED]


def _how_near(start: datetime, wanted: datetime, zone: str) -> str:
    same_day = clock.local_date(start, zone) == clock.local_date(wanted, zone)
    return "Near the time you chose" if same_day else "The nearest on another day"


def _as_feasible(decision: Decision) -> FeasibleStart | None:
    """What would be booked, if nothing stands in the way."""
    if decision.blockers or decision.chair is None or decision.clinician is None:
        return None
    return FeasibleStart(
        decision.start,
        decision.end,
        decision.chair,
        decision.nurses,
        (decision.clinician,),
        to_ask=decision.to_ask,
    )
