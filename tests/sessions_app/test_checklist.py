"""The checklist by protocol: what is asked, what blocks, what the patient said beforehand, and what the
record answers itself.
"""

from datetime import timedelta
from typing import Any

import pytest

from clinic.models import AdministrativeGender, Allergy, Consent, ConsentScope, Patient
from clinic.problems import Conflict, Invalid
from scheduler.models import ContraindicationFinding, Finding, Protocol, TreatmentPlan
from sessions_app.infusing import infusion
from sessions_app.models import AnsweredBy, ChecklistAnswer, CheckResult, Session
from sessions_app.preparing import checklist, on_record, overrides
from sessions_app.preparing.checklist import Answer
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.sessions_app.stories import STARTED_AT


def answer(house: House, session: Session, *answers: Answer) -> list[ChecklistAnswer]:
    return checklist.answer(actor=house.actor(house.nils), session=session, answers=answers, now=NOW)


def asking(house: House, *codes: str) -> Session:
    """A session under a protocol that asks these items."""
    stories.active_protocol(house, checklist=list(codes))
    return stories.arrived(house)


def test_a_protocol_that_does_not_say_asks_every_item() -> None:
    assert checklist.items_of(Protocol()) == checklist.ITEMS


def test_a_protocol_asks_its_items_in_our_order_and_its_own_under_their_name(house: House) -> None:
    session = asking(house, "cannula_photo", "fasting", "identity")
    asked = checklist.items_of(session.protocol)
    assert [item.label for item in asked] == [
        "Identity checked by two identifiers",
        "Fasting as the protocol asks",
        "Cannula photo",
    ]
    assert checklist.unmet(session, NOW)["checklist_complete"].endswith("Cannula photo.")
    answer(house, session, *(Answer(item.code, CheckResult.PASS) for item in asked))
    assert checklist.unmet(session, NOW) == {}


def test_an_item_that_this_protocol_does_not_ask_is_refused(house: House) -> None:
    session = asking(house, "fasting")
    with pytest.raises(Invalid, match=r"answers\.mood: This protocol asks no such item\. Items: fasting\."):
        answer(house, session, Answer("mood", CheckResult.PASS))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (CheckResult.FAIL, {"checklist_passed": "Failed: Fasting as the protocol asks."}),
        (CheckResult.UNKNOWN, {"checklist_passed": "Unknown: Fasting as the protocol asks."}),
        (CheckResult.NOT_APPLICABLE, {}),
        (CheckResult.PASS, {}),
    ],
)
def test_unknown_blocks_like_a_failure(house: House, result: CheckResult, said: dict[str, str]) -> None:
    session = asking(house, "fasting")
    answer(house, session, Answer("fasting", result, note="Doesn't remember breakfast"))
    assert checklist.unmet(session, NOW) == said


def test_an_unknown_answer_says_why(house: House) -> None:
    named = r"answers\.fasting\.note: Fasting as the protocol asks: write down why it is unknown"
    with pytest.raises(Invalid, match=named):
        answer(house, stories.arrived(house), Answer("fasting", CheckResult.UNKNOWN))


def patients_own(house: House) -> tuple[Session, ChecklistAnswer]:
    session = stories.arrived(house)
    line = ChecklistAnswer.objects.create(
        session=session,
        item="medicines",
        result=CheckResult.PASS,
        source=AnsweredBy.PATIENT,
        recorded_at=NOW,
        recorded_by=house.nils,
    )
    return session, line


def test_the_patients_answer_sent_along_unchanged_stays_the_patients(house: House) -> None:
    session, _ = patients_own(house)
    assert answer(house, session, Answer("medicines", CheckResult.PASS)) == []


def test_a_nurse_confirms_what_the_patient_said_and_both_lines_are_kept(house: House) -> None:
    session, said = patients_own(house)
    [line] = answer(house, session, Answer("medicines", CheckResult.PASS, confirmed=True, replaces=said.pk))
    assert (line.source, line.corrects, line.correction_reason) == ("staff", said, checklist.AT_THE_CHAIR)
    assert answer(house, session, Answer("medicines", CheckResult.PASS, confirmed=True)) == []


def test_a_nurse_changes_what_the_patient_said_without_another_reason(house: House) -> None:
    session, said = patients_own(house)
    found = Answer("medicines", CheckResult.FAIL, note="A new MAO inhibitor", replaces=said.pk)
    [line] = answer(house, session, found)
    assert (line.corrects, line.correction_reason) == (said, checklist.AT_THE_CHAIR)
    assert "checklist_passed" in checklist.unmet(session, NOW)


# --- What the record answers -------------------------------------------------------------------------------


