"""A time that is held for somebody on the waitlist is told to them at once, and only while it is held."""

from datetime import datetime, timedelta

import pytest

from clinic.problems import Conflict, Missing
from notifications.answering import links
from notifications.delivering import delivery
from notifications.models import InboxItem, LinkPurpose, Message, PatientLink
from notifications.planning import timing
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import AppointmentStatus, OfferStatus, WaitlistEntry, WaitlistOffer
from scheduler.waitlist import offering, waitlist
from tests.cast import NOW, TODAY, House
from tests.notifications.visits import VISIT, book, move

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def offer_to_rosa(house: House, offered_at: datetime = NOW) -> WaitlistOffer:
    """The rows of an offer: how it comes about is told in tests/scheduler/test_waitlist.py."""
    held = book(house, house.rosa, status=AppointmentStatus.PENDING, held_until=offered_at + 2 * HOUR)
    entry = WaitlistEntry.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        plan=held.plan,
        first_day=TODAY,
        last_day=TODAY + timedelta(days=30),
    )
    return WaitlistOffer.objects.create(
        entry=entry,
        appointment=held,
        starts_at=held.starts_at,
        offered_at=offered_at,
        expires_at=offered_at + 2 * HOUR,
    )


def drain(now: datetime) -> None:
    delivery.drain(clock=lambda: now)


def fate() -> tuple[str, str]:
    message = Message.objects.get(stage="offer")
    return message.status, message.reason


def link_of_offer(now: datetime) -> PatientLink:
    token = token_for(PatientLink.objects.get(message__stage="offer").pk)
    return links.open_link(token=token, now=now)


def test_an_open_offer_is_said_at_once_with_a_link_and_without_a_word_of_what_it_is_for(house: House) -> None:
    offer_to_rosa(house)
    assert plan(now=NOW + MINUTE).due
    drain(NOW + MINUTE)
    assert fate() == ("sent", "")
    item = InboxItem.objects.get()
    assert item.subject == "A time for you on Thu 21 Jan"
    assert "Thu 21 Jan at 9:30 AM" in item.body
    assert link_of_offer(NOW).purpose == LinkPurpose.OFFER


def test_an_offer_is_one_message_however_often_the_planner_runs(house: House) -> None:
    offer_to_rosa(house)
    plan(now=NOW)
    assert plan(now=NOW + MINUTE).written == 0
    assert Message.objects.filter(kind="offer").count() == 1


def test_a_hold_that_nobody_was_offered_is_said_to_nobody(house: House) -> None:
    book(house, house.rosa, status=AppointmentStatus.PENDING, held_until=NOW + HOUR)
    assert plan(now=NOW).written == 0


def test_an_offer_that_was_answered_by_telephone_is_not_sent_any_more(house: House) -> None:
    offer = offer_to_rosa(house)
    plan(now=NOW)
    WaitlistOffer.objects.filter(pk=offer.pk).update(status=OfferStatus.DECLINED, answered_at=NOW)
    drain(NOW)
    assert fate() == ("skipped", "The offer was answered or has ended.")


def test_what_was_offered_and_is_offered_no_more_is_not_said(house: House) -> None:
    offer = offer_to_rosa(house)
    WaitlistOffer.objects.filter(pk=offer.pk).update(status=OfferStatus.WITHDRAWN, answered_at=NOW)
    assert plan(now=NOW + MINUTE).written == 0


def test_an_offer_is_of_no_use_from_the_moment_it_runs_out(house: House) -> None:
    offer = offer_to_rosa(house)
    plan(now=NOW)
    drain(offer.expires_at)
    assert fate() == ("skipped", "It would have come too late to be of use.")


def test_a_time_held_through_the_night_is_said_in_the_morning(house: House) -> None:
    """Offers are made by day only; should the message be late all the same, it waits for eight o'clock."""
    at_night = NOW + 13 * HOUR  # 22:00
    offer = offer_to_rosa(house, at_night)
    WaitlistOffer.objects.filter(pk=offer.pk).update(expires_at=at_night + 12 * HOUR)
    assert plan(now=at_night).written == 0
    plan(now=at_night + 10 * HOUR)
    assert Message.objects.get(stage="offer").due_at == at_night + 10 * HOUR


def test_the_waitlist_asks_in_the_hours_in_which_messages_are_sent() -> None:
    assert (offering.ASKING_BEGINS, offering.ASKING_ENDS) == (timing.DAY_BEGINS, timing.DAY_ENDS)


def test_the_link_of_an_offer_outlives_it_to_tell_what_became_of_it(house: House) -> None:
    offer_to_rosa(house)
    plan(now=NOW)
    assert link_of_offer(VISIT - MINUTE)
    with pytest.raises(Missing):
        link_of_offer(VISIT)


def test_a_link_of_another_purpose_answers_no_offer(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    link = PatientLink.objects.filter(purpose=LinkPurpose.VISIT).first()
    assert link is not None
    with pytest.raises(Missing):
        links.accept_offer(link=link, shown=VISIT, now=NOW)
    with pytest.raises(Missing):
        links.decline_offer(link=link, now=NOW)


@pytest.mark.parametrize(
    ("shown", "held", "code"),
    [
        (VISIT, VISIT + HOUR, "offer_over"),
        (VISIT + HOUR, VISIT + HOUR, "offer_over"),
        (VISIT + HOUR, VISIT, "offer_changed"),
        (None, VISIT, "offer_changed"),
    ],
)
def test_a_yes_counts_only_where_the_time_offered_shown_and_held_is_one(
    house: House, shown: datetime | None, held: datetime, code: str
) -> None:
    offer = offer_to_rosa(house)
    plan(now=NOW)
    move(offer.appointment, held)
    with pytest.raises(Conflict) as refused:
        links.accept_offer(link=link_of_offer(NOW), shown=shown, now=NOW)
    assert refused.value.code == code
    offer.refresh_from_db()
    assert (offer.status, offer.appointment.status) == (OfferStatus.OPEN, AppointmentStatus.PENDING)


def test_an_offer_of_a_time_that_is_held_no_more_is_not_sent(house: House) -> None:
    offer = offer_to_rosa(house)
    plan(now=NOW)
    move(offer.appointment, VISIT + HOUR)
    drain(NOW)
    assert fate() == ("skipped", "The visit was moved to another time.")
    plan(now=NOW + MINUTE)
    drain(NOW + MINUTE)
    assert not InboxItem.objects.exists()


def test_what_hinders_a_booking_is_not_told_on_the_patients_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_to_rosa(house)
    plan(now=NOW)
    hindered = Conflict("There is no current consent to treatment.", code="not_bookable")

    def refuse(**asked: object) -> None:
        raise hindered

    monkeypatch.setattr(waitlist, "accept", refuse)
    with pytest.raises(Conflict, match="We can't book this time for you just now") as refusal:
        links.accept_offer(link=link_of_offer(NOW), shown=VISIT, now=NOW)
    assert refusal.value.code == "offer_hindered"
