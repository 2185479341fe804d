"""When a patient is asked for the diary every day: set by staff on the chart and over the API."""

from datetime import time, timedelta

from notifications.answering import diary
from notifications.models import DiaryNudge, Message
from notifications.planning.planner import plan
from tests.cast import NOW, House, client_of, local
from tests.web.pages import browser_of, words

API = "/api/v1/diary-nudges/"
DAY = timedelta(days=1)


def test_the_nurse_sets_the_time_on_the_diarys_page_and_stops_it(house: House) -> None:
    nils = browser_of(house.nils)
    address = f"/patients/{house.rosa.pk}/diary/"
    assert "The patient isn't asked for the diary." in words(nils.get(address))
    nils.post(f"{address}ask-daily/", {"at": "20:15"})
    assert "By e-mail at 8:15 PM, where the patient is." in words(nils.get(address))
    assert DiaryNudge.objects.get().recorded_by == house.nils
    nils.post(f"{address}ask-daily/", {"at": "20:15", "stop": "1"})
    assert "The patient isn't asked for the diary." in words(nils.get(address))


def test_a_patient_without_an_address_is_refused_at_the_field(house: House) -> None:
    house.rosa.email = ""
    house.rosa.save()
    page = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/diary/ask-daily/", {"at": "20:15"})
    assert page.status_code == 400
    assert "there is no address on record" in words(page)
    refused = client_of(house.nils).post(f"{API}ask-daily/", {"patient": house.rosa.pk, "at": "20:15"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "at")
    assert not DiaryNudge.objects.exists()


def test_the_api_sets_changes_and_stops_it(house: House, other_house: House) -> None:
    nils, patient = client_of(house.nils), {"patient": house.rosa.pk}
    nils.post(f"{API}ask-daily/", {**patient, "at": "20:15"})
    changed = nils.post(f"{API}ask-daily/", {**patient, "at": "07:30"})
    assert (changed.status_code, changed.json()["at"]) == (200, "07:30:00")
    assert [row["at"] for row in nils.get(API, {"patient": str(house.rosa.pk)}).json()["results"]] == [
        "07:30:00"
    ]
    assert client_of(other_house.nils).post(f"{API}stop/", patient).status_code == 404
    assert nils.post(f"{API}stop/", patient).status_code == 204
    assert diary.nudge_of(house.rosa) is None


def test_what_was_wished_is_when_the_planner_asks(house: House) -> None:
    diary.ask_daily(actor=None, patient=house.rosa, at=time(20, 15), now=NOW)
    DiaryNudge.objects.update(created_at=NOW)
    due = local((NOW + DAY).date(), "20:15")
    plan(now=due)
    asked = Message.objects.get(kind="diary", due_at=due)
    assert asked.link.purpose == "diary"
    diary.stop_asking(actor=None, patient=house.rosa, now=due)
    plan(now=due + DAY)
    assert Message.objects.filter(kind="diary", due_at=due + DAY).count() == 0
