"""The waitlist: who waits, which freed time is held for whom, and what becomes of the offer.

Level-triggered: nothing tells this room about a cancellation, a missed visit or an added shift. Each minute
it asks what the waiting could be given now (docs/decisions/0007-waitlist-offers.md). What one can wait for is
checked in `waiting`, who comes first is reckoned in `offering`; time is held and booked through `booking`.

Every function that answers or closes something locks the entry first and the schedule after it, so that of
two answers at once the second sees what the first has done.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heapify, heappop, heappush
from uuid import UUID, uuid4

import numpy as np
from django.db.models import Exists, OuterRef

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.finding import free_times
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.patient_history import history_of
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    OfferStatus,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.prescribing import plans
from scheduler.visits import attendance, booking, queries
from scheduler.waitlist import offering, waiting
from scheduler.waitlist.offering import Choice, Rank
from scheduler.waitlist.waiting import Terms

OVER = "This time is no longer held. It has gone to somebody else, or back to the clinic."
CHANGED = "This time has changed since it was offered. Please look at it again."


# --- Joining, changing one's mind, leaving ------------------------------------------------------------


def join(
    *,
    actor: Actor,
    id: UUID,
    plan: TreatmentPlan,
    terms: Terms,
    appointment: Appointment | None = None,
    now: datetime,
) -> WaitlistEntry:
    """Wait for one more session of the plan, or for an earlier time of its visit `appointment`.

    Raises `Invalid` with everything that makes these terms pointless, `Conflict` with code
    `already_waiting`: a plan waits once.
    """
    _require_sense(plan, appointment, terms, now)

    def work() -> WaitlistEntry:
        # Of two that join at once the second waits here, and then finds the first.
        TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if WaitlistEntry.objects.filter(plan=plan, status=WaitlistStatus.WAITING).exists():
            raise Conflict(
                "This plan is on the waitlist already. Change that entry instead.", code="already_waiting"
            )
        with acting(actor.user_id):
            return WaitlistEntry.objects.create(
                id=id,
                created_at=now,
                clinic_id=plan.clinic_id,
                patient_id=plan.patient_id,
                plan=plan,
                appointment=appointment,
                **terms.as_columns(),
            )

    return in_transaction(work)


def change(*, actor: Actor, entry: WaitlistEntry, terms: Terms, now: datetime) -> WaitlistEntry:
    """Wait on other terms; the place in the queue is kept, and so is a time that is offered just now.

    Raises `Invalid` as `join` does, `Conflict` with code `not_waiting` for an entry that was closed.
    """

    def work() -> WaitlistEntry:
        row = _locked(entry.pk)
        if row.status != WaitlistStatus.WAITING:
            raise Conflict("This entry is closed. Put the patient on the list anew.", code="not_waiting")
        _require_sense(row.plan, row.appointment, terms, now)
        columns = terms.as_columns()
        for name, value in columns.items():
            setattr(row, name, value)
        with acting(actor.user_id):
            row.save(update_fields=list(columns))
        return row

    return in_transaction(work)


def withdraw(*, actor: Actor, entry: WaitlistEntry, now: datetime) -> WaitlistEntry:
    """The patient waits no more; a time that was held for them is free. Withdrawing again changes nothing.

    Raises `Conflict` with code `already_booked` for an entry whose offer was accepted.
    """

    def work() -> WaitlistEntry:
        row = _locked(entry.pk)
        if row.status == WaitlistStatus.BOOKED:
            raise Conflict(
                "A time was accepted and is booked. Cancel or move the visit instead.", code="already_booked"
            )
        if row.status == WaitlistStatus.WAITING:
            _leave(actor, row, now)
        return row

    return in_transaction(work)


# --- Offering what is free ----------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Candidate:
    """Somebody who waits, with the start that suits them best; sorted by who comes first."""

    rank: Rank
    entry: WaitlistEntry = field(compare=False)
    choice: Choice = field(compare=False)


def offer_freed(*, clinic: Clinic, now: datetime) -> list[WaitlistOffer]:
    """Hold a time for each who waits, can be asked now and has none on offer, the best fit first.

    Offers that ran out are closed first, and so is whose waiting has lost its point. Any number may run at
    once: a time is held for one of them, and an entry has one open offer.
    """
    expire(clinic=clinic, now=now)
    _close_moot(clinic, now)
    queue = [candidate for entry in _askable(clinic, now) if (candidate := _candidate(entry, now))]
    heapify(queue)
    offers: list[WaitlistOffer] = []
    while queue:
        first = heappop(queue)
        # What was held since this was looked up may have been the same time.
        fresh = _candidate(first.entry, now) if offers else first
        if fresh is not None and fresh.choice != first.choice:
            heappush(queue, fresh)
        elif fresh is not None:
            offers += _offer(fresh, now)
    return offers


def expire(*, clinic: Clinic, now: datetime) -> int:
    """Close the open offers whose time to answer is over, or whose hold was ended at another door.

    Returns how many.
    """
    offers = waiting.offers().filter(entry__clinic=clinic, status=OfferStatus.OPEN)
    return sum(_settle(offer, now) for offer in offers.order_by("pk") if not waiting.stands(offer, now))


def _askable(clinic: Clinic, now: datetime) -> list[WaitlistEntry]:
    """Who waits without an open offer, where it is day, and hasn't let an offer run out today."""
    today = clock.day_bounds(clock.local_date(now, clinic.time_zone), clinic.time_zone)[0]
    offers = WaitlistOffer.objects.filter(entry=OuterRef("pk"))
    rows = (
        waiting.with_plan()
        .filter(clinic=clinic, status=WaitlistStatus.WAITING)
        .exclude(Exists(offers.filter(status=OfferStatus.OPEN)))
        .exclude(Exists(offers.filter(status=OfferStatus.EXPIRED, expires_at__gte=today)))
        .prefetch_related("offers__appointment")
        .order_by("created_at", "pk")
    )
    return [entry for entry in rows if offering.may_be_asked(now, entry.patient.zone)]


