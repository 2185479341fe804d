"""Two managers save the same settings at one moment, each from what both have seen: one is told, whichever
door they came through. The same meeting with the lock taken out shows what it is there for."""

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

import pytest
from django.db.models import QuerySet

from clinic import seen
from clinic.models import Clinic
from clinic.seen import ChangedMeanwhile, SeenTag, SeenValues
from scheduler.working_hours import booking_settings
from tests.at_once import at_once
from tests.cast import House, make_house
from tests.races.meetings import A_MOMENT

Seen = Callable[[Mapping[str, Any]], seen.Seen]


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_house()


def by_page(stands: Mapping[str, Any]) -> seen.Seen:
    return SeenValues(stands)


def by_api(stands: Mapping[str, Any]) -> seen.Seen:
    return SeenTag(seen.tag_of(stands).strip('"'))


def meet(monkeypatch: pytest.MonkeyPatch, house: House, as_seen: Seen) -> list[Any]:
    """Both save; the first has found nothing changed as the second begins, and waits a moment for it to
    end."""
    looked, done = Event(), Event()
    refuse = seen.refuse_unseen

    def refuse_and_wait(*asked: Any, **more: Any) -> None:
        refuse(*asked, **more)
        if not looked.is_set():
            looked.set()
            done.wait(A_MOMENT)

    monkeypatch.setattr(booking_settings, "refuse_unseen", refuse_and_wait)
    both_saw = as_seen(booking_settings.settings_of(house.clinic))

    def save(minutes: int) -> Clinic:
        return booking_settings.change_booking_settings(
            actor=house.actor(house.max), clinic=house.clinic, hold_minutes=minutes, seen=both_saw
        )

    def come_second() -> Clinic:
        looked.wait(10)
        try:
            return save(26)
        finally:
            done.set()

    return at_once(lambda: save(25), come_second)


@pytest.mark.parametrize("as_seen", [by_page, by_api])
def test_of_two_who_save_at_one_moment_the_second_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, as_seen: Seen
) -> None:
    first, second = meet(monkeypatch, house, as_seen)

    assert first.hold_minutes == 25
    assert isinstance(second, ChangedMeanwhile)
    assert second.data["changes"] == [{"field": "hold_minutes", "now": 25, "by": "Max Weber"}]
    assert Clinic.objects.get(pk=house.clinic.pk).hold_minutes == 25


@pytest.mark.parametrize("as_seen", [by_page, by_api])
def test_without_the_lock_they_pass_each_other(
    house: House, monkeypatch: pytest.MonkeyPatch, as_seen: Seen
) -> None:
    def unlocked(rows: QuerySet[Clinic], **_: bool) -> QuerySet[Clinic]:
        return rows.all()

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    first, second = meet(monkeypatch, house, as_seen)
    assert [type(saved) for saved in (first, second)] == [Clinic, Clinic]
