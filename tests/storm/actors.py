"""Those who work in the storm, each a process of its own with the product's settings in its environment.

`stage COUNT` books visits in waves, whose confirmations fall due at once; for every tenth patient two of
tomorrow, of which they are reminded together a moment later. `change COUNT` corrects numbers, cancels visits
and opts patients out while they are sent, and moves and books visits of tomorrow, so that what is said
together comes apart or grows. Each act is a line of JSON on standard output: what was done, and the moments
before and after it was committed. `settle FILE` comes after it: the desk finds out what became of the
messages of which nobody knows; the file holds the keys of those that have arrived.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import django

django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402
from psycopg.types.range import TimestamptzRange  # noqa: E402

from clinic import access, clock, consents, patients  # noqa: E402
from clinic.models import Channel, Clinic, Consent, ConsentScope, Patient, User  # noqa: E402
from clinic.problems import Busy  # noqa: E402
from clinic.transactions import in_transaction  # noqa: E402
from notifications.delivering import outcomes  # noqa: E402
from notifications.models import ClinicMessaging, Message, MessageStatus  # noqa: E402
from scheduler.models import Appointment, CancellationReason, Protocol, TreatmentPlan  # noqa: E402
from scheduler.protocols import protocols  # noqa: E402
from scheduler.visits import calling_off  # noqa: E402
from tests.cast import make_house  # noqa: E402

WAVES: Final = 4
SECONDS_BETWEEN_WAVES: Final = 35
CLINICS_NUMBER: Final = "+13125550100"
AT_ONCE: Final = 1000
# Of twelve texts ten patients: nine are told of one visit; one is told of two, and reminded of both together.
PATIENTS_OF_TEXTS: Final = (10, 12)
ONE_OF: Final = 10
# Tomorrow's visits are told of first, and so near each other that all reminders fall due within the storm.
REMINDED_AFTER: Final = timedelta(minutes=2)
APART: Final = timedelta(minutes=1)
LATER: Final = timedelta(days=8)


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def parts(numbers: range, size: int) -> Iterator[range]:
    return (numbers[first : first + size] for first in range(0, len(numbers), size))


def until_it_is_done(act: Callable[[], Any]) -> Any:
    """Again and again while the database is away: every act may be done twice."""
    while True:
        try:
            return act()
        except (DatabaseError, InterfaceError, Busy):
            connection.close()
            time.sleep(0.2)


def noon_somewhere(now: datetime) -> str:
    """So that the storm may rage at night. Etc/GMT+5 is five hours *behind* UTC."""
    return f"Etc/GMT{now.hour - 12:+d}" if now.hour != 12 else "Etc/GMT"


def stage(texts: int) -> None:
    """Patients who want texts, with visits that ask for so many; a wave of them at a time."""
    count = texts * PATIENTS_OF_TEXTS[0] // PATIENTS_OF_TEXTS[1]
    house = make_house()
    # Nothing is held back here because of the day's other texts.
    ClinicMessaging.objects.create(
        clinic=house.clinic, sms_number=CLINICS_NUMBER, most_a_day=20, most_a_week=20
    )
    protocols.adopt_defaults(clinic=house.clinic)
    protocol = Protocol.objects.get(clinic=house.clinic, code="mood-40")
    say(act="clinic", clinic=house.clinic.pk)
    for wave, numbers in enumerate(parts(range(count), count // WAVES)):
        if wave:
            time.sleep(SECONDS_BETWEEN_WAVES)
        for some in parts(numbers, AT_ONCE):
            until_it_is_done(partial(_book, house.clinic, house.priya, protocol, some))
        say(act="wave", booked=len(numbers))


def _book(clinic: Clinic, prescriber: User, protocol: Protocol, numbers: range) -> None:
    if Patient.objects.filter(clinic=clinic, mrn=f"S{numbers[0]}").exists():
        return  # committed, though the answer was lost
    now = clock.now()
    made = [
        Patient(
            clinic=clinic,
            mrn=f"S{number}",
            family_name=f"Storm{number}",
            given_names="Pat",
            birth_date="1980-05-17",
            phone=f"+1312{2_000_000 + number}",
            preferred_channel=Channel.SMS,
            time_zone=noon_somewhere(now),
            synthetic=True,
        )
        for number in numbers
    ]
    plans = [
        TreatmentPlan(
            clinic=clinic,
            patient=patient,
            protocol=protocol,
            prescriber=prescriber,
            indication="F33.2",
            ordered_dose=Decimal("0.5"),
            sessions_ordered=6,
            valid_from=now.date(),
            valid_until=now.date() + timedelta(days=350),
        )
        for patient in made
    ]

    def work() -> None:
        Patient.objects.bulk_create(made)
        Consent.objects.bulk_create(
            Consent(
                clinic=clinic,
                patient=patient,
                scope=ConsentScope.SMS,
                form_version="2026-1",
                method="paper form",
                given_at=now,
            )
            for patient in made
        )
        TreatmentPlan.objects.bulk_create(plans)
        Appointment.objects.bulk_create(
            _visit(plan, during)
            for number, plan in zip(numbers, plans, strict=True)
            for during in _times(number, now)
        )

    in_transaction(work)


def _times(number: int, now: datetime) -> list[TimestamptzRange]:
    if number % ONE_OF:
        return [TimestamptzRange(now + timedelta(days=10), now + timedelta(days=10, hours=2))]
    tomorrow = now + timedelta(days=1) + REMINDED_AFTER
    return [TimestamptzRange(tomorrow, tomorrow + APART), _next_to(tomorrow + APART)]


def _next_to(ends_at: datetime) -> TimestamptzRange:
    return TimestamptzRange(ends_at, ends_at + APART)


def _visit(plan: TreatmentPlan, during: TimestamptzRange) -> Appointment:
    return Appointment(
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        plan=plan,
        protocol_id=plan.protocol_id,
        during=during,
        booked_by_id=plan.prescriber_id,
    )


def change(count: int) -> None:
    """Correct a number, cancel a visit or opt a patient out, one after the other, never one patient twice; of
    those who come tomorrow, whom every other act is about, move a visit or book one more as well."""
    dice = random.Random(7)
    desk = until_it_is_done(lambda: access.actor_of(User.objects.get(full_name="Ana Lima")))
    done: set[Any] = set()
    while len(done) < count:
        mrns = until_it_is_done(
            lambda: dict(Patient.objects.filter(mrn__startswith="S").values_list("pk", "mrn"))
        )
        fresh = [pk for pk in mrns if pk not in done]
        tomorrow = [pk for pk in fresh if int(mrns[pk][1:]) % ONE_OF == 0]
        if not fresh:
            time.sleep(0.5)
            continue
        merged = bool(tomorrow) and dice.random() < 0.5
        pk = dice.choice(tomorrow if merged else fresh[-6000:])
        done.add(pk)
        act = dice.choice(
            (correct, cancel, opt_out, move, book) if pk in tomorrow else (correct, cancel, opt_out)
        )
        before = clock.now()
        line = until_it_is_done(partial(act, desk, pk, len(done)))
        say(**line, patient=pk, before=before, after=clock.now())


def correct(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    patient = Patient.objects.get(pk=pk)
    new = f"+1773{3_000_000 + number}"
    patients.update_details(actor=desk, patient=patient, changes={"phone": new}, now=clock.now())
    return {"act": "correct", "old": f"+1312{2_000_000 + int(patient.mrn[1:])}", "new": new}


def cancel(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    """The only one, or one of two: the reminder's own, or the one that it stands for as well."""
    visits = Appointment.objects.filter(patient=pk).order_by("during")
    visit = visits[number % len(visits)]
    calling_off.cancel(actor=desk, appointment=visit, reason=CancellationReason.PATIENT, now=clock.now())
    return {"act": "cancel", "visit": visit.pk}


