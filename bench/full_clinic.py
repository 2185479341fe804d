"""A clinic that is 70 % full: its kinds of days, and their rows for a year to come or a century past.

12 chairs, 6 nurses who take turns at lunch, 2 clinicians, mood-40 visits. The rows are written in bulk, day
after day of the same five kinds; `bench.feasible_starts` asks it for free times.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from django.db import connection

from clinic.models import Clinic, Patient, User
from scheduler.finding.availability import Supply, Visit
from scheduler.finding.packing import Need, Rectangle, pack
from scheduler.finding.serving import Team
from scheduler.finding.starts import Stock, feasible
from scheduler.models import Protocol, Resource, ResourceKind, TreatmentPlan
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS

NOW: Final = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
TODAY: Final = f"date '{NOW.date()}'"
ZONE: Final = "America/Chicago"
DAY: Final = 9 * 60
MOOD_40: Final = Visit(20, 40, 60, 10, 6, 3, 2)
FULL: Final = 0.70
KINDS_OF_DAY: Final = 5
PATIENTS: Final = 4000

CHAIR, NURSE, CLINICIAN = ResourceKind.CHAIR, ResourceKind.NURSE, ResourceKind.CLINICIAN
COUNT: Final = {CHAIR: 12, NURSE: 6, CLINICIAN: 2}
CAPACITY: Final = {CHAIR: 1, NURSE: 6, CLINICIAN: 8}

Key = tuple[ResourceKind, int]
Claimed = list[tuple[Key, Rectangle]]
KEYS: Final = {kind: [(kind, number) for number in range(count)] for kind, count in COUNT.items()}

# What is put aside while a million visits are written, and on which table.
CONSTRAINTS: Final = {
    "claim_no_overlap": "scheduler_claim",
    "claim_inside_opening": "scheduler_claim",
    "claim_inside_capacity": "scheduler_claim",
    "appointment_patient_in_one_place": "scheduler_appointment",
}
GUARDED: Final = ("scheduler_opening", "scheduler_appointment")


# --- A day --------------------------------------------------------------------------------------------


def hours(key: Key) -> list[tuple[int, int]]:
    """Nine hours; the nurses go to lunch one after the other, from the third hour on."""
    kind, number = key
    lunch = 180 + 30 * number
    return [(0, lunch), (lunch + 30, DAY)] if kind == NURSE else [(0, DAY)]


def full_day(random: Random) -> list[Claimed]:
    """What each visit claims: booked one after the other as early as possible, then some given up again."""
    taken: dict[Key, list[Rectangle]] = {key: [] for keys in KEYS.values() for key in keys}
    visits: list[Claimed] = []
    while claimed := _next_visit(taken):
        visits.append(claimed)
    while len(visits) > round(FULL * COUNT[CHAIR] * DAY / (MOOD_40.minutes + MOOD_40.turnover)):
        visits.pop(random.randrange(len(visits)))
    return visits


def _next_visit(taken: dict[Key, list[Rectangle]]) -> Claimed:
    """Book at the first start that is left; nothing when there is none."""
    supplies = {
        kind: [Supply(key, CAPACITY[kind], hours(key), taken[key]) for key in keys]
        for kind, keys in KEYS.items()
    }
    found = feasible(
        MOOD_40,
        chairs=Stock.of(supplies[CHAIR]),
        nurses=Stock.of(supplies[NURSE]),
        clinicians=Stock.of(supplies[CLINICIAN]),
        low=0,
        high=DAY,
    )
    if not len(found.minutes):
        return []
    start = int(found.minutes[0])
    least_busy = sorted(KEYS[NURSE], key=lambda key: len(taken[key]))
    pieces = [
        *Team(supplies[NURSE], spare=True).serve(MOOD_40.nurse_needs, start, least_busy),
        *Team(supplies[CLINICIAN], spare=False).serve(MOOD_40.clinician_needs, start, KEYS[CLINICIAN]),
    ]
    wanted: list[tuple[Key, Need]] = [(piece.key, piece.need) for piece in pieces]
    chair = KEYS[CHAIR][int(found.chairs[:, 0].argmax())]
    wanted += [
        (chair, Need(start + need.start, start + need.end, 1, need.name)) for need in MOOD_40.chair_needs
    ]
    claimed: Claimed = []
    for key, need in wanted:
        laid = pack([need], taken=taken[key], capacity=CAPACITY[key[0]]) or []
        taken[key] += laid
        claimed += [(key, box) for box in laid]
    return claimed


# --- The rows -----------------------------------------------------------------------------------------


def make() -> TreatmentPlan:
    """The clinic, its resources and patients, each with a plan; the plan of one who will have no visit."""
    clinic = Clinic.objects.create(
        name="Bench", sender_name="Bench", time_zone=ZONE, phone="+13125550100", synthetic=True
    )
    prescriber = User.objects.create(email="prescriber@bench.example", full_name="Prescriber")
    signed = {"status": "active", "approved_by": prescriber, "approved_at": NOW}
    protocol = Protocol.objects.create(clinic=clinic, version=1, **DEFAULT_PROTOCOLS[0], **signed)
    for kind, number in (key for keys in KEYS.values() for key in keys):
        Resource.objects.create(clinic=clinic, kind=kind, name=f"{kind} {number:02}", capacity=CAPACITY[kind])
    person = {"clinic": clinic, "given_names": "Bench", "birth_date": NOW.date(), "synthetic": True}
    patients = Patient.objects.bulk_create(
        Patient(mrn=f"{number:06}", family_name=str(number), **person) for number in range(PATIENTS + 1)
    )
    order = {
        "clinic": clinic,
        "protocol": protocol,
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": 6,
        "valid_from": NOW.date(),
        "valid_until": NOW.date() + timedelta(days=400),
        "prescriber": prescriber,
    }
    plans = TreatmentPlan.objects.bulk_create(TreatmentPlan(patient=patient, **order) for patient in patients)
    return TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=plans[-1].pk)


def lay_out(days: list[list[Claimed]]) -> None:
    """The kinds of days as this connection's temporary tables; times are minutes of the working day."""
    resources = {row.name: row for row in Resource.objects.all()}
    row_of = {key: resources[f"{key[0]} {key[1]:02}"] for keys in KEYS.values() for key in keys}
    boxes = [
        (kind, number, row_of[key].pk, row_of[key].capacity, box.name, box.start, box.end, box.low, box.high)
        for kind, visits in enumerate(days)
        for number, claimed in enumerate(visits)
        for key, box in claimed
    ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE hours (resource uuid, low int, high int)")
        cursor.executemany(
            "INSERT INTO hours VALUES (%s, %s, %s)",
            [(row.pk, *span) for key, row in row_of.items() for span in hours(key)],
        )
        cursor.execute(
            "CREATE TEMP TABLE box (kind int, visit int, resource uuid, capacity int, phase text,"
            " low int, high int, units int4range)"
        )
        cursor.executemany("INSERT INTO box VALUES (%s, %s, %s, %s, %s, %s, %s, int4range(%s, %s))", boxes)


def fill(first: str, last: str, *, weekends: bool) -> int:
    """Book every day between two SQL dates, straight into the tables; returns how many visits."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TEMP TABLE on_day AS
                SELECT number, number % {KINDS_OF_DAY} AS kind,
                       (day::date + time '08:00') AT TIME ZONE '{ZONE}' AS opens
                  FROM generate_series({first}, {last}, interval '1 day')
                       WITH ORDINALITY AS dates (day, number)
                 WHERE {weekends} OR extract(isodow FROM day) < 6"""
        )
        cursor.execute(
            """INSERT INTO scheduler_opening (id, created_at, resource_id, during)
               SELECT gen_random_uuid(), now(), resource,
                      tstzrange(opens + low * interval '1 minute', opens + high * interval '1 minute')
                 FROM on_day CROSS JOIN hours ORDER BY number"""
        )
        cursor.execute(
            f"""CREATE TEMP TABLE booked AS
                SELECT gen_random_uuid() AS id, number, kind, visit,
                       (number * 40 + visit) % {PATIENTS} AS place,
                       opens + low * interval '1 minute' AS starts
                  FROM on_day
                  JOIN (SELECT kind, visit, min(low) AS low FROM box GROUP BY kind, visit) AS first
                       USING (kind)"""
        )
        cursor.execute(
            f"""INSERT INTO scheduler_appointment (id, created_at, clinic_id, patient_id, plan_id,
                       protocol_id, during, status, patient_status, cancelation_reason)
                SELECT booked.id, now(), plan.clinic_id, plan.patient_id, plan.id, plan.protocol_id,
                       tstzrange(starts, starts + interval '{MOOD_40.minutes} minutes'),
                       'booked', 'needs-action', ''
                  FROM booked
                  JOIN clinic_patient patient ON patient.mrn::int = place
                  JOIN scheduler_treatmentplan plan ON plan.patient_id = patient.id
                 ORDER BY number"""
        )
        visits = cursor.rowcount
        cursor.execute(
            """INSERT INTO scheduler_claim (appointment_id, resource_id, phase, units, during, capacity)
               SELECT booked.id, resource, phase, units,
                      tstzrange(opens + low * interval '1 minute', opens + high * interval '1 minute'),
                      capacity
                 FROM booked JOIN on_day USING (number, kind) JOIN box USING (kind, visit)
                ORDER BY number"""
        )
        cursor.execute("DROP TABLE booked, on_day")
    return visits


def fill_the_past(visits: int, a_day: float) -> int:
    """So many visits on the days up to yesterday, written in bulk by the owner of the tables.

    History triggers are off meanwhile. Constraints are taken away for good, except for the indexes that the
    exclusion constraints stand on: those are built anew, as reading goes by them. To prove five million
    claims again one by one takes half an hour and is nothing to whoever reads.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_get_indexdef(conindid) FROM pg_constraint
                WHERE conname = ANY(%s) AND contype = 'x'""",
            [list(CONSTRAINTS)],
        )
        indexes = [definition for (definition,) in cursor.fetchall()]
        for name, table in CONSTRAINTS.items():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        made = fill(f"{TODAY} - {round(visits / a_day)}", f"{TODAY} - 1", weekends=True)
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for definition in indexes:
            cursor.execute(definition)
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return made
