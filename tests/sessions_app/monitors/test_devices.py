"""Monitors added, moved, taken out of use and back, by whom they may be."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinic.problems import Conflict, Invalid
from sessions_app.models import MonitorDevice, UnmatchedMessage
from sessions_app.monitors import devices
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app.monitors.beds import chair_of, monitor_at, unmatched_message

API = "/api/v1/monitors/"


def move(house: House, device: MonitorDevice, chair: Any) -> MonitorDevice:
    return devices.move(actor=house.actor(house.nils), device=device, chair=chair, now=NOW)


def test_a_monitor_moves_and_its_history_tells_where_it_stood(house: House) -> None:
    first, second = chair_of(house, "Chair 1"), chair_of(house, "Chair 2")
    device = monitor_at(house, first)
    move(house, device, second)
    events: Any = MonitorDevice._meta.get_field("events").related_model
    stood = events.objects.filter(pgh_obj=device).order_by("pgh_id").values_list("chair", flat=True)
    assert list(stood) == [first.pk, second.pk]


def test_one_chair_has_one_monitor(house: House) -> None:
    chair = chair_of(house)
    monitor_at(house, chair, "A")
    with pytest.raises(Conflict, match="Another monitor stands at this chair"):
        monitor_at(house, chair, "B")
    with pytest.raises(Conflict, match="Another monitor stands at this chair"):
        move(house, monitor_at(house, None, "C"), chair)


def test_a_retired_monitor_leaves_its_chair_and_comes_back_to_none(house: House) -> None:
    max_, chair = house.actor(house.max), chair_of(house)
    device = monitor_at(house, chair)
    retired = devices.retire(actor=max_, device=device, now=NOW)
    assert (retired.active, retired.chair) == (False, None)
    with pytest.raises(Conflict, match="out of use"):
        move(house, device, chair)
    back = devices.reinstate(actor=max_, device=device, now=NOW)
    assert (back.active, back.chair) == (True, None)
    assert move(house, device, chair).chair == chair


def test_only_a_chair_of_its_own_clinic_will_do(house: House, other_house: House) -> None:
    device = monitor_at(house, None)
    for wrong in (chair_of(other_house), house.clinic.resources.create(kind="nurse", name="N", capacity=6)):
        with pytest.raises(Invalid, match="chair"):
            move(house, device, wrong)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"identifier": " "}, "identifier"),
        ({"name": "a\u200bb"}, "name"),
        ({"identifier": "BED4"}, "identifier"),
    ],
)
def test_a_name_that_will_not_do_is_refused_at_its_field(
    house: House, changed: dict[str, Any], field: str
) -> None:
    monitor_at(house, None, "BED4")
    with pytest.raises(Invalid) as refused:
        devices.add(
            actor=house.actor(house.max),
            id=new_id(),
            clinic=house.clinic,
            now=NOW,
            **{"identifier": "NEW", "name": "New", **changed},
        )
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_a_name_that_another_clinic_uses_is_refused_without_telling_so(
    house: House, other_house: House
) -> None:
    monitor_at(other_house, None, "BED4")
    with pytest.raises(Invalid) as refused:
        monitor_at(house, None, "BED4")
    assert [(error["field"], error["detail"]) for error in refused.value.data["errors"]] == [
        (
            "identifier",
            "This name can't be used. Let the monitor call itself otherwise, with the clinic's name first.",
        )
    ]


def test_a_monitor_of_before_has_stood_there_since_its_history_tells(house: House) -> None:
    """What migration 0016 fills in."""
    device = monitor_at(house, chair_of(house, "Chair 1"))
    moved = move(house, device, chair_of(house, "Chair 2"))
    moved.name = "Renamed"
    moved.save()
    history = "sessions_app_monitordeviceevent"
    migration = import_module("sessions_app.migrations.0016_chairs_since")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {history} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {history} SET pgh_created_at = %s + pgh_id * interval '1 s'", [NOW])
        cursor.execute(f"ALTER TABLE {history} ENABLE TRIGGER USER")
        cursor.execute(migration.FROM_THE_HISTORY)
    moved.refresh_from_db()
    events: Any = MonitorDevice._meta.get_field("events").related_model
    _added, came, _renamed, _filled_in = events.objects.filter(pgh_obj=device).order_by("pgh_id")
    assert moved.chair_since == came.pgh_created_at


def test_over_the_api_a_nurse_moves_and_a_manager_adds(house: House) -> None:
    chair = chair_of(house)
    body = {"id": new_id(), "clinic": house.clinic.pk, "identifier": "BED4", "name": "Monitor 4"}
    assert client_of(house.nils).post(API, body).status_code == 403
    made = client_of(house.max).post(API, body)
    assert (made.status_code, made.json()["chair"]) == (201, None)
    moved = client_of(house.nils).post(f"{API}{body['id']}/move/", {"chair": chair.pk})
    assert (moved.status_code, moved.json()["chair"]) == (200, str(chair.pk))


def test_another_clinics_chair_is_not_there(house: House, other_house: House) -> None:
    device = monitor_at(house, None)
    answer = client_of(house.nils).post(f"{API}{device.pk}/move/", {"chair": chair_of(other_house).pk})
    assert answer.status_code == 404


def test_the_lists_cost_the_same_however_long_they_are(
    house: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        monitor_at(house, None, f"BED{number}")
        unmatched_message(house, f"NEW{number}")
    client = client_of(house.nils)
    for path in (API, "/api/v1/monitor-messages/"):
        with django_assert_num_queries(2):
            assert len(client.get(path).json()["results"]) == 5


def test_only_clinicians_read_what_a_message_says(house: House) -> None:
    message = unmatched_message(house)
    path = f"/api/v1/monitor-messages/{message.pk}/"
    assert client_of(house.nils).get(path).json()["message"].startswith("MSH|")
    assert client_of(house.max).get(path).status_code == 403
    assert "message" not in client_of(house.max).get("/api/v1/monitor-messages/").json()["results"][0]
    page = Client()
    page.force_login(house.max)
    assert b"MSH|" not in page.get(f"/monitors/messages/{message.pk}/").content
    page.force_login(house.nils)
    assert b"MSH|" in page.get(f"/monitors/messages/{message.pk}/").content


def test_on_the_page_a_message_is_settled_with_words_or_comes_back(house: House) -> None:
    message = unmatched_message(house)
    page = Client()
    page.force_login(house.nils)
    refused = page.post(f"/monitors/messages/{message.pk}/", {"outcome": "  ", "alike": "on"})
    assert refused.status_code == 400
    assert b"no message goes in silence" in refused.content
    assert page.post(f"/monitors/messages/{message.pk}/", {"outcome": "A loan"}).status_code == 302
    message.refresh_from_db()
    assert (message.outcome, message.settled_by) == ("A loan", house.nils)
    assert not UnmatchedMessage.objects.filter(settled_at__isnull=True).exists()
    again = page.post(f"/monitors/messages/{message.pk}/", {"outcome": "Twice"})
    assert again.status_code == 409


def test_on_the_page_a_manager_adds_from_what_could_not_be_placed(house: House) -> None:
    chair = chair_of(house)
    unmatched_message(house, "BED 9")
    page = Client()
    page.force_login(house.max)
    shown = page.get("/monitors/", {"identifier": "BED 9"})
    assert b'value="BED 9"' in shown.content
    body = {"id": new_id(), "identifier": "BED 9", "name": "Monitor 9", "chair": chair.pk}
    assert page.post("/monitors/add/", body).status_code == 302
    device = MonitorDevice.objects.get(identifier="BED 9")
    assert device.chair == chair
    page.force_login(house.nils)
    assert page.post(f"/monitors/{device.pk}/", {"chair": ""}).status_code == 302
    device.refresh_from_db()
    assert device.chair is None
