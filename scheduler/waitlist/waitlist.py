"""Which freed time is held for whom on the waitlist, and what becomes of the offer.

Level-triggered: nothing tells this room about a cancellation, a missed visit or an added shift. Each minute
it asks what the waiting could be given now (docs/decisions/0007-waitlist-offers.md). Who joins and leaves is
`joining`'s, what stands in the way of an offer `obstacles`', who comes first is reckoned in `offering`; time
is held and booked through `booking`.

Every function that answers or closes something locks the entry first and the schedule after it, so that of
two answers at once the second sees what the first has done.
"""

from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush
from uuid import UUID, uuid4

import numpy as np

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.finding import free_times
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.patient_history import history_of
from scheduler.finding.wishes import Wish
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    OfferStatus,
    Resource,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.prescribing.spacing import spacing_of
from scheduler.visits import attendance, booking, calling_off, moving, queries
from scheduler.waitlist import joining, obstacles, offering, waiting
from scheduler.waitlist.offering import Choice, Rank

OVER = "This time is no longer held. It has gone to somebody else, or back to the clinic."
CHANGED = "This time has changed since it was offered. Please look at it again."


# --- Offering what is free ----------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Candidate:
    """Somebody who waits, with the start that suits them best, and the nurse and the chair they asked for
    where these can be had then; sorted by who comes first."""

    rank: Rank
    entry: WaitlistEntry = field(compare=False)
    choice: Choice = field(compare=False)
    nurse: Resource | None = field(compare=False)
    chair: Resource | None = field(compare=False)


def offer_freed(*, clinic: Clinic, now: datetime) -> list[WaitlistOffer]:
    """Hold a time for each who waits, can be asked now and has none on offer, the best fit first.

    Offers that ran out are closed first, and so are entries whose waiting is over. Any number may run at
    once: a time is held for one of them, and an entry has one open offer.
    """
    expire(clinic=clinic, now=now)
    joining.close_ended(clinic=clinic, now=now)
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
    """Who waits without an open offer and with nothing in the way of one."""
    rows = obstacles.without_offer(clinic, now=now)
    return [entry for entry in rows if obstacles.obstacle(entry, now=now) is None]


def _candidate(entry: WaitlistEntry, now: datetime) -> Candidate | None:
    """The start that suits this entry best, of those that are feasible and were not offered to it before."""
    plan, zone = entry.plan, entry.clinic.time_zone
    low, high = obstacles.bounds(entry, now=now)
    replaced = to_be_replaced(entry)
    found = free_times.search(
        plan=plan,
        first=low,
        until=high,
        now=now,
        without=replaced,
        extra_recovery=entry.extra_recovery_minutes,
    )
    length = found.feasible.visit.minutes
    had = [minute_of(offer.starts_at) for offer in entry.offers.all()]
    offerable = offering.apart_from(found.minutes, length, [(start, start + length) for start in had])
    misfits = found.misfits(Wish(nurse=entry.nurse_id, chair=entry.chair_id))
    if entry.only:
        offerable &= misfits == 0
    history = history_of(plan.patient_id, now=now, without=replaced)
    choice = offering.best_start(
        offering.stretches(
            first_day=max(entry.first_day, plan.valid_from),
            last_day=min(entry.last_day, plan.valid_until),
            weekdays=entry.weekdays,
            earliest=entry.earliest,
            latest=entry.latest,
            visit_minutes=length,
            zone=zone,
        ),
        found.minutes[offerable],
        misfits[offerable],
        visit_days=[clock.local_date(start, zone) for _, _, start, _ in history.visits],
        max_days=spacing_of(plan).max_days,
    )
    if choice is None:
        return None
    place = int(np.searchsorted(found.minutes, choice.minute))
    return Candidate(
        Rank.of(choice, waiting_since=entry.created_at, entry=entry.pk),
        entry,
        choice,
        nurse=entry.nurse if entry.nurse and found.whole(entry.nurse.pk)[place] else None,
        chair=entry.chair if entry.chair and found.in_chair(entry.chair.pk)[place] else None,
    )


