"""The headache diary: a day entered, or entered anew; days without a headache together.

What days come to is in `diary_counts`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.vocabulary import spoken_day
from sessions_app.models import DiaryDay
from sessions_app.outcomes.diary_counts import MEDICINE_CLASSES, TRIGGERS, Day

HOURS_OF_A_DAY: Final = 24
WORST_PEAK: Final = 10
# Our choice: whoever brings a diary on paper brings that of some months; an older year is a typing error.
LONGEST_BACK: Final = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a patient says of one day. `aura` is its type, empty for none."""

    day: date
    headache: bool
    hours: Decimal | None = None
    peak: int | None = None
    migraine_features: bool = False
    aura: str = ""
    triggers: tuple[str, ...] = ()
    acute_medicine_class: str = ""
    acute_medicine_doses: int = 0
    lost_function_hours: Decimal | None = None
    note: str = ""


def enter(*, actor: Actor | None, id: UUID, patient: Patient, entry: Entry, now: datetime) -> DiaryDay:
    """Keep a day of the diary. A day that is there already is replaced, and its history keeps what it said.

    `actor` is None for the patient's own door. Raises `Invalid` naming the field.
    """
    entry = replace(entry, aura=said(entry.aura), note=said(entry.note))
    check(entry, born=patient.birth_date, today=clock.local_date(now, patient.zone))

    def work() -> DiaryDay:
        # Two entries of one day at once: the second finds the first.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        row = DiaryDay.objects.filter(patient=patient, day=entry.day).first()
        if row is None:
            row = DiaryDay(id=id, clinic_id=patient.clinic_id, patient=patient)
        for name, value in vars(entry).items():
            setattr(row, name, list(value) if isinstance(value, tuple) else value)
        row.entered_at = now
        with acting(actor.user_id if actor else None):
            row.save()
        return row

    return in_transaction(work)


def enter_without_headache(
    *, actor: Actor, id: UUID, patient: Patient, days: Collection[date], now: datetime
) -> list[DiaryDay]:
    """Keep several days at once of which the patient says that none had a headache; `id` is the call's.

    A day that is entered without headache already stays as it is. Raises `Invalid` at `days` for none, for a
    day that can't be told of, and for days that are entered with a headache: those are changed one by one.
    """
    today, asked = clock.local_date(now, patient.zone), sorted(set(days))
    if not asked:
        raise Invalid({"days": "Tick at least one day."})
    for day in asked:
        wrong = _wrong_day(day, born=patient.birth_date, today=today)
        if wrong:
            raise Invalid({"days": f"{spoken_day(day, today=today)}: {wrong}"})

    def work() -> list[DiaryDay]:
        # As in `enter`.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        standing = {row.day: row.headache for row in days_entered(patient, asked)}
        ached = [spoken_day(day, today=today) for day, headache in standing.items() if headache]
        if ached:
            told = "; ".join(ached)
            raise Invalid({"days": f"Entered with a headache: {told}. Open that day to change it."})
        rows = [
            DiaryDay(
                id=uuid5(id, day.isoformat()),
                clinic_id=patient.clinic_id,
                patient=patient,
                day=day,
                headache=False,
                entered_at=now,
            )
            for day in asked
            if day not in standing
        ]
        with acting(actor.user_id):
            DiaryDay.objects.bulk_create(rows)
        return days_entered(patient, asked)

    return in_transaction(work)


def days_entered(patient: Patient, days: Collection[date]) -> list[DiaryDay]:
    """The rows of these days, as far as there are some."""
    return list(DiaryDay.objects.filter(patient=patient, day__in=days).order_by("day"))


def check(entry: Entry, *, born: date, today: date) -> None:
    """Raise `Invalid` for a day that can't be as it is told."""
    errors = {}
    wrong = _wrong_day(entry.day, born=born, today=today)
    if wrong:
        errors["day"] = wrong
    for name in ("hours", "lost_function_hours"):
        hours = getattr(entry, name)
        if hours is not None and not 0 <= hours <= HOURS_OF_A_DAY:
            errors[name] = "Enter hours of this day, 0 to 24."
    if entry.peak is not None and not 0 <= entry.peak <= WORST_PEAK:
        errors["peak"] = "Enter 0 to 10."
    if not entry.headache:
        told = {"hours": entry.hours, "peak": entry.peak, "migraine_features": entry.migraine_features}
        for name, value in told.items():
            if value:
                errors[name] = (
                    "This day is entered as one without headache: leave this empty, or say there was one."
                )
    unknown = sorted(set(entry.triggers) - set(TRIGGERS))
    if unknown:
        errors["triggers"] = f"Choose from: {', '.join(TRIGGERS)}."
    if entry.acute_medicine_class and entry.acute_medicine_class not in MEDICINE_CLASSES:
        errors["acute_medicine_class"] = f"Choose one of: {', '.join(MEDICINE_CLASSES)}."
    elif bool(entry.acute_medicine_class) != (entry.acute_medicine_doses > 0):
        errors["acute_medicine_doses"] = "Give the class of medicine and the number of doses, or neither."
    if errors:
        raise Invalid(errors)


def _wrong_day(day: date, *, born: date, today: date) -> str:
    if day > today:
        return "This day is still to come."
    if day < max(today - LONGEST_BACK, born):
        return "This day is too long ago to be told of: look at the year."
    return ""


def as_day(row: DiaryDay) -> Day:
    return Day(
        day=row.day,
        headache=row.headache,
        hours=row.hours,
        peak=row.peak,
        migraine=row.migraine_features,
        medicine=row.acute_medicine_class,
    )
