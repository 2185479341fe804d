"""The headache diary behind a link: today and yesterday, and when to be asked for it."""

from uuid import uuid4

from notifications.models import DiaryNudge
from scheduler.models import Appointment
from sessions_app.models import DiaryDay
from tests.notifications.phones import diary, proved, tap, token, visit
from tests.web.pages import words

__all__ = ["diary", "token", "visit"]


def test_today_and_yesterday_are_written_and_no_other_day(diary: str) -> None:
    phone = proved(diary)
    assert "Monday, January 11" in words(phone.get(f"/m/{diary}"))
    entry = {"headache": "yes", "hours": "3.5", "peak": "6", "triggers": ["stress", "sleep"]}
    said = words(tap(phone, diary, "diary", day="2027-01-10", **entry))
    assert "Your day is kept." in said
    row = DiaryDay.objects.get()
    assert (str(row.day), row.peak, row.triggers) == ("2027-01-10", 6, ["stress", "sleep"])
    refused = phone.post(f"/m/{diary}/diary", {"id": str(uuid4()), "day": "2027-01-09", "headache": "no"})
    assert refused.status_code == 400
    assert DiaryDay.objects.count() == 1


def test_the_patient_says_when_to_be_asked_and_when_no_longer(diary: str) -> None:
    phone = proved(diary)
    phone.post(f"/m/{diary}/diary/ask-daily", {"at": "20:15"})
    assert "We ask you every day at 8:15 PM." in words(phone.get(f"/m/{diary}"))
    phone.post(f"/m/{diary}/diary/ask-daily", {"at": "20:15", "stop": "1"})
    assert DiaryNudge.objects.get().stopped_at is not None


def test_a_visits_link_writes_no_diary(visit: Appointment, token: str) -> None:
    page = tap(proved(token), token, "diary", day="2027-01-11", headache="no")
    assert page.status_code == 404  # type: ignore[attr-defined]
    assert not DiaryDay.objects.exists()
