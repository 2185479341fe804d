"""Every change is written down in its own transaction, by whom and why; and stays as it was written."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from clinic import patients, queries
from clinic.history import acting
from clinic.models import AccessLog, Allergy, Membership, Patient, Role
from tests.cast import NOW, House, client_of, make_house, new_id


def test_a_change_carries_the_person_and_the_reason(house: House) -> None:
    patients.update_details(
        actor=house.actor(house.ana),
        patient=house.rosa,
        changes={"city": "Evanston"},
        reason="moved house",
        now=NOW,
    )
    latest = queries.changes_of(house.rosa)[0]
    assert (latest.what, latest.who, latest.reason, latest.fields) == (
        "update",
        "Ana Lima",
        "moved house",
        ["city"],
    )


def test_a_change_over_the_api_names_the_tokens_owner(house: House) -> None:
    client_of(house.ana).patch(f"/api/v1/patients/{house.rosa.pk}/", {"city": "Evanston"})
    latest = queries.changes_of(house.rosa)[0]
    assert (latest.who, latest.door) == ("Ana Lima", "api")


def test_raw_sql_is_caught_and_carries_no_name(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_patient SET city = 'Nowhere' WHERE id = %s", [house.rosa.pk])
    latest = queries.changes_of(house.rosa)[0]
    assert (latest.what, latest.who, latest.fields) == ("update", "", ["city"])


def test_bulk_changes_and_deletions_are_caught(house: House) -> None:
    Allergy.objects.bulk_create([Allergy(patient=house.rosa, substance="Aspirin")])
    Allergy.objects.update(criticality="high")
    Allergy.objects.all().delete()
    events = Allergy.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert list(events.values_list("pgh_label", flat=True)) == ["insert", "update", "delete"]


def test_a_rolled_back_change_leaves_no_history(house: House) -> None:
    before = len(queries.changes_of(house.rosa))
    with transaction.atomic():
        Patient.objects.filter(pk=house.rosa.pk).update(city="Nowhere")
        transaction.set_rollback(True)
    assert len(queries.changes_of(house.rosa)) == before


def test_saving_equal_values_writes_no_history(house: House) -> None:
    before = len(queries.changes_of(house.rosa))
    patients.update_details(
        actor=house.actor(house.ana), patient=house.rosa, changes={"given_names": " Rosa "}, now=NOW
    )
    assert len(queries.changes_of(house.rosa)) == before


@pytest.fixture
def as_the_application(house: House) -> Callable[[str], None]:
    """Runs a statement as the role that web, worker and beat connect as."""
    AccessLog.objects.create(clinic=house.clinic, patient=house.rosa, user=house.ana, what="chart")

    def run(statement: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE chairside_app")
            cursor.execute(statement)

    return run


SEALED = [
    "UPDATE clinic_patientevent SET city = 'x'",
    "DELETE FROM clinic_patientevent",
    "TRUNCATE clinic_patientevent",
    "UPDATE clinic_accesslog SET what = 'x'",
    "DELETE FROM clinic_accesslog",
    "TRUNCATE clinic_accesslog",
    "UPDATE clinic_signinlog SET what = 'signed_in'",
    "DELETE FROM clinic_signinlog",
    "DELETE FROM clinic_stafflook",
    "DELETE FROM clinic_createdid",
    "ALTER TABLE clinic_accesslog DISABLE TRIGGER ALL",
    "ALTER TABLE clinic_patient DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only_rows ON clinic_accesslog",
    "DELETE FROM pghistory_context",
    "UPDATE django_migrations SET name = 'x'",
    "DELETE FROM clinic_consent",
    "DELETE FROM clinic_workitem",
    "DELETE FROM clinic_patient",
    "DELETE FROM scheduler_appointment",
    "DELETE FROM notifications_message",
    "DELETE FROM notifications_deliveryattempt",
    "DELETE FROM notifications_checkinanswer",
    "UPDATE notifications_checkinanswer SET level = 'green'",
    # A table of the same name in pg_temp would stand before the real one.
    "CREATE TEMP TABLE clinic_patientevent (LIKE public.clinic_patientevent)",
]


@pytest.mark.parametrize("statement", SEALED)
def test_the_application_can_neither_rewrite_history_nor_put_its_guards_aside(
    as_the_application: Callable[[str], None], statement: str
) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        as_the_application(statement)


def test_the_application_can_not_tell_history_to_look_away(
    as_the_application: Callable[[str], None], house: House
) -> None:
    """pgtrigger leaves out what a setting names, and anybody may set it; here nothing is left out."""
    names = "SELECT array_agg(tgname::text) FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'"
    as_the_application(
        f"SELECT set_config('pgtrigger.ignore', ({names})::text, true);"
        f"UPDATE clinic_patient SET city = 'Elsewhere' WHERE id = '{house.rosa.pk}'"
    )
    assert queries.changes_of(house.rosa)[0].fields == ["city"]


def test_who_did_what_is_not_rewritten_afterwards(
    as_the_application: Callable[[str], None], house: House
) -> None:
    client_of(house.ana).patch(f"/api/v1/patients/{house.rosa.pk}/", {"city": "Evanston"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pghistory_context DISABLE TRIGGER USER")
        cursor.execute("UPDATE pghistory_context SET created_at = now() - interval '11 minutes'")
        cursor.execute("ALTER TABLE pghistory_context ENABLE TRIGGER USER")
    with pytest.raises(DatabaseError, match="not rewritten"):
        as_the_application("UPDATE pghistory_context SET metadata = '{}'")
    assert queries.changes_of(house.rosa)[0].who == "Ana Lima"


def test_the_application_can_write_history(as_the_application: Callable[[str], None], house: House) -> None:
    as_the_application("UPDATE clinic_patient SET city = 'Evanston'")
    assert queries.changes_of(house.rosa)[0].fields == ["city"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinic_accesslog SET what = 'x'",
        "DELETE FROM clinic_accesslog",
        "TRUNCATE clinic_accesslog",
        "UPDATE clinic_patientevent SET city = 'x'",
        "DELETE FROM clinic_patientevent",
    ],
)
def test_even_the_owner_is_refused_while_the_triggers_stand(house: House, statement: str) -> None:
    AccessLog.objects.create(clinic=house.clinic, patient=house.rosa, user=house.ana, what="chart")
    refused = pytest.raises(DatabaseError, match=r"append-only|Cannot (update|delete)")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE doesn't wait for them
        cursor.execute(statement)
    assert AccessLog.objects.filter(what="chart").count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_acting_the_next_transaction_carries_no_name() -> None:
    house = make_house()
    with acting(house.ana.pk, reason="first"):
        Patient.objects.filter(pk=house.rosa.pk).update(city="Evanston")
    Patient.objects.filter(pk=house.rosa.pk).update(city="Oak Park")
    assert [change.who for change in queries.changes_of(house.rosa)[:2]] == ["", "Ana Lima"]


def test_each_act_of_one_call_carries_its_own_reason(house: House) -> None:
    with acting(house.ana.pk, door="web"):
        for city, reason in (("Evanston", "moved house"), ("Oak Park", "the first was a slip")):
            patients.update_details(
                actor=house.actor(house.ana),
                patient=house.rosa,
                changes={"city": city},
                reason=reason,
                now=NOW,
            )
        Patient.objects.filter(pk=house.rosa.pk).update(city="Berwyn")
    assert [(change.who, change.door, change.reason) for change in queries.changes_of(house.rosa)[:3]] == [
        ("Ana Lima", "web", ""),
        ("Ana Lima", "web", "the first was a slip"),
        ("Ana Lima", "web", "moved house"),
    ]


def test_what_a_worker_writes_after_somebodys_act_carries_nobodys_name(house: House) -> None:
    with acting(None, door="worker"):
        with acting(house.nils.pk):
            Patient.objects.filter(pk=house.rosa.pk).update(city="Evanston")
        Patient.objects.filter(pk=house.rosa.pk).update(city="Oak Park")
    assert [(change.who, change.door) for change in queries.changes_of(house.rosa)[:2]] == [
        ("", "worker"),
        ("Nils Berg", "worker"),
    ]


def test_a_new_role_is_in_the_history_with_who_gave_it(house: House) -> None:
    with acting(house.max.pk, reason="covers for Nils"):
        Membership.objects.create(id=new_id(), user=house.ana, clinic=house.clinic, role=Role.NURSE)
    event = Membership.pgh_event_model.objects.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata == {"user": str(house.max.pk), "reason": "covers for Nils"}
