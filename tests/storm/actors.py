"""Those who work in the storm, each a process of its own with the product's settings in its environment.

`stage COUNT` books visits in waves, whose confirmations fall due at once; `change COUNT` corrects numbers,
cancels visits and opts patients out while they are sent. Each act is a line of JSON on standard output: what
was done, and the moments before and after it was committed. `settle FILE` comes after it: the desk finds out
what became of the messages of which nobody knows; the file holds the keys of those that have arrived.
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
from scheduler.prescribing import protocols  # noqa: E402
from scheduler.visits import booking  # noqa: E402
from tests.cast import make_house  # noqa: E402

WAVES: Final = 4
SECONDS_BETWEEN_WAVES: Final = 35
CLINICS_NUMBER: Final = "+13125550100"
AT_ONCE: Final = 1000


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


def stage(count: int) -> None:
    """`count` patients with a visit ten days away, who want texts; a wave of them at a time."""
    house = make_house()
    ClinicMessaging.objects.create(clinic=house.clinic, sms_number=CLINICS_NUMBER)
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
    starts_at = now + timedelta(days=10)
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
            Appointment(
                clinic=clinic,
                patient=plan.patient,
                plan=plan,
                protocol=protocol,
                during=TimestamptzRange(starts_at, starts_at + timedelta(hours=2)),
                booked_by=prescriber,
            )
            for plan in plans
        )

    in_transaction(work)


def change(count: int) -> None:
    """Correct a number, cancel a visit or opt a patient out, one after the other, never one patient twice."""
    dice = random.Random(7)
    desk = until_it_is_done(lambda: access.actor_of(User.objects.get(full_name="Ana Lima")))
    done: set[Any] = set()
    while len(done) < count:
        ids = until_it_is_done(
            lambda: list(Patient.objects.filter(mrn__startswith="S").values_list("pk", flat=True))
        )
        fresh = [each for each in ids if each not in done]
        if not fresh:
            time.sleep(0.5)
            continue
        pk = dice.choice(fresh[-6000:])
        done.add(pk)
        act = dice.choice((correct, cancel, opt_out))
        before = clock.now()
        line = until_it_is_done(partial(act, desk, pk, len(done)))
        say(**line, patient=pk, before=before, after=clock.now())


def in_the_storm() -> list[Any]:
    return list(
        Patient.objects.filter(mrn__startswith="S").order_by("created_at").values_list("pk", flat=True)
    )


def correct(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    patient = Patient.objects.get(pk=pk)
    new = f"+1773{3_000_000 + number}"
    patients.update_details(actor=desk, patient=patient, changes={"phone": new}, now=clock.now())
    return {"act": "correct", "old": f"+1312{2_000_000 + int(patient.mrn[1:])}", "new": new}


def cancel(desk: access.Actor, pk: Any, number: int) -> dict[str, Any]:
    visit = Appointment.objects.get(patient=pk)
    booking.cancel(actor=desk, appointment=visit, reason=CancellationReason.PATIENT, now=clock.now())
    return {"act": "cancel", "visit": visit.pk}


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
