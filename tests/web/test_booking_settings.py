"""The page of a clinic's settings of booking, as the manager fills it."""

from django.urls import reverse

from clinic.models import Clinic
from tests.cast import House
from tests.web.pages import browser_of, words

SENT = {
    "holiday_calendar": "us-il",
    "late_cancellation_hours": "48",
    "hold_minutes": "15",
    "offer_minutes": "90",
}


def test_the_manager_chooses_whose_holidays_are_offered(house: House) -> None:
    max_ = browser_of(house.max)
    page = max_.get(reverse("closures"))
    assert reverse("booking_settings") in page.content.decode()

    answer = max_.post(reverse("booking_settings"), SENT, follow=True)

    assert "The settings are saved." in words(answer)
    clinic = Clinic.objects.get(pk=house.clinic.pk)
    assert (clinic.holiday_calendar, clinic.late_cancellation_hours) == ("US-IL", 48)
    assert (clinic.hold_minutes, clinic.offer_minutes) == (15, 90)
    offered = words(max_.get(reverse("closures"), {"year": "2030"}))
    assert "Lincoln's Birthday" in offered


def test_a_refused_form_comes_back_as_it_was_filled_with_every_mend(house: House) -> None:
    answer = browser_of(house.max).post(
        reverse("booking_settings"), {**SENT, "holiday_calendar": "US-XX", "offer_minutes": "90"}
    )

    assert answer.status_code == 400
    assert "Parts of US with holidays of their own: AK" in words(answer)
    assert 'value="US-XX"' in answer.content.decode()
    assert 'value="48"' in answer.content.decode()
    assert Clinic.objects.get(pk=house.clinic.pk).late_cancellation_hours == 24
