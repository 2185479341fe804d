"""How booking works in a clinic: the manager decides, within bounds, and each change is in the history."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.response import Response

from clinic.models import Clinic, User
from clinic.problems import Invalid
from scheduler.visits import booking
from scheduler.working_hours import booking_settings, holiday_calendar
from tests.cast import NOW, House, client_of, new_id
from tests.scheduler.stage import set_stage


def change(house: House, **changes: Any) -> Clinic:
    return booking_settings.change_booking_settings(
        actor=house.actor(house.max), clinic=house.clinic, **changes
    )


def patch(house: House, user: User, body: dict[str, Any]) -> Response:
    path = f"/api/v1/clinics/{house.clinic.pk}/booking-settings/"
    answer: Response = client_of(user).patch(path, body, format="json")
    return answer


def test_what_is_given_is_changed_and_its_history_names_the_manager(house: House) -> None:
    change(house, holiday_calendar="us-il", hold_minutes=20)

    house.clinic.refresh_from_db()
    assert (house.clinic.holiday_calendar, house.clinic.hold_minutes) == ("US-IL", 20)
    assert house.clinic.offer_minutes == 120
    last = Clinic.pgh_event_model.objects.filter(pgh_obj_id=house.clinic.pk).latest("pgh_id")  # type: ignore[attr-defined]
    assert last.holiday_calendar == "US-IL"
    assert last.pgh_context.metadata["user"] == str(house.max.pk)


def test_the_same_again_writes_no_history(house: House) -> None:
    change(house, hold_minutes=20)
    versions = Clinic.pgh_event_model.objects.filter(pgh_obj_id=house.clinic.pk)  # type: ignore[attr-defined]
    before = versions.count()

    change(house, hold_minutes=20)

    assert versions.count() == before


def test_a_hold_made_afterwards_lasts_as_long_as_was_set(house: House) -> None:
    plan = set_stage(house).plan()
    change(house, hold_minutes=45)
    plan.refresh_from_db()

    held = booking.hold(actor=None, id=new_id(), plan=plan, start=NOW + timedelta(hours=1), now=NOW)

    assert held.held_until == NOW + timedelta(minutes=45)


def test_every_number_out_of_bounds_is_told_at_once(house: House) -> None:
    with pytest.raises(Invalid) as refusal:
        change(
            house,
            hold_minutes=0,
            offer_minutes=4,
            late_cancellation_hours=337,
            no_show_after_minutes=241,
        )

    told = {error["field"]: error["detail"] for error in refusal.value.data["errors"]}
    assert told == {
        "hold_minutes": "Give 1 to 240 minutes.",
        "offer_minutes": "Give 5 to 2880 minutes.",
        "late_cancellation_hours": "Give 0 to 336 hours.",
        "no_show_after_minutes": "Give 0 to 240 minutes.",
    }


@pytest.mark.parametrize("name", ["hold_minutes", "offer_minutes"])
def test_the_database_keeps_holds_and_offers_from_running_out_as_they_are_made(
    house: House, name: str
) -> None:
    with pytest.raises(IntegrityError, match="clinic_holds_and_offers_last"), transaction.atomic():
        Clinic.objects.filter(pk=house.clinic.pk).update(**{name: 0})


def test_a_calendar_is_one_that_the_library_knows(house: House) -> None:
    for wrong, words in (
        ("Illinois", "as US or US-IL"),
        ("ZZ", "as US or US-IL"),
        ("US-XX", "Parts of US with holidays of their own: AK, AL"),
        ("US-", "Parts of US"),
        ("AX-1", "of their own: none"),
    ):
        with pytest.raises(Invalid) as refusal:
            change(house, holiday_calendar=wrong)
        (error,) = refusal.value.data["errors"]
        assert error["field"] == "holiday_calendar"
        assert words in error["detail"]


def test_and_none_takes_it_away(house: House) -> None:
    change(house, holiday_calendar="US")
    assert holiday_calendar.public_holidays(Clinic.objects.get(pk=house.clinic.pk), 2027)

    assert change(house, holiday_calendar=" ").holiday_calendar == ""


def test_every_calendar_on_offer_can_be_chosen_and_read(house: House) -> None:
    offered = holiday_calendar.countries()
    codes = [code for code, _ in offered]
    codes += [part for code in codes for part in holiday_calendar.parts_of(code)]

    assert ("US", "United States") in offered
    assert "US-IL" in codes
    assert all(holiday_calendar.known_calendar(code) == code for code in codes)
    assert max(map(len, codes)) <= Clinic._meta.get_field("holiday_calendar").max_length  # type: ignore[operator]
    for code in ("US-IL", "DE-BY", "AT-1"):
        house.clinic.holiday_calendar = code
        assert holiday_calendar.public_holidays(house.clinic, 2027)


def test_over_the_api_all_read_and_the_manager_changes(house: House, other_house: House) -> None:
    read = client_of(house.nils).get(f"/api/v1/clinics/{house.clinic.pk}/booking-settings/")
    assert read.data["hold_minutes"] == 10

    answer = patch(house, house.max, {"holiday_calendar": "US-IL", "late_cancellation_hours": 48})

    assert answer.status_code == 200
    assert (answer.data["holiday_calendar"], answer.data["late_cancellation_hours"]) == ("US-IL", 48)
    assert read.data["no_show_after_minutes"] == 0
    assert patch(house, house.max, {"no_show_after_minutes": 15}).data["no_show_after_minutes"] == 15
    assert patch(house, house.ana, {"hold_minutes": 5}).status_code == 403
    assert patch(house, other_house.max, {"hold_minutes": 5}).status_code == 404
    unknown = patch(house, house.max, {"feeds_show_names": True})
    assert (unknown.status_code, unknown.data["errors"][0]["field"]) == (400, "feeds_show_names")
    assert patch(house, house.max, {"hold_minutes": 70000}).status_code == 400
