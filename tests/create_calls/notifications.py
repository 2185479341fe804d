"""Of messages: those of staff, and those behind a patient's link."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from notifications import saying, tasks
from notifications.models import CheckIn, LinkPurpose, Message
from notifications.tokens import token_for
from tests.cast import NOW, TODAY, House
from tests.create_calls.call import Call
from tests.notifications import texts, visits
from tests.scheduler.stage import set_stage


def replies(house: House) -> Call:
    return house.ana, f"threads/{house.rosa.pk}/reply/", {"text": "We call you today"}


def times_offered(house: House) -> Call:
    stage = set_stage(house)
    texts.give_number(house.clinic)
    visit = stage.book(stage.plan(), "10:00", TODAY + timedelta(days=3))
    return house.ana, f"threads/{house.rosa.pk}/offer-times/", {"appointment": visit.pk}


def messages_again(house: House) -> Call:
    visits.book(house, house.rosa)
    tasks.plan()
    body = {"text": "Please call us about your visit."}
    return house.ana, f"messages/{Message.objects.first().pk}/again/", body  # type: ignore[union-attr]


def on_call(house: House) -> Call:
    who = {"clinic": house.clinic.pk, "user": house.nils.pk, "rung": "first"}
    return house.max, "on-call/", {**who, "starts_at": NOW, "ends_at": NOW + timedelta(days=1)}


def answers(house: House) -> Call:
    past = visits.book(house, house.omar, NOW - timedelta(days=3))
    visits.discharge(past, NOW - timedelta(days=1))
    tasks.plan()
    token = token_for(CheckIn.objects.get().message.link.pk)
    year = house.omar.birth_date.year
    return None, "links/answer/", {"token": token, "birth_year": year, "question": "safety", "value": "yes"}


def _behind_link(house: House, kind: str, purpose: LinkPurpose) -> dict[str, Any]:
    """The proof of a link in a message of this kind about Omar's next visit."""
    visit = visits.book(house, house.omar, NOW + timedelta(days=3))
    message = saying.say(
        key=f"story:{kind}",
        clinic_id=house.clinic.pk,
        patient_id=house.omar.pk,
        kind=kind,
        stage=kind,
        due_at=NOW,
        stale_at=visit.starts_at,
        appointment=visit,
        visit_starts_at=visit.starts_at,
    )
    link = saying.give_link(message, purpose=purpose, expires_at=visit.ends_at)
    return {"token": token_for(link.pk), "birth_year": house.omar.birth_date.year}


def link_readiness(house: House) -> Call:
    """An unsafe answer: sent again, it opens no second task."""
    proof = _behind_link(house, "confirmation", LinkPurpose.VISIT)
    return None, "links/readiness/", {**proof, "question": "new_medicines", "value": "yes"}


def link_scores(house: House) -> Call:
    proof = _behind_link(house, "check_in", LinkPurpose.CHECK_IN)
    message = Message.objects.get(key="story:check_in")
    CheckIn.objects.create(clinic=house.clinic, patient=house.omar, kind="monthly", message=message)
    return None, "links/score/", {**proof, "instrument": "phq-9", "item": 9, "value": 1}


def link_diary(house: House) -> Call:
    proof = _behind_link(house, "diary", LinkPurpose.DIARY)
    return None, "links/diary/", {**proof, "day": TODAY, "headache": True}


CALLS: dict[str, Callable[[House], Call]] = {
    "on-call/": on_call,
    "messages/{id}/again/": messages_again,
    "links/answer/": answers,
    "links/readiness/": link_readiness,
    "links/score/": link_scores,
    "links/diary/": link_diary,
    "threads/{id}/reply/": replies,
    "threads/{id}/offer-times/": times_offered,
}
