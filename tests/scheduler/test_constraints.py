"""The rules of the schedule are the database's: each is tried with SQL that no code of ours stands before.

`run` makes deferred rules be looked at inside the attempt.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from clinic.transactions import sqlstate, violated_constraint
from scheduler.models import Appointment, Claim, Opening, Resource
from tests.cast import House, new_id
from tests.scheduler.stage import Stage, set_stage

CLAIM = """INSERT INTO scheduler_claim (appointment_id, resource_id, phase, units, during, capacity)
           VALUES (%s, %s, 'whole', %s::int4range, %s::tstzrange, %s)"""


@dataclass
class Booked:
    """Rosa's visit from 9:30 to 11:30, with chair 1, nurse 1 and the clinician."""

    stage: Stage
    visit: Appointment

    @property
    def chair(self) -> Resource:
        return self.stage.chairs[0]

    @property
    def nurse(self) -> Resource:
        return self.stage.nurses[0]

    def range(self, start: str, end: str) -> str:
        return f"[{self.stage.at(start).isoformat()},{self.stage.at(end).isoformat()})"


@pytest.fixture
def booked(house: House) -> Booked:
    stage = set_stage(house)
    return Booked(stage, stage.book(stage.plan(), "9:30"))


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(sql: str, *values: Any) -> str:
    """Run one statement and give back the name of the constraint that refused it."""
    with pytest.raises(IntegrityError) as refusal:
        run(sql, *values)
    return violated_constraint(refusal.value)


def insert_claim(booked: Booked, resource: Resource, units: str, during: str | None, capacity: int) -> str:
    return refused(CLAIM, booked.visit.pk, resource.pk, units, during, capacity)


def test_two_claims_on_the_same_units_never_overlap(booked: Booked) -> None:
    during = booked.range("11:39", "12:00")

    assert insert_claim(booked, booked.chair, "[0,1)", during, 1) == "claim_no_overlap"


def test_claims_may_touch(booked: Booked) -> None:
    run(CLAIM, booked.visit.pk, booked.chair.pk, "[0,1)", booked.range("11:40", "12:00"), 1)

    assert Claim.objects.filter(resource=booked.chair).count() == 2


def test_a_moved_claim_may_not_overlap_either(booked: Booked) -> None:
    run(CLAIM, booked.visit.pk, booked.chair.pk, "[0,1)", booked.range("12:00", "13:00"), 1)

    name = refused(
        "UPDATE scheduler_claim SET during = %s::tstzrange WHERE during = %s::tstzrange",
        booked.range("11:00", "12:30"),
        booked.range("12:00", "13:00"),
    )

    assert name == "claim_no_overlap"


@pytest.mark.parametrize(("start", "end"), [("8:59", "9:20"), ("16:50", "17:01"), ("20:00", "21:00")])
def test_no_claim_lies_outside_the_hours(booked: Booked, start: str, end: str) -> None:
    name = insert_claim(booked, booked.stage.chairs[1], "[0,1)", booked.range(start, end), 1)

    assert name == "claim_inside_opening"


def test_a_claim_may_span_two_openings_that_touch_and_no_gap(booked: Booked) -> None:
    chair = booked.stage.chairs[1]
    Opening.objects.filter(resource=chair).delete()
    halves = "INSERT INTO scheduler_opening (id, resource_id, during) VALUES (%s, %s, %s::tstzrange)"
    run(halves, new_id(), chair.pk, booked.range("9:00", "12:00"))
    run(halves, new_id(), chair.pk, booked.range("12:00", "13:00"))
    run(halves, new_id(), chair.pk, booked.range("13:01", "17:00"))

    run(CLAIM, booked.visit.pk, chair.pk, "[0,1)", booked.range("11:00", "13:00"), 1)
    name = insert_claim(booked, chair, "[0,1)", booked.range("13:00", "14:00"), 1)

    assert name == "claim_inside_opening"


@pytest.mark.parametrize("units", ["[5,7)", "[6,7)", "[-1,1)", "[0,)", "(,3)"])
def test_no_claim_lies_outside_the_capacity(booked: Booked, units: str) -> None:
    name = insert_claim(booked, booked.nurse, units, booked.range("14:00", "15:00"), 6)

    assert name == "claim_units_inside_capacity"


