"""The waitlist over the API: who waits, joining with every fault named, answers by telephone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.models import AccessLog
from scheduler.models import TreatmentPlan, WaitlistEntry, WaitlistOffer
from tests.cast import NOW, TODAY, House, client_of, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join

API = "/api/v1/waitlist/"
OFFERS = "/api/v1/waitlist-offers/"
DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


def body(stage: Stage, **changes: Any) -> dict[str, Any]:
    asked = {"first_day": TODAY.isoformat(), "last_day": (TODAY + 30 * DAY).isoformat()}
    plan = TreatmentPlan.objects.filter(patient=stage.house.rosa).first() or stage.plan()
    return {"id": str(new_id()), "plan": str(plan.pk), **asked, **changes}


def mends(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.json()
    return {error["field"]: error["detail"] for error in answer.json()["errors"]}


def test_the_desk_puts_a_patient_on_the_list(stage: Stage) -> None:
    sent = body(
        stage,
        weekdays=[4, 1],
        earliest="09:00",
        latest="13:00",
        nurse=str(stage.nurses[0].pk),
        notice_hours=48,
    )
    answer = client_of(stage.house.ana).post(API, sent)
    assert answer.status_code == 201, answer.json()
    entry = answer.json()
    assert (entry["patient_name"], entry["status"], entry["open_offer"]) == ("Rosa Delgado", "waiting", None)
    assert (entry["weekdays"], entry["earliest"], entry["notice_hours"]) == ([1, 4], "09:00:00", 48)


def test_what_makes_no_sense_is_named_field_by_field(stage: Stage) -> None:
    ana = client_of(stage.house.ana)
    wrong = mends(ana.post(API, body(stage, last_day="2027-01-01", earliest="12:00", latest="12:30")))
    assert set(wrong) == {"last_day", "latest"}
    assert set(mends(ana.post(API, body(stage, weekdays=[7])))) == {"weekdays.0"}
    assert set(mends(ana.post(API, body(stage, weekday=[1])))) == {"weekday"}
    assert set(mends(ana.post(API, {"id": str(new_id())}))) == {"plan", "first_day", "last_day"}


def test_a_plan_visit_or_nurse_of_another_clinic_is_not_found(stage: Stage, other_house: House) -> None:
    elsewhere = set_stage(other_house)
    theirs = elsewhere.plan(other_house.rosa)
    visit = elsewhere.book(theirs, "10:00", TODAY + DAY)
    ana = client_of(stage.house.ana)
    for changes in (
        {"plan": str(theirs.pk)},
        {"appointment": str(visit.pk)},
        {"nurse": str(elsewhere.nurses[0].pk)},
        {"chair": str(elsewhere.chairs[0].pk)},
    ):
        assert ana.post(API, body(stage, **changes)).status_code == 404


def test_only_what_is_sent_changes(stage: Stage) -> None:
    entry = join(stage, stage.plan(), weekdays=(1,), nurse=stage.nurses[0])
    ana = client_of(stage.house.ana)
    answer = ana.patch(f"{API}{entry.pk}/", {"notice_hours": 2, "nurse": None})
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["weekdays"], answer.json()["notice_hours"]) == ([1], 2)
    assert answer.json()["nurse"] is None
    chair = str(stage.chairs[1].pk)
    asked = ana.patch(f"{API}{entry.pk}/", {"chair": chair, "only": True}).json()
    assert (asked["chair"], asked["only"], asked["weekdays"]) == (chair, True, [1])
    assert mends(ana.patch(f"{API}{entry.pk}/", {"last_day": "2027-01-01"}))["last_day"]


def test_offering_now_answers_what_was_offered_and_the_list_shows_it(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    ana = client_of(stage.house.ana)
    (offered,) = ana.post(f"{API}offer-freed/", {"clinic": str(stage.house.clinic.pk)}).json()
    assert (offered["entry"], offered["status"]) == (str(entry.pk), "open")
    assert offered["start"] == "2027-01-11T17:00:00Z"
    assert offered["expires_at"] == "2027-01-11T17:00:00Z"
    (listed,) = ana.get(API, {"clinic": str(stage.house.clinic.pk), "status": "waiting"}).json()["results"]
    assert listed["open_offer"] == offered
    assert ana.get(f"{API}{entry.pk}/offers/").json() == [offered]


def test_a_yes_by_telephone_books_and_a_later_no_is_told_that_it_is_late(stage: Stage) -> None:
    offer = hold_for(stage, join(stage, stage.plan()), "13:00")
    ana = client_of(stage.house.ana)
    visit = ana.post(f"{OFFERS}{offer.pk}/accept/").json()
    assert (visit["status"], visit["start"]) == ("booked", "2027-01-11T19:00:00Z")
    late = ana.post(f"{OFFERS}{offer.pk}/decline/")
    assert (late.status_code, late.json()["code"]) == (409, "offer_over")


def test_a_no_by_telephone_and_leaving_the_list(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    offer = hold_for(stage, entry, "13:00")
    ana = client_of(stage.house.ana)
    assert ana.post(f"{OFFERS}{offer.pk}/decline/").json()["status"] == "declined"
    left = ana.post(f"{API}{entry.pk}/withdraw/").json()
    assert (left["status"], left["closed_by"]) == ("withdrawn", str(stage.house.ana.pk))
    assert left["ended"]["code"] == "withdrawn"


def test_looking_at_one_entry_is_a_look_at_the_chart(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    client_of(stage.house.priya).get(f"{API}{entry.pk}/")
    assert AccessLog.objects.get().what == "waitlist"


def test_a_longer_list_asks_no_more_of_the_database(stage: Stage, django_assert_num_queries: Any) -> None:
    ana = client_of(stage.house.ana)
    asked = {"clinic": str(stage.house.clinic.pk)}

    def one_more(number: int) -> None:
        entry = join(stage, stage.plan(make_patient(stage.house.clinic, f"L{number}", "Waits")))
        hold_for(stage, entry, ["9:00", "11:10", "13:20"][number % 3], TODAY + (1 + number // 3) * DAY)

    one_more(0)
    with django_assert_num_queries(4):
        ana.get(API, asked)
    for number in range(1, 7):
        one_more(number)
    with django_assert_num_queries(4):
        assert len(ana.get(API, asked).json()["results"]) == 7
    assert WaitlistEntry.objects.count() == WaitlistOffer.objects.count() == 7