def stands(session: Session, item: str) -> tuple[str, str, str]:
    [found] = [each for each in checklist.standing(session, NOW) if each.item.code == item]
    return found.result, found.answered_by, found.words


def without_consent(house: House) -> None:
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.TREATMENT).update(
        revoked_at=NOW, revoked_how="In person"
    )


def past_the_plan(house: House) -> None:
    TreatmentPlan.objects.update(valid_until=TODAY - timedelta(days=1))


def test_the_record_answers_what_it_can_prove_with_the_figure_and_its_time(house: House) -> None:
    session = stories.arrived(house)
    assert stands(session, "consent") == ("pass", "record", "Signed Dec 12, 2026, form 2026-1.")
    assert stands(session, "plan") == ("pass", "record", "Active until Dec 27, 2027.")
    assert stands(session, "weight") == ("", "", "No weight is on record: enter it with the dose.")
    worksheet = stories.weigh(house, session, at=NOW)
    assert stands(session, "weight")[2] == "Weighed at 09:00.", "the figure is the second person's to read"
    stories.check_dose(house, session, worksheet, at=NOW)
    assert stands(session, "weight") == ("pass", "record", "Weighed at 09:00, 70 kg.")
    assert stands(session, "pain")[0] == stands(session, "vital_signs")[0] == ""
    stories.measure(house, session, stories.calm(NOW))
    assert stands(session, "pain") == ("pass", "record", "2 of 10 at 09:00.")
    result, _, words = stands(session, "vital_signs")
    assert result == "pass"
    assert words.startswith("Systolic pressure 122 mmHg, Diastolic pressure 78 mmHg, Heart rate 71 /min")
    assert words.endswith("Sedation (RASS) 0; 09:00.")


@pytest.mark.parametrize(
    ("days", "result", "words"),
    [
        (30, "pass", "Signed Dec 12, 2026, form 2026-1; it counts until Jan 11, 2027."),
        (
            29,
            "",
            "The consent to treatment was signed on Sat, Dec 12 2026, and the protocol lets one count for 29",
        ),
    ],
)
def test_a_consent_counts_for_as_long_as_the_protocol_says(
    house: House, days: int, result: str, words: str
) -> None:
    stories.active_protocol(house, reconsent_after_days=days)
    session = stories.arrived(house)
    found, _, said = stands(session, "consent")
    assert found == result
    assert said.startswith(words)


def test_a_patient_who_would_not_rate_the_pain_was_asked(house: House) -> None:
    session = stories.arrived(house)
    stories.measure(house, session, stories.calm(NOW, pain_nrs=None, absent_reason="Patient declined"))
    assert stands(session, "pain") == ("pass", "record", "Patient declined at 09:00.")


@pytest.mark.parametrize("result", [CheckResult.PASS, CheckResult.NOT_APPLICABLE])
@pytest.mark.parametrize(
    ("item", "lacks"),
    [
        ("vital_signs", "Missing within the last 15 minutes: systolic pressure"),
        ("weight", "No weight is on record"),
        ("pain", "No pain is on record"),
        ("consent", "No consent to treatment is on file"),
    ],
)
def test_nobody_passes_an_item_against_the_record(
    house: House, item: str, lacks: str, result: CheckResult
) -> None:
    without_consent(house)
    session = stories.arrived(house)
    with pytest.raises(Invalid, match=lacks) as refused:
        answer(house, session, Answer(item, result, note="As always"))
    [error] = refused.value.data["errors"]
    assert (error["field"], error["code"]) == (f"answers.{item}.result", "against_record")
    assert not session.checklist_answers.exists()


@pytest.mark.parametrize(
    ("change", "lacks"),
    [(without_consent, "No consent to treatment"), (past_the_plan, "The plan is for Jan 4, 2027 to Jan 10")],
)
def test_what_was_passed_holds_only_while_the_record_does(house: House, change: Any, lacks: str) -> None:
    session = stories.prepared(house)
    answer(house, session, Answer("consent", CheckResult.PASS), Answer("plan", CheckResult.PASS))
    change(house)
    with pytest.raises(Conflict) as refused:
        infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=STARTED_AT)
    [blocker] = refused.value.data["blockers"]
    assert blocker["code"] == "checklist_complete"
    assert lacks in blocker["detail"]


def test_what_a_person_finds_stands_against_the_record_until_a_prescriber_decides(house: House) -> None:
    session = stories.prepared(house)
    [line] = answer(house, session, Answer("consent", CheckResult.UNKNOWN, note="Signed for her brother?"))
    assert stands(session, "consent") == ("unknown", "staff", "Signed for her brother?")
    assert "Consent" in checklist.unmet(session, STARTED_AT)["checklist_passed"]
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="checklist:consent",
        about=line.pk,
        reason="Her own signature, I was there",
        now=STARTED_AT,
    )
    assert checklist.unmet(stories.fresh(session), STARTED_AT) == {}