def test_a_claim_cannot_lie_about_the_capacity(booked: Booked) -> None:
    name = insert_claim(booked, booked.nurse, "[6,7)", booked.range("14:00", "15:00"), 7)

    assert name == "claim_inside_capacity"


def test_capacity_is_not_lowered_under_a_booking(booked: Booked) -> None:
    """Preparation holds all six units, so not even one can go."""
    name = refused("UPDATE scheduler_resource SET capacity = 5 WHERE id = %s", booked.nurse.pk)

    assert name == "claim_units_inside_capacity"


def test_a_raised_capacity_reaches_the_claims(booked: Booked) -> None:
    run("UPDATE scheduler_resource SET capacity = 8 WHERE id = %s", booked.nurse.pk)

    assert set(Claim.objects.filter(resource=booked.nurse).values_list("capacity", flat=True)) == {8}


def test_a_shift_is_not_shortened_under_a_booking(booked: Booked) -> None:
    name = refused(
        "UPDATE scheduler_opening SET during = %s::tstzrange WHERE resource_id = %s AND during @> %s",
        booked.range("9:00", "11:00"),
        booked.nurse.pk,
        booked.stage.at("9:30"),
    )

    assert name == "claim_inside_opening"


def test_a_shift_is_not_taken_away_under_a_booking(booked: Booked) -> None:
    name = refused(
        "DELETE FROM scheduler_opening WHERE resource_id = %s AND during @> %s",
        booked.nurse.pk,
        booked.stage.at("9:30"),
    )

    assert name == "claim_inside_opening"


def test_a_shift_may_be_shortened_to_what_is_booked(booked: Booked) -> None:
    run(
        "UPDATE scheduler_opening SET during = %s::tstzrange WHERE resource_id = %s AND during @> %s",
        booked.range("9:30", "11:30"),
        booked.nurse.pk,
        booked.stage.at("9:30"),
    )


def test_two_openings_of_a_resource_never_overlap(booked: Booked) -> None:
    name = refused(
        "INSERT INTO scheduler_opening (id, resource_id, during) VALUES (%s, %s, %s::tstzrange)",
        new_id(),
        booked.chair.pk,
        booked.range("16:59", "18:00"),
    )

    assert name == "opening_no_overlap"


@pytest.mark.parametrize(
    ("units", "during", "constraint"),
    [
        ("empty", "[2027-01-11 20:00Z,2027-01-11 21:00Z)", "claim_not_empty"),
        ("[3,3)", "[2027-01-11 20:00Z,2027-01-11 21:00Z)", "claim_not_empty"),
        ("[0,1)", "empty", "claim_not_empty"),
        ("[0,1)", "[2027-01-11 20:00Z,2027-01-11 20:00Z)", "claim_not_empty"),
        ("[0,1)", "[2027-01-11 20:00Z,)", "claim_bounded"),
        ("[0,1)", "(,2027-01-11 21:00Z)", "claim_bounded"),
    ],
)
def test_empty_and_endless_claims_are_refused(
    booked: Booked, units: str, during: str, constraint: str
) -> None:
    """They would slip past the exclusion constraint: nothing overlaps an empty range."""
    assert insert_claim(booked, booked.nurse, units, during, 6) == constraint


@pytest.mark.parametrize("column", ["appointment_id", "resource_id", "units", "during", "capacity"])
def test_a_claim_without_one_of_its_parts_is_refused(booked: Booked, column: str) -> None:
    """A null equals nothing, so it would slip past the constraints too."""
    with pytest.raises(IntegrityError) as refusal:
        run(f"UPDATE scheduler_claim SET {column} = NULL WHERE resource_id = %s", booked.nurse.pk)

    assert sqlstate(refusal.value) == "23502"  # not_null_violation


@pytest.mark.parametrize(
    ("during", "constraint"),
    [
        ("empty", "opening_not_empty"),
        ("[2027-02-01,)", "opening_bounded"),
        ("(,2027-01-01)", "opening_bounded"),
    ],
)
def test_empty_and_endless_openings_are_refused(booked: Booked, during: str, constraint: str) -> None:
    insert = "INSERT INTO scheduler_opening (id, resource_id, during) VALUES (%s, %s, %s::tstzrange)"

    assert refused(insert, new_id(), booked.chair.pk, during) == constraint