def move(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    """One of tomorrow's to another day, as a row: there are no chairs here."""
    visit = Appointment.objects.filter(patient=pk).order_by("pk")[number % 2]
    old = visit.starts_at
    if old - clock.now() > LATER / 2:
        old -= LATER  # committed, though the answer was lost
    else:
        Appointment.objects.filter(pk=visit.pk).update(
            during=TimestamptzRange(old + LATER, visit.ends_at + LATER)
        )
    return {"act": "move", "visit": visit.pk, "old": old}


def book(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    """One more tomorrow, right after the others, as a row."""
    visits = list(Appointment.objects.filter(patient=pk).select_related("plan").order_by("during"))
    if len(visits) == 2:
        _visit(visits[0].plan, _next_to(visits[1].ends_at)).save()
    return {"act": "book"}


def opt_out(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    consent = Consent.objects.get(patient=pk, scope=ConsentScope.SMS)
    consents.revoke(actor=desk, consent=consent, how="by telephone", now=clock.now())
    return {"act": "opt_out", "id": uuid4()}


def settle(arrived: set[str]) -> None:
    """As somebody at the desk does who has called every patient."""
    desk = access.actor_of(User.objects.get(full_name="Ana Lima"))
    for message in Message.objects.filter(status=MessageStatus.UNKNOWN):
        outcomes.settle(actor=desk, message=message, arrived=str(message.pk) in arrived, now=clock.now())


if __name__ == "__main__":
    what, given = sys.argv[1:]
    if what == "settle":
        settle(set(Path(given).read_text().split()))
    else:
        {"stage": stage, "change": change}[what](int(given))