def _candidate(entry: WaitlistEntry, now: datetime) -> Candidate | None:
    """The start that suits this entry best, of those that are feasible and were not offered to it before."""
    plan, zone = entry.plan, entry.clinic.time_zone
    first_day, last_day = max(entry.first_day, plan.valid_from), min(entry.last_day, plan.valid_until)
    low = max(
        clock.day_bounds(first_day, zone)[0],
        now + timedelta(hours=entry.notice_hours),
        _answer_by(entry, now),
    )
    high = clock.day_bounds(last_day, zone)[1]
    if entry.appointment is not None:
        # Both are on the books until the answer: the earlier one has to be over by then, turnover and all.
        high = min(high, entry.appointment.starts_at - plan.protocol.block_length + timedelta(minutes=1))
    if low >= high:
        return None
    replaced = _replaced(entry)
    found = free_times.search(plan=plan, first=low, until=high, now=now, without=replaced)
    length = plan.protocol.visit_length // timedelta(minutes=1)
    had = [
        (minute_of(offer.appointment.starts_at), minute_of(offer.appointment.ends_at))
        for offer in entry.offers.all()
    ]
    new = offering.apart_from(found.minutes, length, had)
    by_nurse = found.whole(entry.nurse_id) if entry.nurse_id else np.ones(len(new), dtype=np.bool_)
    history = history_of(plan.patient_id, now=now, without=replaced)
    choice = offering.best_start(
        offering.stretches(
            first_day=first_day,
            last_day=last_day,
            weekdays=entry.weekdays,
            earliest=entry.earliest,
            latest=entry.latest,
            visit_minutes=length,
            zone=zone,
        ),
        found.minutes[new],
        by_nurse[new],
        visit_days=[clock.local_date(start, zone) for _, _, start, _ in history.visits],
        max_days=plans.spacing_of(plan).max_days,
    )
    if choice is None:
        return None
    return Candidate(Rank.of(choice, waiting_since=entry.created_at, entry=entry.pk), entry, choice)


def _offer(candidate: Candidate, now: datetime) -> list[WaitlistOffer]:
    """Hold the time and write the offer, in one transaction; nothing where somebody was quicker or the plan
    stands against it: it is all looked at again a minute later."""

    def work() -> list[WaitlistOffer]:
        entry = _locked(candidate.entry.pk)
        if entry.status != WaitlistStatus.WAITING or _open_offer(entry) is not None:
            return []
        until = _answer_by(entry, now)
        held = booking.hold(
            actor=None,
            id=uuid4(),
            plan=entry.plan,
            start=moment_of(candidate.choice.minute),
            nurse=None if candidate.choice.other_nurse else entry.nurse,
            until=until,
            without=_replaced(entry),
            now=now,
        )
        return [WaitlistOffer.objects.create(entry=entry, appointment=held, offered_at=now, expires_at=until)]

    try:
        return in_transaction(work)
    except Conflict:
        return []


def _answer_by(entry: WaitlistEntry, now: datetime) -> datetime:
    return offering.answer_by(now, entry.clinic.offer_minutes, entry.patient.zone)


def _replaced(entry: WaitlistEntry) -> tuple[UUID, ...]:
    """The visit that an earlier one would stand for, so that the two are not held against each other."""
    return () if entry.appointment_id is None else (entry.appointment_id,)


# --- The answer ---------------------------------------------------------------------------------------


def accept(
    *, actor: Actor | None, offer: WaitlistOffer, shown: datetime | None = None, now: datetime
) -> Appointment:
    """Book the time that was offered, or move the visit there that was to come earlier; returns the visit.

    Who accepts a time has confirmed it. Without an actor it is the patient. `shown` is the start that they
    had before their eyes. Accepting again changes nothing. Raises `Conflict` with code `offer_over` when the
    offer was answered otherwise or ran out, `offer_changed` when another start is held than was shown, and
    what `booking` raises when the plan or the patient has changed meanwhile.
    """

    def work() -> Appointment:
        row = _locked_offer(offer)
        if row.status == OfferStatus.ACCEPTED:
            return row.entry.appointment or row.appointment
        _require_open(row, now)
        if shown not in (None, row.appointment.starts_at):
            raise Conflict(CHANGED, code="offer_changed")
        visit = _book(actor, row.entry, row.appointment, now)
        with acting(actor.user_id if actor else None):
            visit = attendance.confirm(appointment=visit, now=now)
        _answer(actor, row, OfferStatus.ACCEPTED, now)
        _close(actor, row.entry, WaitlistStatus.BOOKED, now)
        return visit

    return in_transaction(work)


