"""What a patient says about a coming visit by its link, one question at a time: it joins what was said before
(`sessions_app.preparing.readiness`), and a doubt opens the nurse's task there.
"""

from datetime import datetime
from uuid import UUID

from clinic.history import acting
from clinic.problems import Conflict, Invalid, Missing
from clinic.transactions import in_transaction
from notifications.answering import own_words, things
from notifications.answering.links import DOOR, MOVED
from notifications.answering.question_sets import READINESS
from notifications.models import PatientLink
from notifications.tokens import NO_LINK
from scheduler.locks import lock_visit
from sessions_app.models import Readiness
from sessions_app.preparing import readiness as preparing


def answer(
    *,
    id: UUID,
    link: PatientLink,
    question: str,
    value: str,
    ride_name: str = "",
    ride_phone: str = "",
    now: datetime,
) -> Readiness:
    """Keep one answer about the link's visit. It can be changed until the visit begins. What was written
    beside it is heard (`own_words`).

    Raises `Missing` for a link without a visit, `Invalid` for a question or value that isn't asked or a ride
    without its name and phone, `Conflict` `visit_moved`, `patient_here` or `visit_over`.
    """
    asked = next((each for each in READINESS if each.code == question), None)
    if asked is None:
        raise Invalid({"question": f"This link asks: {', '.join(each.code for each in READINESS)}."})
    if asked.choice(value) is None:
        raise Invalid({"value": f"Choose one of: {', '.join(each.value for each in asked.choices)}."})
    changed = {question: value}
    if question == "ride_home":
        ride = {"ride_name": ride_name.strip(), "ride_phone": ride_phone.strip()}
        if value == "yes" and not all(ride.values()):
            raise Invalid(
                {name: "Give the name and the phone number." for name, given in ride.items() if not given}
            )
        changed |= ride if value == "yes" else dict.fromkeys(ride, "")
    offered = things.of_link(link, now)
    visit = offered.visit
    if visit is None:
        raise Missing(NO_LINK)
    if offered.moved:
        raise Conflict(MOVED, code="visit_moved")

    def work() -> Readiness:
        current = lock_visit(visit)
        if now >= current.starts_at:
            raise Conflict("Your visit has begun. Please tell the nurse.", code="visit_over")
        answers = preparing.Answers(**changed)
        words = (ride_name, ride_phone)
        own_words.hear(written=own_words.RIDE, id=id, link=link, words=words, now=now)
        with acting(None, door=DOOR):
            return preparing.confirm(id=id, appointment=current, answers=answers, now=now)

    return in_transaction(work)