def test_the_start_writes_down_what_the_record_answered(house: House) -> None:
    session = stories.prepared(house)
    assert not session.checklist_answers.filter(item__in=on_record.ANSWERED).exists()
    started = infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=STARTED_AT)
    lines = session.checklist_answers.filter(source=AnsweredBy.RECORD)
    assert {line.item for line in lines} == set(on_record.ANSWERED)
    assert {line.revision for line in lines} == {started.revision}
    assert lines.get(item="weight").note == "Weighed at 09:10, 70 kg."
    later = checklist.standing(stories.fresh(session), STARTED_AT + timedelta(hours=1))
    assert {each.result for each in later} == {"pass"}


def test_no_concern_can_not_be_said_while_an_urgent_answer_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stories.arrived(house)
    monkeypatch.setattr(on_record.safety, "unmet_at_start", lambda patient: {"safety_assessed": ""})
    with pytest.raises(Invalid, match="An urgent answer to a questionnaire waits"):
        answer(house, session, Answer("suicidality", CheckResult.PASS))


def test_what_is_to_be_read_stands_beside_the_item(house: House) -> None:
    earlier = stories.infusing(house)
    for term, grade in (("nausea", 2), ("dizziness", 1)):
        report(house, earlier, term=term, grade=grade, now=STARTED_AT)
    Allergy.objects.create(patient=house.rosa, substance="Latex", reaction="Hives", clinical_status="active")
    session = stories.arrived(house, at=NOW + timedelta(days=3))
    found = on_record.to_look_at(session, session.arrived_at)
    assert found == {
        "fasting": ["The protocol allows clear liquids up to 2 h before, a light meal up to 6 h before."],
        "allergies": ["Latex (Hives)."],
        "pregnancy": ["The chart names no sex: ask. 46 years old."],
        "last_side_effects": ["Jan 11, 2027: Nausea, grade 2 (ongoing)."],
        "medicines": ["Given beside the infusion on Jan 11, 2027: none."],
    }


@pytest.mark.parametrize(
    ("gender", "said"),
    [
        (AdministrativeGender.FEMALE, "On the chart: female. 46 years old."),
        (AdministrativeGender.MALE, "On the chart: male. 46 years old."),
        (AdministrativeGender.UNKNOWN, "The chart names no sex: ask. 46 years old."),
    ],
)
def test_whether_there_can_be_a_pregnancy_is_read_where_it_is_asked(
    house: House, gender: str, said: str
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(gender=gender)
    session = stories.arrived(house)
    assert on_record.to_look_at(session, NOW)["pregnancy"] == [said]
    plan = session.appointment.plan
    ContraindicationFinding.objects.create(plan=plan, item="pregnancy", finding=Finding.ABSENT)
    assert on_record.to_look_at(session, NOW)["pregnancy"] == [said, "The plan's screen: absent."]


# --- Two people, one item ---------------------------------------------------------------------------------


def test_an_answer_that_somebody_gave_meanwhile_is_not_replaced_unseen(house: House) -> None:
    session = stories.arrived(house)
    stories.fail(house, session, "fasting", at=NOW)
    later = Answer("fasting", CheckResult.PASS, reason="Water only", replaces=None)
    with pytest.raises(
        Invalid, match=r"Nils Berg has answered “Fail” \(Toast at eight\) at 09:00"
    ) as refused:
        answer(house, session, later)
    assert [error["code"] for error in refused.value.data["errors"]] == ["stale"]
    seen = session.checklist_answers.get()
    answer(house, session, Answer("fasting", CheckResult.PASS, reason="Water only", replaces=seen.pk))
    assert session.checklist_answers.latest("revision").corrects == seen


def test_the_api_tells_where_each_item_stands_and_what_to_read(house: House) -> None:
    session = stories.arrived(house)
    line = stories.fail(house, session, "fasting", at=NOW)
    rows = client_of(house.nils).get(f"/api/v1/sessions/{session.pk}/checklist/").json()
    by_item = {row["item"]: row for row in rows}
    assert [row["item"] for row in rows] == list(checklist.LABELS)
    fasting = by_item["fasting"]
    assert (fasting["result"], fasting["line"], fasting["of_record"]) == ("fail", str(line.pk), False)
    assert fasting["to_look_at"][0].startswith("The protocol allows clear liquids")
    consent = by_item["consent"]
    assert (consent["result"], consent["answered_by"], consent["line"]) == ("pass", "record", None)
