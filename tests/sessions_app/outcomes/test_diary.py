"""The diary's days: one each, entered anew with its history, and refused where it can't be so."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from clinic.problems import Invalid
from sessions_app.models import DiaryDay
from sessions_app.outcomes import diary
from sessions_app.outcomes.chart import chart_of
from tests.cast import NOW, TODAY, House, new_id

BAD_DAY: dict[str, Any] = {
    "day": TODAY,
    "headache": True,
    "hours": Decimal("6.5"),
    "peak": 8,
    "migraine_features": True,
    "triggers": ("stress", "light"),
    "acute_medicine_class": "triptan",
    "acute_medicine_doses": 2,
}


def enter(house: House, **entry: Any) -> DiaryDay:
    return diary.enter(
        actor=house.actor(house.nils),
        id=new_id(),
        patient=house.rosa,
        entry=diary.Entry(**{**BAD_DAY, **entry}),
        now=NOW,
    )


def test_a_day_entered_anew_is_one_day_whose_history_keeps_both(house: House) -> None:
    first = enter(house)
    second = enter(house, peak=5)
    assert (second.pk, DiaryDay.objects.get().peak) == (first.pk, 5)
    events = second.events.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(event.peak, event.pgh_context.metadata["user"]) for event in events] == [
        (8, str(house.nils.pk)),
        (5, str(house.nils.pk)),
    ]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"day": TODAY + timedelta(days=1)}, "day"),
        ({"day": TODAY - timedelta(days=367)}, "day"),
        ({"hours": Decimal("24.5")}, "hours"),
        ({"peak": 11}, "peak"),
        ({"headache": False, "hours": None, "peak": None}, "migraine_features"),
        ({"triggers": ("moon",)}, "triggers"),
        ({"acute_medicine_class": "sugar"}, "acute_medicine_class"),
        ({"acute_medicine_doses": 0}, "acute_medicine_doses"),
        ({"acute_medicine_class": ""}, "acute_medicine_doses"),
        ({"lost_function_hours": Decimal(-1)}, "lost_function_hours"),
    ],
)
def test_a_day_that_cannot_be_so_is_refused_at_its_field(
    house: House, entry: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        enter(house, **entry)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert not DiaryDay.objects.exists()


def without_headache(house: House, *days: int, id: UUID | None = None) -> list[DiaryDay]:
    return diary.enter_without_headache(
        actor=house.actor(house.nils),
        id=id or new_id(),
        patient=house.rosa,
        days=[TODAY - timedelta(days=back) for back in days],
        now=NOW,
    )


def test_a_good_week_is_entered_at_once_and_a_day_that_was_there_stays_as_it_was(house: House) -> None:
    known = enter(
        house, day=TODAY - timedelta(days=2), headache=False, hours=None, peak=None, migraine_features=False
    )
    rows = without_headache(house, 0, 1, 2, 3)
    assert [row.day for row in rows] == [TODAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    assert not any(row.headache for row in rows)
    assert (rows[1].pk, rows[1].triggers) == (known.pk, ["stress", "light"])
    event = rows[0].events.get()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == str(house.nils.pk)


def test_a_day_with_a_headache_is_not_overwritten_by_a_good_week(house: House) -> None:
    enter(house, day=TODAY - timedelta(days=1))
    with pytest.raises(Invalid, match=r"days: Entered with a headache: Sun, Jan 10\. Open that day"):
        without_headache(house, 0, 1, 2)
    assert DiaryDay.objects.get().peak == 8


@pytest.mark.parametrize(
    ("days", "words"), [((), "Tick at least one day"), ((-1,), "still to come"), ((400,), "too long ago")]
)
def test_days_without_headache_that_cannot_be_are_refused(
    house: House, days: tuple[int, ...], words: str
) -> None:
    with pytest.raises(Invalid, match=f"days: .*{words}"):
        without_headache(house, *days)
    assert not DiaryDay.objects.exists()


def test_nobody_had_a_headache_before_they_were_born(house: House) -> None:
    house.rosa.birth_date = TODAY - timedelta(days=30)
    assert enter(house, day=TODAY - timedelta(days=30)).pk
    with pytest.raises(Invalid, match="day: This day is too long ago"):
        enter(house, day=TODAY - timedelta(days=31))


def test_the_chart_counts_from_the_diary_and_says_what_it_cannot_tell(house: House) -> None:
    for back in range(23):
        enter(house, day=TODAY - timedelta(days=back))
    found = chart_of(house.rosa, now=NOW)
    newest = found.diary[-1]
    assert (newest.entered, newest.headache_days, newest.per_28(23)) == (23, 23, 28)
    assert newest.overuse["triptan"] is True
    assert found.diary[0].per_28(0) is None
    assert found.course == "unknown"
