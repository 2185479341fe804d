"""What a patient may do with the link in a message: open it, prove the birth year, confirm the visit, take a
time that is held for them or not.

Nothing about the visit or the patient is given out before the birth year was right. Answering what the link
asks is the work of `readiness`, `check_ins`, `questionnaires` and `diary`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.history import acting
from clinic.models import Clinic, Patient
from clinic.problems import Conflict, Invalid, Missing, Problem
from clinic.transactions import in_transaction
from notifications.answering import things, tries
from notifications.answering.things import ToldVisit
from notifications.models import CheckIn, PatientLink
from notifications.tokens import NO_LINK, hash_of
from scheduler.finding.fasting import NOT_ASKED
from scheduler.models import Appointment, WaitlistOffer
from scheduler.visits import attendance
from scheduler.waitlist import waitlist

# In a row, on one link. [ours]
MOST_WRONG_FACTORS = 5
DOOR = "patient link"
MOVED = "This visit was moved after the message was sent. Please call the clinic."
HINDERED = "We can't book this time for you just now. Please call the clinic."


class TooManyYears(Problem):
    """So many wrong years were given that no other is looked at; `until` says when again, and is None where
    the link is closed for good."""

    status = 429
    code = "too_many_years"
    title = "Too many wrong years"

    def __init__(self, clinic: Clinic, until: datetime | None, now: datetime) -> None:
        phone = clinic.phone.as_national
        mend = "and this link is closed. Call"
        if until is not None:
            local = until.astimezone(ZoneInfo(clinic.time_zone))
            mend = f"so we look at none until {local:%b %-d, %H:%M}. Wait until then, or call"
        super().__init__(f"Too many wrong years were given, {mend} the clinic: {phone}.")
        self.until = until
        self.wait = (until - now).total_seconds() if until else None


class WrongYear(Invalid):
    """Not the birth year on record; `left` says how many tries there are still."""

    def __init__(self, errors: dict[str, str], *, left: int) -> None:
        super().__init__(errors)
        self.left = left


def open_link(*, token: str, now: datetime) -> PatientLink:
    """The link with this token, whose birth year is still to be proved. Raises `Missing` alike for one that
    is guessed, expired or closed."""
    link = find_link(token=token, now=now)
    require_open(link)
    return link


def find_link(*, token: str, now: datetime) -> PatientLink:
    """The link with this token, also one that wrong years have closed: whoever proved the year before that
    goes on. Raises `Missing` alike for one that is guessed or expired."""
    link = (
        PatientLink.objects.filter(token_sha256=hash_of(token), expires_at__gt=now)
        .select_related("patient__clinic", "message__appointment__protocol", "message__clinic")
        .first()
    )
    if link is None:
        raise Missing(NO_LINK)
    return link


def require_open(link: PatientLink) -> None:
    """Raises `Missing` for a link that wrong years have closed: nobody gives another there."""
    if link.failed_factors >= MOST_WRONG_FACTORS:
        raise Missing(NO_LINK)


def give_factor(*, link: PatientLink, birth_year: int, address: str, now: datetime) -> None:
    """Check the patient's birth year; the first right one marks the link opened, and each starts the counting
    of wrong ones anew. `address`: the network address that it comes from.

    Raises `Invalid` for a wrong year, saying how many tries are left, and `TooManyYears` for the fifth in a
    row, which closes the link, and where too many were given on other links (`tries`): then for a right year
    too. `Missing` for a link that is closed: it is told from no other that doesn't work.
    """

    def work() -> tuple[int, datetime | None]:
        # One after the other also on several links.
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        row = PatientLink.objects.select_for_update(no_key=True).get(pk=link.pk)
        require_open(row)
        until = tries.waits_until(patient_id=patient.pk, address=address, now=now)
        if until is not None:
            return row.failed_factors, until
        right = patient.birth_date.year == birth_year
        tries.count(patient_id=patient.pk, address=address, right=right, now=now)
        row.failed_factors = 0 if right else row.failed_factors + 1
        if right and row.opened_at is None:
            row.opened_at = now
        with acting(None, door=DOOR):
            row.save(update_fields=["failed_factors", "opened_at"])
        return row.failed_factors, None

    # The count is committed before the refusal is raised.
    wrong, until = in_transaction(work)
    if until is not None or wrong >= MOST_WRONG_FACTORS:
        raise TooManyYears(link.message.clinic, until, now)
    if wrong:
        left = MOST_WRONG_FACTORS - wrong
        in_words = "1 try" if left == 1 else f"{left} tries"
        raise WrongYear(
            {"birth_year": f"That is not the year we have on record. You have {in_words} left."}, left=left
        )


def check_in_of(link: PatientLink, now: datetime, id: UUID | None = None) -> CheckIn:
    """The check-in that is answered: the one with this id, or the only one. Raises `Missing` for a link that
    asks none, or not this one, and `Invalid` where it has to be said which."""
    asked = things.of_link(link, now).check_ins
    if id is None and len(asked) > 1:
        raise Invalid({"check_in": "This link asks more than one: say which."})
    check_in = next((each for each in asked if id in (None, each.pk)), None)
    if check_in is None:
        raise Missing(NO_LINK)
    return check_in


def confirm_visit(*, link: PatientLink, visit: UUID | None = None, now: datetime) -> Appointment:
    """The patient is coming: to this visit of those that the message told, or else to the one that its page
    begins with. Confirming again changes nothing.

    Raises `Missing` for a link without a visit, or not with this one, `Conflict` `visit_moved` when the visit
    is no longer at the time that the message spoke of, and what `attendance.confirm` raises.
    """
    offered = things.of_link(link, now)
    meant = offered.about
    if visit is not None:
        meant = next((told for told in offered.told if told.visit.pk == visit), None)
    if meant is None:
        raise Missing(NO_LINK)
    return _confirm([meant], now)[0]


def confirm_all(*, link: PatientLink, now: datetime) -> list[Appointment]:
    """The patient is coming to every visit that the message told and that stands; to none of them where one
    has moved this moment. Raises as `confirm_visit`."""
    offered = things.of_link(link, now)
    if not offered.told:
        raise Missing(NO_LINK)
    return _confirm(offered.to_confirm, now)


def _confirm(told: Sequence[ToldVisit], now: datetime) -> list[Appointment]:
    spoken_of = {each.visit.pk: each.spoken_of for each in told}

    def work() -> list[Appointment]:
        rows = list(
            Appointment.objects.select_for_update(no_key=True).filter(pk__in=spoken_of).order_by("pk")
        )
        if any(row.starts_at != spoken_of[row.pk] for row in rows):
            raise Conflict(MOVED, code="visit_moved")
        with acting(None, door=DOOR):
            return [attendance.confirm(appointment=row, now=now) for row in rows]

    return in_transaction(work)


def offer_of(link: PatientLink, now: datetime) -> WaitlistOffer:
    """The time that this link offers. Raises `Missing` for a link without one."""
    offer = things.of_link(link, now).offer
    if offer is None:
        raise Missing(NO_LINK)
    return offer


def accept_offer(
    *, link: PatientLink, shown: datetime | None, fasted: bool = False, now: datetime
) -> Appointment:
    """The patient takes the time that they were shown, and so confirms it. Taking it again changes nothing.
    `fasted`: they say that they have fasted, which a time that comes too soon to begin to needs.

    Raises `Missing` for a link of another purpose, `Conflict` `offer_over` when it came too late,
    `offer_changed` when another start was offered than was shown, `fasting_not_asked`, and `offer_hindered`
    when the clinic has to look at something first: what, is not for this page to say.
    """
    offer = offer_of(link, now)
    with acting(None, door=DOOR):
        try:
            if shown is None:
                raise Conflict(waitlist.CHANGED, code="offer_changed")
            return waitlist.accept(actor=None, offer=offer, shown=shown, fasted=fasted, now=now)
        except Conflict as conflict:
            if conflict.code in ("offer_over", "offer_changed", NOT_ASKED):
                raise
            raise Conflict(HINDERED, code="offer_hindered") from conflict


def decline_offer(*, link: PatientLink, now: datetime) -> WaitlistOffer:
    """The patient doesn't want this time. Raises `Missing`, and `Conflict` `offer_over` as `accept_offer`."""
    with acting(None, door=DOOR):
        return waitlist.decline(actor=None, offer=offer_of(link, now), now=now)
