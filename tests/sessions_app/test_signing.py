"""A signed record never changes silently: what is frozen, who refuses changes, and how they are found."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from clinic.models import Patient
from clinic.problems import Conflict, Invalid
from clinic.signin import Proof
from sessions_app.infusing import stopping
from sessions_app.lines import PARTS
from sessions_app.models import Session, SideEffect, SignedRecord, VitalSigns
from sessions_app.observing import side_effects
from sessions_app.signing import amending, record, signing
from sessions_app.signing.verification import verify_chain
from tests.cast import NOW, PASSWORD, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers, one_of_each
from tests.sessions_app.effect_stories import calls
from tests.sessions_app.stories import HOME_AT, MEANING, SAYS

LATER = HOME_AT + timedelta(hours=20)


def amend(house: House, session: Session, *corrections: amending.Correction) -> SignedRecord:
    return signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="The cuff had slipped: the pressure was read again.",
        corrections=corrections,
        proof=Proof(PASSWORD),
        now=LATER,
    )


def corrected_reading(session: Session, **changes: int) -> amending.Correction:
    line = VitalSigns.objects.filter(session=session).earliest("recorded_at")
    return amending.Correction(
        id=new_id(), content=stories.calm(line.measured_at, **changes), corrects=line.pk
    )


def test_a_signature_freezes_everything_that_was_recorded(house: House) -> None:
    session = stories.discharged(house)
    signed = stories.sign(house, session)

    frozen = json.loads(signed.content)
    assert frozen["signature"]["meaning"] == SAYS
    assert frozen["protocol"]["code"] == "mood-40"
    assert frozen["protocol"]["version"] == 1
    assert frozen["patient"]["mrn"] == "MRN-ROSA"
    assert frozen["plan"]["ordered_dose"] == "0.500"
    assert len(frozen["checklist"]) == 19
    assert frozen["dose"][0]["dose_mg"] == "35.0"
    assert [step["kind"] for step in frozen["infusion"]] == ["start", "stop"]
    assert [line["systolic_mmhg"] for line in frozen["vital_signs"]] == [122, 122, 122]
    assert frozen["discharge"][0]["escort_name"] == "Sam Reyes"
    assert frozen["session"]["ended_as"] == "discharged"
    assert frozen["people"][str(house.nils.pk)] == {"name": "Nils Berg", "credentials": "RN"}
    assert frozen["people"][str(house.priya.pk)]["credentials"] == "MD"
    assert signed.content == record.canonical(frozen)
    assert stories.fresh(session).state == "signed"
    assert verify_chain(patient=house.rosa) is None


def test_a_session_in_which_nothing_was_given_is_signed_like_any_other(house: House) -> None:
    session = stories.arrived(house)
    stopping.not_given(
        actor=house.actor(house.nils), id=new_id(), session=session, reason="No ride home", now=NOW
    )
    signed = stories.sign(house, session, meaning="not_given")
    frozen = json.loads(signed.content)["session"]
    assert (frozen["ended_as"], frozen["stop_reason"]) == ("not_given", "No ride home")


def test_a_running_session_cannot_be_signed(house: House) -> None:
    with pytest.raises(Conflict) as refused:
        stories.sign(house, stories.recovering(house))
    assert refused.value.code == "wrong_state"
    assert "must be discharged or not given" in refused.value.detail


def test_a_signature_says_what_it_means(house: House) -> None:
    session = stories.discharged(house)
    with pytest.raises(Invalid, match="meaning"):
        stories.sign(house, session, meaning="")


def test_a_correction_after_signing_becomes_a_new_version_beside_the_old(house: House) -> None:
    session = stories.signed(house)
    amendment = amend(house, session, corrected_reading(session, systolic_mmhg=132))

    first, second = SignedRecord.objects.filter(session=session).order_by("version")
    assert (second.pk, second.version) == (amendment.pk, 2)
    assert second.previous_sha256 == first.sha256
    assert second.reason.startswith("The cuff had slipped")
    old, new = (json.loads(version.content)["vital_signs"] for version in (first, second))
    assert [line["systolic_mmhg"] for line in old] == [122, 122, 122]
    assert sorted(line["systolic_mmhg"] for line in new) == [122, 122, 122, 132]
    correction = next(line for line in new if line["corrects"])
    assert correction["corrects"] == old[0]["id"]
    assert correction["correction_reason"] == second.reason
    assert verify_chain(patient=house.rosa) is None


def test_a_side_effect_heard_of_later_is_a_late_entry_of_an_amendment(house: House) -> None:
    session = stories.signed(house)
    report = side_effects.Report(term="nausea", grade=1, onset_at=NOW + timedelta(minutes=30))
    amend(house, session, amending.Correction(id=new_id(), content=report))
    assert session.side_effects.get().amendment is not None
    assert verify_chain(patient=house.rosa) is None


def became(effect: SideEffect, **state: Any) -> side_effects.Course:
    at = HOME_AT + timedelta(hours=2)
    return side_effects.Course(effect=effect.pk, state=side_effects.State(**{"as_of": at, **state}))


def with_nausea(house: House) -> tuple[Session, SideEffect]:
    """A signed session of which nausea was heard of later."""
    session = stories.signed(house)
    report = side_effects.Report(term="nausea", grade=2, onset_at=NOW + timedelta(minutes=30))
    amend(house, session, amending.Correction(id=new_id(), content=report))
    return session, session.side_effects.get()


def test_what_is_amended_to_be_worse_calls_for_the_patient_and_not_to_the_chair(house: House) -> None:
    session, effect = with_nausea(house)
    amend(house, session, amending.Correction(id=new_id(), content=became(effect, grade=3)))
    [call] = calls().filter(closed_at=None)
    assert call.title == "Call the patient, who has left the chair: serious side effect"
    end = became(effect, grade=1, outcome="resolved", as_of=LATER, ended_at=LATER)
    amend(house, session, amending.Correction(id=new_id(), content=end))
    assert calls().get() == call


def test_an_amended_state_is_told_with_its_moment(house: House) -> None:
    session, effect = with_nausea(house)
    with pytest.raises(Invalid, match="as_of: Say since when"):
        amend(house, session, amending.Correction(id=new_id(), content=became(effect, grade=1, as_of=None)))


def test_what_corrects_no_line_says_so_when_it_is_sent_to_correct_one(house: House) -> None:
    session, effect = with_nausea(house)
    for content in (became(effect, grade=1), amending.Witnessed(waste=new_id())):
        with pytest.raises(Invalid) as refused:
            amend(house, session, amending.Correction(id=new_id(), content=content, corrects=effect.pk))
        assert refused.value.data["errors"][0]["field"] == "corrections.0.corrects"


def test_an_amended_term_is_followed_by_the_course(house: House) -> None:
    session, effect = with_nausea(house)
    amend(house, session, amending.Correction(id=new_id(), content=became(effect, grade=1)))
    vomiting = side_effects.Report(term="vomiting", grade=2, onset_at=effect.onset_at)
    signed = amend(house, session, amending.Correction(id=new_id(), content=vomiting, corrects=effect.pk))
    frozen = json.loads(signed.content)["side_effects"]
    corrected = {line["corrects"] for line in frozen}
    # Lines of one moment are in the order of their ids.
    standing = {(line["term"], line["grade"]) for line in frozen if line["id"] not in corrected}
    assert standing == {("vomiting", 2), ("vomiting", 1)}
    assert verify_chain(patient=house.rosa) is None


def test_an_amendment_names_the_place_of_what_is_wrong_and_then_writes_nothing(house: House) -> None:
    session = stories.signed(house)
    good = corrected_reading(session, systolic_mmhg=132)
    bad = amending.Correction(id=new_id(), content=stories.calm(NOW, systolic_mmhg=999))
    with pytest.raises(Invalid) as refused:
        amend(house, session, good, bad)
    assert refused.value.data["errors"][0]["field"] == "corrections.1.systolic_mmhg"
    assert session.signed_records.count() == 1
    assert session.vital_signs.count() == 3


def test_an_amendment_needs_a_reason_and_a_line(house: House) -> None:
    session = stories.signed(house)
    with pytest.raises(Invalid, match="corrections"):
        amend(house, session)
    with pytest.raises(Invalid, match="reason"):
        signing.amend(
            actor=house.actor(house.nils),
            id=new_id(),
            session=session,
            reason="",
            corrections=[],
            proof=Proof(PASSWORD),
            now=LATER,
        )


def test_a_line_is_corrected_once_and_then_the_correction_is(house: House) -> None:
    session = stories.signed(house)
    correction = corrected_reading(session, systolic_mmhg=132)
    amend(house, session, correction)
    with pytest.raises(Invalid, match="corrected before"):
        amend(house, session, corrected_reading(session, systolic_mmhg=140))
    again = amending.Correction(
        id=new_id(), content=stories.calm(NOW, systolic_mmhg=140), corrects=correction.id
    )
    assert amend(house, session, again).version == 3


def test_an_unsigned_session_cannot_be_amended(house: House) -> None:
    session = stories.discharged(house)
    with pytest.raises(Conflict, match="must be signed"):
        amend(house, session, corrected_reading(session, systolic_mmhg=132))


def test_a_patients_sessions_make_one_chain(house: House) -> None:
    stories.signed(house)
    stories.signed(house, at=NOW + timedelta(days=3))
    stories.signed(house, house.omar)
    first, second = SignedRecord.objects.filter(patient=house.rosa).order_by("chain_position")
    assert (first.chain_position, second.chain_position) == (1, 2)
    assert second.previous_sha256 == first.sha256
    assert SignedRecord.objects.get(patient=house.omar).chain_position == 1


GUARDED = ["signedrecord", "session", *(model._meta.model_name for model in PARTS.values())]


@pytest.mark.parametrize("role", ["chairside_owner", "chairside_app"])
def test_the_database_refuses_to_change_what_was_signed(house: House, role: str) -> None:
    """Also of a table without a row: the refusal must not wait for the first one, but of UPDATE and DELETE
    only a row can tell."""
    session = stories.signed(house)
    one_of_each(session)
    statements = [
        statement
        for table in GUARDED
        for statement in (
            f"UPDATE sessions_app_{table} SET id = id",
            f"DELETE FROM sessions_app_{table}",
            f"TRUNCATE sessions_app_{table} CASCADE",
        )
    ]
    refusals = {statement: _refusal(role, statement) for statement in statements}
    # A trigger's refusal, or no such right.
    assert {each: code for each, code in refusals.items() if code not in ("23000", "42501")} == {}


def test_the_database_refuses_a_line_for_a_signed_session(house: House) -> None:
    session = stories.signed(house)
    line = {
        "session": session,
        "measured_at": NOW,
        "pain_nrs": 3,
        "recorded_by": house.nils,
        "recorded_at": LATER,
    }
    for amendment_id in (None, session.signed_records.get().pk):
        with pytest.raises(IntegrityError, match="is signed: write an amendment"), transaction.atomic():
            VitalSigns.objects.create(**line, amendment_id=amendment_id)


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        ("signedrecord", "content = overlay(content placing 'X' from 200)", "content isn't what was hashed"),
        ("signedrecord", "sha256 = repeat('0', 64)", "content isn't what was hashed"),
        ("signedrecord", "previous_sha256 = repeat('0', 64)", "hash of the link before"),
        ("signedrecord", "meaning = 'something else'", "columns differ"),
        ("signedrecord", "signed_at = signed_at + interval '1 second'", "columns differ"),
        (
            "signedrecord",
            "signed_by_id = (SELECT id FROM clinic_user WHERE full_name = 'Priya Nair')",
            "columns differ",
        ),
        ("signedrecord", "chain_position = 7", "position 1 is missing"),
        ("vitalsigns", "systolic_mmhg = systolic_mmhg + 1", "vital_signs.0.systolic_mmhg"),
        ("session", "stop_reason = 'x'", "session.stop_reason"),
    ],
)
def test_a_change_past_the_triggers_is_found(house: House, table: str, change: str, found: str) -> None:
    stories.signed(house)
    behind_the_triggers(f"UPDATE sessions_app_{table} SET {change}")
    broken = verify_chain(patient=house.rosa)
    assert broken is not None
    assert broken.chain_position == 1
    assert found in broken.what


def test_a_line_added_past_the_triggers_is_found(house: House) -> None:
    stories.signed(house)
    behind_the_triggers(
        "INSERT INTO sessions_app_infusionevent (id, session_id, kind, reason, correction_reason, revision,"
        " recorded_by_id, recorded_at) SELECT gen_random_uuid(), session_id, 'pause', '', '', 0,"
        " recorded_by_id, now() FROM sessions_app_infusionevent LIMIT 1"
    )
    broken = verify_chain(patient=house.rosa)
    assert broken is not None
    assert "infusion (2 lines signed, 3 stored)" in broken.what


def test_a_removed_record_is_found(house: House) -> None:
    stories.signed(house)
    behind_the_triggers("DELETE FROM sessions_app_signedrecord")
    broken = verify_chain(patient=house.rosa)
    assert broken is not None
    assert "has no record" in broken.what


def test_verify_records_walks_every_chain_and_names_the_first_broken_link(house: House) -> None:
    stories.signed(house)
    stories.signed(house, at=NOW + timedelta(days=3))
    stories.signed(house, house.omar)
    heard = StringIO()
    call_command("verify_records", stdout=heard)
    assert heard.getvalue() == "All 2 chains hold.\n"

    behind_the_triggers("UPDATE sessions_app_signedrecord SET meaning = 'x' WHERE chain_position = 2")
    with pytest.raises(CommandError, match="1 of 2 chains are broken"):
        call_command("verify_records", stdout=heard)
    assert f"BROKEN patient {house.rosa.pk}, link 2: its signature's columns differ" in heard.getvalue()


def test_a_change_of_names_outside_breaks_no_chain(house: House) -> None:
    stories.signed(house)
    Patient.objects.filter(pk=house.rosa.pk).update(family_name="Delgado-Ruiz")
    assert verify_chain(patient=house.rosa) is None


def _as_role(role: str, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as if the signature were committed
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(statement)


def _refusal(role: str, statement: str) -> str | None:
    """The code with which PostgreSQL refuses it; of what it lets through, none."""
    try:
        _as_role(role, statement)
    except (IntegrityError, ProgrammingError) as refused:
        return getattr(refused.__cause__, "sqlstate", "")
    return None


def slipped_in(house: House) -> Session:
    """A line for Rosa's signed session that names an amendment of Omar's, written right after it."""
    rosas, omars = stories.signed(house), stories.signed(house, house.omar)
    amendment_id = new_id()
    VitalSigns.objects.create(
        session=rosas,
        measured_at=NOW,
        pain_nrs=9,
        recorded_by=house.nils,
        recorded_at=LATER,
        amendment_id=amendment_id,
    )
    first = omars.signed_records.get()
    SignedRecord.objects.create(
        id=amendment_id,
        session=omars,
        patient=house.omar,
        version=2,
        chain_position=2,
        content=first.content,
        sha256=record.chain_hash(first.sha256, first.content),
        previous_sha256=first.sha256,
        meaning=MEANING,
        reason="Forged",
        signed_by=house.nils,
        signed_at=LATER,
    )
    return rosas


def test_a_line_can_not_hide_behind_an_amendment_of_another_session(house: House) -> None:
    def forge() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            slipped_in(house)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as at the end of any transaction

    with pytest.raises(IntegrityError, match="vitalsigns_amendment_of_its_session"):
        forge()


def test_a_line_slipped_in_past_the_keys_is_found(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE sessions_app_vitalsigns DROP CONSTRAINT vitalsigns_amendment_of_its_session"
        )
    session = slipped_in(house)
    broken = verify_chain(patient=session.patient)
    assert broken is not None
    assert "outside its versions" in broken.what