def insert_visit(booked: Booked, patient: UUID, clinic: UUID, during: str, status: str = "booked") -> None:
    visit = booked.visit
    run(
        """INSERT INTO scheduler_appointment
           (id, clinic_id, patient_id, plan_id, protocol_id, during, status, patient_status,
            cancelation_reason)
           VALUES (%s, %s, %s, %s, %s, %s::tstzrange, %s, 'needs-action', '')""",
        new_id(),
        clinic,
        patient,
        visit.plan_id,
        visit.protocol_id,
        during,
        status,
    )


def visit_refused(booked: Booked, **values: Any) -> str:
    defaults = {"patient": booked.visit.patient_id, "clinic": booked.visit.clinic_id}
    with pytest.raises(IntegrityError) as refusal:
        insert_visit(booked, **{**defaults, **values})
    return violated_constraint(refusal.value)


def test_a_patient_is_never_in_two_places(booked: Booked) -> None:
    name = visit_refused(booked, during=booked.range("11:29", "13:00"))

    assert name == "appointment_patient_in_one_place"


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_a_visit_that_does_not_take_place_takes_no_place(booked: Booked, status: str) -> None:
    insert_visit(
        booked, booked.visit.patient_id, booked.visit.clinic_id, booked.range("11:00", "13:00"), status
    )


def test_a_cancelled_visit_does_not_come_back_over_another(booked: Booked) -> None:
    insert_visit(
        booked, booked.visit.patient_id, booked.visit.clinic_id, booked.range("11:00", "13:00"), "cancelled"
    )

    name = refused("UPDATE scheduler_appointment SET status = 'booked' WHERE status = 'cancelled'")

    assert name == "appointment_patient_in_one_place"


@pytest.mark.parametrize(
    ("during", "constraint"),
    [("empty", "appointment_not_empty"), ("[2027-01-11 20:00Z,)", "appointment_bounded")],
)
def test_empty_and_endless_visits_are_refused(booked: Booked, during: str, constraint: str) -> None:
    assert visit_refused(booked, during=during) == constraint


def test_a_visit_stands_in_its_plans_clinic_and_is_its_plans_patients(
    booked: Booked, other_house: House
) -> None:
    later = booked.range("14:00", "15:00")

    assert visit_refused(booked, clinic=other_house.clinic.pk, during=later) == "appointment_same_clinic"
    assert (
        visit_refused(booked, patient=booked.stage.house.omar.pk, during=later) == "appointment_same_clinic"
    )
    assert visit_refused(booked, patient=other_house.rosa.pk, during=later) == "appointment_same_clinic"


def test_a_plan_stands_in_its_patients_clinic(booked: Booked, other_house: House) -> None:
    name = refused(
        "UPDATE scheduler_treatmentplan SET patient_id = %s WHERE id = %s",
        other_house.rosa.pk,
        booked.stage.plan(booked.stage.house.omar).pk,
    )

    assert name == "plan_same_clinic"


def test_a_reason_is_given_only_for_what_did_not_take_place(booked: Booked) -> None:
    """FHIR's invariant app-4."""
    name = refused("UPDATE scheduler_appointment SET cancelation_reason = 'pat'")

    assert name == "appointment_reason_with_cancelled"


def test_a_chair_holds_one_patient(booked: Booked) -> None:
    name = refused("UPDATE scheduler_resource SET capacity = 2 WHERE id = %s", booked.stage.chairs[1].pk)

    assert name == "resource_chair_holds_one"


def test_a_protocol_version_never_changes(booked: Booked) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update rows from scheduler_protocol"):
        run("UPDATE scheduler_protocol SET dose_hard_max = 9")
    with pytest.raises(ProgrammingError, match="Cannot delete rows from scheduler_protocol"):
        run("DELETE FROM scheduler_protocol WHERE status = 'draft'")


def test_an_active_protocol_is_signed_and_there_is_one_version(booked: Booked) -> None:
    assert refused("UPDATE scheduler_protocol SET status = 'active'") == "protocol_active_is_signed"
