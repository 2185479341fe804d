"""A time that the desk offers to somebody who waits, and one that it takes back: what a person does beside
the worker, which offers by itself (`waitlist`). Whom free time fits is told by `fitting`.

Whoever offers has looked: less notice than was asked for or than fasting takes (the patient is
asked before they take it), and an offer that ran out today, are no obstacle
here. What stands against the plan or the time itself is, because it is held through `booking`.
"""

from datetime import datetime
from uuid import UUID, uuid4

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.models import OfferStatus, Resource, WaitlistEntry, WaitlistOffer, WaitlistStatus
from scheduler.visits import booking, calling_off
from scheduler.waitlist import joining, obstacles, offering, waiting
from scheduler.waitlist.waitlist import OVER, to_be_replaced


def offer(
    *,
    actor: Actor,
    id: UUID,
    entry: WaitlistEntry,
    start: datetime,
    chair: Resource | None = None,
    now: datetime,
) -> WaitlistOffer:
    """Hold this time for this entry and offer it, to be answered as any offer, by its start at the latest.

    Raises `Conflict` with code `not_waiting` for an entry that was closed, `offer_open` for one that has an
    offer already, `too_late` for a time that is past, `night` where it is night for the patient, and as
    `booking.hold` does.
    """

    def work() -> WaitlistOffer:
        row = joining.locked(entry.pk)
        if row.status != WaitlistStatus.WAITING:
            raise Conflict("This entry is closed: they wait no more.", code="not_waiting")
        if joining.open_offer(row) is not None:
            raise Conflict(
                "A time is offered to them already. Take it back first, or wait for their answer.",
                code="offer_open",
            )
        if start <= now:
            raise Conflict("This time has begun. Offer one that lies ahead.", code="too_late")
        if not offering.may_be_asked(now, row.patient.zone):
            begins, ends = offering.ASKING_BEGINS, offering.ASKING_ENDS
            raise Conflict(
                f"It is night for them: they are asked from {begins:%H:%M} to {ends:%H:%M} where they are.",
                code="night",
            )
        until = min(obstacles.answer_by(row, now=now), start)
        held = booking.hold(
            actor=actor,
            id=uuid4(),
            plan=row.plan,
            start=start,
            chair=chair,
            until=until,
            without=to_be_replaced(row),
            extra_recovery=row.extra_recovery_minutes,
            now=now,
        )
        with acting(actor.user_id):
            return WaitlistOffer.objects.create(
                id=id, entry=row, appointment=held, starts_at=held.starts_at, offered_at=now, expires_at=until
            )

    return in_transaction(work)


def take_back(*, actor: Actor, offer: WaitlistOffer, now: datetime) -> WaitlistOffer:
    """The clinic needs the time itself: it is free, their link says so, and they go on waiting.

    Taking it back again changes nothing. Raises `Conflict` with code `offer_over` for one that was answered
    or ran out.
    """

    def work() -> WaitlistOffer:
        joining.locked(offer.entry_id)
        row = waiting.offers().get(pk=offer.pk)
        if row.status == OfferStatus.WITHDRAWN:
            return row
        if not waiting.stands(row, now):
            raise Conflict(OVER, code="offer_over")
        calling_off.release(actor=actor, appointment=row.appointment, now=now)
        joining.answer(actor, row, OfferStatus.WITHDRAWN, now)
        return row

    return in_transaction(work)