def decline(*, actor: Actor | None, offer: WaitlistOffer, now: datetime) -> WaitlistOffer:
    """The patient doesn't want this time: it is free, and they go on waiting.

    Declining again changes nothing. Raises `Conflict` with code `offer_over` when the offer was answered
    otherwise or ran out.
    """

    def work() -> WaitlistOffer:
        row = _locked_offer(offer)
        if row.status != OfferStatus.DECLINED:
            _require_open(row, now)
            booking.release(actor=actor, appointment=row.appointment, now=now)
            _answer(actor, row, OfferStatus.DECLINED, now)
        return row

    return in_transaction(work)


def _book(actor: Actor | None, entry: WaitlistEntry, held: Appointment, now: datetime) -> Appointment:
    if entry.appointment is None:
        return booking.book_held(actor=actor, appointment=held, now=now)
    shown = queries.booked_visit(queries.visits().get(pk=held.pk))
    nurses = {turn.nurse for turn in shown.nurses}
    return booking.reschedule(
        actor=actor,
        appointment=entry.appointment,
        start=held.starts_at,
        chair=shown.chair,
        nurse=entry.nurse if nurses == {entry.nurse} else None,
        in_place_of=held,
        now=now,
    )


# --- What these share ---------------------------------------------------------------------------------


def _require_sense(plan: TreatmentPlan, appointment: Appointment | None, terms: Terms, now: datetime) -> None:
    wrong = waiting.errors(plan=plan, appointment=appointment, terms=terms, now=now)
    if wrong:
        raise Invalid(wrong)


def _require_open(offer: WaitlistOffer, now: datetime) -> None:
    if not waiting.stands(offer, now):
        raise Conflict(OVER, code="offer_over")


def _locked(entry_id: UUID) -> WaitlistEntry:
    """The entry as it is now; what is joined is read after the wait, and so not older than it."""
    WaitlistEntry.objects.select_for_update(no_key=True).get(pk=entry_id)
    return waiting.with_plan().get(pk=entry_id)


def _locked_offer(offer: WaitlistOffer) -> WaitlistOffer:
    _locked(offer.entry_id)
    return waiting.offers().get(pk=offer.pk)


def _open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    return entry.offers.filter(status=OfferStatus.OPEN).select_related("appointment").first()


def _answer(actor: Actor | None, offer: WaitlistOffer, status: OfferStatus, now: datetime) -> None:
    offer.status, offer.answered_at = status, now
    with acting(actor.user_id if actor else None):
        offer.save(update_fields=["status", "answered_at"])


def _close(
    actor: Actor | None, entry: WaitlistEntry, status: WaitlistStatus, now: datetime, *, reason: str = ""
) -> None:
    entry.status, entry.closed_at = status, now
    entry.closed_by_id = actor.user_id if actor else None
    with acting(actor.user_id if actor else None, reason=reason):
        entry.save(update_fields=["status", "closed_at", "closed_by"])


def _leave(actor: Actor | None, entry: WaitlistEntry, now: datetime, *, reason: str = "") -> None:
    """Off the list, with what was held let go of."""
    offer = _open_offer(entry)
    if offer is not None:
        booking.release(actor=actor, appointment=offer.appointment, now=now)
        _answer(actor, offer, OfferStatus.WITHDRAWN, now)
    _close(actor, entry, WaitlistStatus.WITHDRAWN, now, reason=reason)


def _settle(offer: WaitlistOffer, now: datetime) -> int:
    """Write what became of an offer that doesn't stand any more; 0 when somebody has meanwhile."""

    def work() -> int:
        row = _locked_offer(offer)
        if row.status != OfferStatus.OPEN or waiting.stands(row, now):
            return 0
        if row.appointment.status == AppointmentStatus.PENDING or row.appointment.lapsed_hold:
            booking.release(actor=None, appointment=row.appointment, now=now)
            ran_out = row.expires_at <= now
            _answer(None, row, OfferStatus.EXPIRED if ran_out else OfferStatus.WITHDRAWN, now)
        else:
            # Somebody has booked the hold as such.
            _answer(None, row, OfferStatus.ACCEPTED, now)
            _close(None, row.entry, WaitlistStatus.BOOKED, now)
        return 1

    return in_transaction(work)


def _close_moot(clinic: Clinic, now: datetime) -> None:
    """Whoever waits in vain leaves the list."""
    moot = WaitlistEntry.objects.filter(
        waiting.moot(today=clock.local_date(now, clinic.time_zone), now=now), clinic=clinic
    )

    def work(entry_id: UUID) -> None:
        entry = _locked(entry_id)
        if moot.filter(pk=entry_id).exists():
            _leave(None, entry, now, reason="Waiting has lost its point.")

    for entry_id in list(moot.order_by("pk").values_list("pk", flat=True)):
        in_transaction(partial(work, entry_id))
