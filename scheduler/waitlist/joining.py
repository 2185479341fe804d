"""Onto the waitlist and off it: joined, the terms changed, withdrawn, closed because waiting is over.

What one can wait for is checked in `waiting`; what is offered and answered is `waitlist`'s. Every function
that closes something locks the entry first and the schedule after it.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.models import (
    Appointment,
    OfferStatus,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.visits import calling_off
from scheduler.waitlist import waiting
from scheduler.waitlist.waiting import Terms


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
                earlier_than=appointment.starts_at if appointment else None,
                **terms.as_columns(),
            )

    return in_transaction(work)


def change(*, actor: Actor, entry: WaitlistEntry, terms: Terms, now: datetime) -> WaitlistEntry:
    """Wait on other terms; the place in the queue is kept, and so is a time that is offered just now.

    Raises `Invalid` as `join` does, `Conflict` with code `not_waiting` for an entry that was closed.
    """

    def work() -> WaitlistEntry:
        row = locked(entry.pk)
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
        row = locked(entry.pk)
        if row.status == WaitlistStatus.BOOKED:
            raise Conflict(
                "A time was accepted and is booked. Cancel or move the visit instead.", code="already_booked"
            )
        if row.status == WaitlistStatus.WAITING:
            leave(actor, row, now)
        return row

    return in_transaction(work)


def close_ended(*, clinic: Clinic, now: datetime) -> None:
    """Whoever has been booked for what they waited for is off the list, and so is whoever waits in vain."""
    ended = waiting.ended(clinic, now)

    def work(entry_id: UUID) -> None:
        entry = locked(entry_id)
        row = ended.filter(pk=entry_id).first()
        if row is None:
            return
        if row.booked_by_hand:
            leave(None, entry, now, status=WaitlistStatus.BOOKED, reason="Booked at the desk.")
        elif row.moved_by_hand:
            leave(None, entry, now, status=WaitlistStatus.BOOKED, reason="Moved to an earlier time by hand.")
        else:
            leave(None, entry, now, reason="Waiting has lost its point.")

    for entry_id in list(ended.order_by("pk").values_list("pk", flat=True)):
        in_transaction(partial(work, entry_id))


# --- What joining and answering share -----------------------------------------------------------------


def locked(entry_id: UUID) -> WaitlistEntry:
    """The entry as it is now; what is joined is read after the wait, and so not older than it."""
    WaitlistEntry.objects.select_for_update(no_key=True).get(pk=entry_id)
    return waiting.with_plan().get(pk=entry_id)


def open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    return entry.offers.filter(status=OfferStatus.OPEN).select_related("appointment").first()


def answer(actor: Actor | None, offer: WaitlistOffer, status: OfferStatus, now: datetime) -> None:
    offer.status, offer.answered_at = status, now
    with acting(actor.user_id if actor else None):
        offer.save(update_fields=["status", "answered_at"])


def close(
    actor: Actor | None, entry: WaitlistEntry, status: WaitlistStatus, now: datetime, *, reason: str = ""
) -> None:
    entry.status, entry.closed_at = status, now
    entry.closed_by_id = actor.user_id if actor else None
    with acting(actor.user_id if actor else None, reason=reason):
        entry.save(update_fields=["status", "closed_at", "closed_by"])


def leave(
    actor: Actor | None,
    entry: WaitlistEntry,
    now: datetime,
    *,
    status: WaitlistStatus = WaitlistStatus.WITHDRAWN,
    reason: str = "",
) -> None:
    """Off the list, with what was held let go of."""
    offer = open_offer(entry)
    if offer is not None:
        calling_off.release(actor=actor, appointment=offer.appointment, now=now)
        answer(actor, offer, OfferStatus.WITHDRAWN, now)
    close(actor, entry, status, now, reason=reason)


def _require_sense(plan: TreatmentPlan, appointment: Appointment | None, terms: Terms, now: datetime) -> None:
    wrong = waiting.errors(plan=plan, appointment=appointment, terms=terms, now=now)
    if wrong:
        raise Invalid(wrong)
