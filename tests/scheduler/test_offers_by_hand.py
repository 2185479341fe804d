"""The desk offers a free time of its choice to somebody who waits, and takes an offer back."""

from datetime import timedelta

import pytest
import time_machine

from clinic.problems import Conflict
from scheduler.models import AppointmentStatus, OfferStatus, WaitlistEntry, WaitlistOffer
from scheduler.waitlist import by_hand, fitting, waitlist
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import join, offer_freed

API = "/api/v1/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture
def entry(stage: Stage) -> WaitlistEntry:
    return join(stage, stage.plan(), notice_hours=4)


def offer(stage: Stage, entry: WaitlistEntry, wall_time: str = "14:00", **changed: object) -> WaitlistOffer:
    asked = {"start": stage.at(wall_time), "now": NOW, **changed}
    return by_hand.offer(actor=stage.house.actor(stage.house.ana), id=new_id(), entry=entry, **asked)  # type: ignore[arg-type]


def test_the_time_is_held_until_the_answer_and_books_as_any_offer(stage: Stage, entry: WaitlistEntry) -> None:
    made = offer(stage, entry, chair=stage.chairs[1])
    assert made.appointment.status == AppointmentStatus.PENDING
    assert made.appointment.held_until == made.expires_at == NOW + timedelta(hours=2)
    assert offer_freed(stage) == []
    visit = waitlist.accept(actor=None, offer=made, shown=made.starts_at, now=NOW)
    assert visit.status == AppointmentStatus.BOOKED


def test_less_notice_than_was_asked_for_is_the_desks_to_give_and_the_start_ends_the_time_to_answer(
    stage: Stage, entry: WaitlistEntry
) -> None:
    [fit] = fitting.who_fits(stage.house.clinic, TODAY, now=NOW)
    assert fit.short_notice
    made = offer(stage, entry, "10:00")
    assert made.expires_at == made.starts_at


@pytest.mark.parametrize(
    ("minutes", "code"), [(0, "too_late"), (-5, "too_late")], ids=["begins now", "has begun"]
)
def test_a_time_that_has_begun_is_offered_to_nobody(
    stage: Stage, entry: WaitlistEntry, minutes: int, code: str
) -> None:
    with pytest.raises(Conflict) as refusal:
        offer(stage, entry, start=NOW + timedelta(minutes=minutes))
    assert refusal.value.code == code


def test_nobody_is_asked_twice_at_once_at_night_or_once_they_wait_no_more(
    stage: Stage, entry: WaitlistEntry
) -> None:
    night = stage.at("22:00")
    with pytest.raises(Conflict) as at_night:
        offer(stage, entry, start=stage.at("14:00", TODAY + timedelta(days=1)), now=night)
    made = offer(stage, entry)
    with pytest.raises(Conflict) as twice:
        offer(stage, entry, "16:00")
    waitlist.accept(actor=None, offer=made, now=NOW)
    with pytest.raises(Conflict) as closed:
        offer(stage, entry, "16:00")
    assert [each.value.code for each in (at_night, twice, closed)] == ["night", "offer_open", "not_waiting"]


def test_what_is_taken_back_is_free_and_the_patient_waits_on(stage: Stage, entry: WaitlistEntry) -> None:
    made, ana = offer(stage, entry), stage.house.actor(stage.house.ana)
    for _ in range(2):
        back = by_hand.take_back(actor=ana, offer=made, now=NOW)
    assert back.status == OfferStatus.WITHDRAWN
    entry.refresh_from_db()
    assert entry.status == "waiting"
    made.appointment.refresh_from_db()
    assert made.appointment.status == AppointmentStatus.CANCELLED
    with pytest.raises(Conflict) as late:
        waitlist.accept(actor=None, offer=made, now=NOW)
    assert late.value.code == "offer_over"


def test_an_answer_stands_against_taking_it_back(stage: Stage, entry: WaitlistEntry) -> None:
    made = offer(stage, entry)
    waitlist.decline(actor=None, offer=made, now=NOW)
    with pytest.raises(Conflict) as late:
        by_hand.take_back(actor=stage.house.actor(stage.house.ana), offer=made, now=NOW)
    assert late.value.code == "offer_over"


def test_over_the_api_whom_a_day_fits_is_offered_a_time_once(stage: Stage, entry: WaitlistEntry) -> None:
    desk, tomorrow = client_of(stage.house.ana), TODAY + timedelta(days=1)
    clinic = str(stage.house.clinic.pk)
    with time_machine.travel(NOW, tick=False):
        [fit] = desk.get(f"{API}waitlist/fitting/", {"clinic": clinic, "day": tomorrow.isoformat()}).json()
        assert (fit["entry"], fit["patient_name"]) == (str(entry.pk), "Rosa Delgado")
        sent = {"id": str(new_id()), "start": fit["start"], "chair": fit["chair"]}
        address = f"{API}waitlist/{entry.pk}/offer/"
        assert [desk.post(address, sent).status_code for _ in range(2)] == [201, 200]
        back = desk.post(f"{API}waitlist-offers/{sent['id']}/take-back/", {})
        assert back.json()["status"] == "withdrawn"