def _offer(candidate: Candidate, now: datetime) -> list[WaitlistOffer]:
    """Hold the time and write the offer, in one transaction; nothing where somebody was quicker or the plan
    stands against it: it is all looked at again a minute later."""

    def work() -> list[WaitlistOffer]:
        entry = joining.locked(candidate.entry.pk)
        if entry.status != WaitlistStatus.WAITING or joining.open_offer(entry) is not None:
            return []
        until = obstacles.answer_by(entry, now=now)
        held = booking.hold(
            actor=None,
            id=uuid4(),
            plan=entry.plan,
            start=moment_of(candidate.choice.minute),
            chair=candidate.chair,
            nurse=candidate.nurse,
            until=until,
            without=to_be_replaced(entry),
            extra_recovery=entry.extra_recovery_minutes,
            now=now,
        )
        offer = WaitlistOffer.objects.create(
            entry=entry, appointment=held, starts_at=held.starts_at, offered_at=now, expires_at=until
        )
        return [offer]

    try:
        return in_transaction(work)
    except Conflict:
        return []


def to_be_replaced(entry: WaitlistEntry) -> tuple[UUID, ...]:
    """The visit that an earlier one would stand for, so that the two are not held against each other."""
    return () if entry.appointment_id is None else (entry.appointment_id,)


# --- The answer ---------------------------------------------------------------------------------------


def accept(
    *,
    actor: Actor | None,
    offer: WaitlistOffer,
    shown: datetime | None = None,
    fasted: bool = False,
    now: datetime,
) -> Appointment:
    """Book the time that was offered, or move the visit there that was to come earlier; returns the visit.

    Who accepts a time has confirmed it. Without an actor it is the patient. `shown` is the start that they
    had before their eyes; `fasted`: they say that they have fasted (`booking.book`). Accepting again changes
    nothing. Raises `Conflict` with code `offer_over` when the offer was answered otherwise, ran out or its
    time is held no more, `offer_changed` when another start was offered than was shown, and what `booking`
    raises when the plan or the patient has changed meanwhile.
    """

    def work() -> Appointment:
        row = _locked_offer(offer)
        if row.status == OfferStatus.ACCEPTED:
            return row.entry.appointment or row.appointment
        _require_open(row, now)
        if shown not in (None, row.starts_at):
            raise Conflict(CHANGED, code="offer_changed")
        visit = _book(actor, row.entry, row.appointment, fasted, now)
        with acting(actor.user_id if actor else None):
            visit = attendance.confirm(appointment=visit, now=now)
        joining.answer(actor, row, OfferStatus.ACCEPTED, now)
        joining.close(actor, row.entry, WaitlistStatus.BOOKED, now)
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
            calling_off.release(actor=actor, appointment=row.appointment, now=now)
            joining.answer(actor, row, OfferStatus.DECLINED, now)
        return row

    return in_transaction(work)


def _book(
    actor: Actor | None, entry: WaitlistEntry, held: Appointment, fasted: bool, now: datetime
) -> Appointment:
    if entry.appointment is None:
        return booking.book_held(actor=actor, appointment=held, fasted=fasted, now=now)
    shown = queries.booked_visit(queries.visits().get(pk=held.pk))
    nurses = {turn.nurse for turn in shown.nurses}
    return moving.reschedule(
        actor=actor,
        appointment=entry.appointment,
        start=held.starts_at,
        chair=shown.chair,
        nurse=entry.nurse if nurses == {entry.nurse} else None,
        in_place_of=held,
        fasted=fasted,
        now=now,
    )


# --- What these share ---------------------------------------------------------------------------------


def _require_open(offer: WaitlistOffer, now: datetime) -> None:
    if not waiting.stands(offer, now):
        raise Conflict(OVER, code="offer_over")


def _locked_offer(offer: WaitlistOffer) -> WaitlistOffer:
    joining.locked(offer.entry_id)
    return waiting.offers().get(pk=offer.pk)


def _settle(offer: WaitlistOffer, now: datetime) -> int:
    """Write what became of an offer that doesn't stand any more; 0 when somebody has meanwhile."""

    def work() -> int:
        row = _locked_offer(offer)
        if row.status != OfferStatus.OPEN or waiting.stands(row, now):
            return 0
        if row.appointment.status == AppointmentStatus.PENDING or row.appointment.lapsed_hold:
            calling_off.release(actor=None, appointment=row.appointment, now=now)
            # Nobody may have looked since it was given up: they did not let it run out then.
            ended = row.appointment.cancelled_at or now
            ran_out = row.expires_at <= ended
            joining.answer(None, row, OfferStatus.EXPIRED if ran_out else OfferStatus.WITHDRAWN, now)
        elif not row.appointment.live:
            # Somebody has booked the hold as such, and it was cancelled or missed since: they wait on.
            joining.answer(None, row, OfferStatus.WITHDRAWN, now)
        else:
            # Somebody has booked the hold as such.
            joining.answer(None, row, OfferStatus.ACCEPTED, now)
            joining.close(None, row.entry, WaitlistStatus.BOOKED, now)
        return 1

    return in_transaction(work)
