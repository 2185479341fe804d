"""What a patient may do with the link in a message: open it, prove the birth year, confirm the visit, take a
time that is held for them or not.

Nothing about the visit or the patient is given out before the birth year was right. Questions after a
visit are answered in `check_ins`.
"""

from datetime import datetime

from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Conflict, Invalid, Missing
from clinic.transactions import in_transaction
from notifications.models import CheckIn, LinkPurpose, PatientLink
from notifications.tokens import NO_LINK, hash_of
from scheduler.models import Appointment, WaitlistOffer
from scheduler.visits import attendance
from scheduler.waitlist import waiting, waitlist

MOST_WRONG_FACTORS = 5
DOOR = "patient link"
HINDERED = "We can't book this time for you just now. Please call the clinic."


def open_link(*, token: str, now: datetime) -> PatientLink:
    """The link with this token. Raises `Missing` alike for a guessed and for an expired one."""
    link = (
        PatientLink.objects.filter(token_sha256=hash_of(token), expires_at__gt=now)
        .select_related("patient", "message__appointment__protocol", "message__clinic")
        .first()
    )
    if link is None:
        raise Missing(NO_LINK)
    return link


def give_factor(*, link: PatientLink, birth_year: int, now: datetime) -> None:
    """Check the patient's birth year; the first right one marks the link opened.

    Raises `Invalid` for a wrong year, saying how many tries are left, and `Conflict` `link_locked` from
    the fifth wrong one on, also for the right year.
    """

    def work() -> int:
        row = PatientLink.objects.select_for_update(no_key=True).get(pk=link.pk)
        if row.failed_factors >= MOST_WRONG_FACTORS:
            return row.failed_factors
        right = Patient.objects.filter(pk=row.patient_id, birth_date__year=birth_year).exists()
        if not right:
            row.failed_factors += 1
        elif row.opened_at is None:
            row.opened_at = now
        with acting(None, door=DOOR):
            row.save(update_fields=["failed_factors", "opened_at"])
        return 0 if right else row.failed_factors

    # The count is committed before the refusal is raised.
    wrong = in_transaction(work)
    if wrong >= MOST_WRONG_FACTORS:
        raise Conflict(
            "This link is locked after too many wrong tries. Please call the clinic.", code="link_locked"
        )
    if wrong:
        left = MOST_WRONG_FACTORS - wrong
        tries = "1 try" if left == 1 else f"{left} tries"
        raise Invalid({"birth_year": f"That is not the year we have on record. You have {tries} left."})


def check_in_of(link: PatientLink) -> CheckIn:
    """The questions this link asks. Raises `Missing` for a link of another purpose."""
    check_in = CheckIn.objects.filter(message_id=link.message_id).first()
    if check_in is None:
        raise Missing(NO_LINK)
    return check_in


def confirm_visit(*, link: PatientLink, now: datetime) -> Appointment:
    """The patient is coming. Confirming again changes nothing.

    Raises `Missing` for a link of another purpose, `Conflict` `visit_moved` when the visit is no longer at
    the time that the message spoke of, and what `attendance.confirm` raises.
    """
    if link.purpose != LinkPurpose.VISIT:
        raise Missing(NO_LINK)

    def work() -> Appointment:
        appointment = Appointment.objects.select_for_update(no_key=True).get(pk=link.message.visit.pk)
        if appointment.starts_at != link.message.visit_starts_at:
            raise Conflict(
                "This visit was moved after the message was sent. Please call the clinic.",
                code="visit_moved",
            )
        with acting(None, door=DOOR):
            return attendance.confirm(appointment=appointment, now=now)

    return in_transaction(work)


def offer_of(link: PatientLink) -> WaitlistOffer:
    """The time that this link offers. Raises `Missing` for a link of another purpose."""
    offer = waiting.offers().filter(appointment_id=link.message.visit.pk).first()
    if link.purpose != LinkPurpose.OFFER or offer is None:
        raise Missing(NO_LINK)
    return offer


def accept_offer(*, link: PatientLink, shown: datetime | None, now: datetime) -> Appointment:
    """The patient takes the time that they were shown, and so confirms it. Taking it again changes nothing.

    Raises `Missing` for a link of another purpose, `Conflict` `offer_over` when it came too late,
    `offer_changed` when another start was offered than was shown, and `offer_hindered` when the clinic has
    to look at something first: what, is not for this page to say.
    """
    offer = offer_of(link)
    with acting(None, door=DOOR):
        try:
            if shown is None:
                raise Conflict(waitlist.CHANGED, code="offer_changed")
            return waitlist.accept(actor=None, offer=offer, shown=shown, now=now)
        except Conflict as conflict:
            if conflict.code in ("offer_over", "offer_changed"):
                raise
            raise Conflict(HINDERED, code="offer_hindered") from conflict


def decline_offer(*, link: PatientLink, now: datetime) -> WaitlistOffer:
    """The patient doesn't want this time. Raises `Missing`, and `Conflict` `offer_over` as `accept_offer`."""
    with acting(None, door=DOOR):
        return waitlist.decline(actor=None, offer=offer_of(link), now=now)
