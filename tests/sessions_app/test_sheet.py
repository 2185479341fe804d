"""A printed record, row by row: what was missed, what was entered later, and everything in words."""

from datetime import timedelta
from decimal import Decimal

from clinic.models import Allergy
from clinic.signin import Proof
from scheduler.prescribing import dose_orders
from sessions_app import notes
from sessions_app.infusing import stopping
from sessions_app.leaving import discharge
from sessions_app.models import Session
from sessions_app.observing import alert_clocks, alerts
from sessions_app.preparing import overrides
from sessions_app.signing import amending, sheet, signing
from tests.cast import PASSWORD, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import full
from tests.sessions_app.effect_stories import go_on, report
from tests.sessions_app.stories import HOME_AT, STARTED_AT
from tests.sessions_app.test_printing import text_of

MINUTE = timedelta(minutes=1)


def table(session: Session, title: str) -> list[dict[str, str]]:
    """The rows of one table of the newest version, by column."""
    tables = sheet.sheet_of(list(session.signed_records.order_by("version"))).tables
    [found] = [each for each in tables if each.title == title]
    return [dict(zip(found.columns, row.cells, strict=True)) for row in found.rows]


def facts(session: Session, title: str) -> dict[str, str]:
    tables = sheet.sheet_of(list(session.signed_records.all())).tables
    [found] = [each for each in tables if each.title == title]
    return {row.cells[0]: row.cells[1] for row in found.rows}


def measured(house: House, *at: float) -> Session:
    """An infusion with a set at each of these minutes after its start."""
    session = stories.infusing(house)
    for minutes in at:
        stories.measure(house, session, stories.calm(STARTED_AT + minutes * MINUTE, dissociation=0))
    return session


def test_the_next_sessions_dose_is_not_told_as_this_ones(house: House) -> None:
    session = stories.discharged(house)
    dose_orders.order_dose(
        actor=house.actor(house.priya),
        plan=session.appointment.plan,
        ordered_dose=Decimal("0.6"),
        was=Decimal("0.5"),
        reason="Half an effect, well borne",
    )
    stories.sign(house, stories.fresh(session))

    assert facts(session, "Patient and plan")["Ordered"] == "0.500 mg/kg"


def test_a_reading_that_fell_due_and_was_not_measured_stands_in_its_place(house: House) -> None:
    session = measured(house, 10)
    missed = STARTED_AT + 20 * MINUTE
    alert_clocks.run_clocks(now=missed + 4 * MINUTE)
    nils = house.actor(house.nils)
    overdue = alerts.open_of(session).get()
    said = "Rosa was in the bathroom."
    alerts.acknowledge(actor=nils, id=new_id(), alert=overdue, words=said, now=missed + 5 * MINUTE)
    for minutes in (30, 40, 85, 100):
        stories.measure(house, session, stories.calm(STARTED_AT + minutes * MINUTE, dissociation=0))
        if minutes == 40:
            stopping.stop(actor=nils, id=new_id(), session=session, now=stories.STOPPED_AT)
    discharge.discharge(actor=nils, id=new_id(), session=session, assessment=stories.FIT, now=HOME_AT)
    stories.account_for_the_vial(house, stories.fresh(session), at=HOME_AT)
    stories.sign(house, session)
    rows = [(row["At"], row["Pressure"], row["Also"]) for row in table(session, "Vital signs")]
    assert rows[1:4] == [
        ("09:30", "122/78", "-"),
        ("09:40", "-", f"due, not measured; {said}"),
        ("09:50", "122/78", "-"),
    ]
    assert [at for at, _, also in rows if also.startswith("due")] == ["09:40", "10:15", "10:30"]


def test_what_was_entered_later_says_when_and_a_correction_stands_at_its_own_time(house: House) -> None:
    session = stories.discharged(house)
    late = stories.calm(STARTED_AT + 10 * MINUTE, heart_rate_per_min=70)
    stories.measure(house, session, late, now=HOME_AT + MINUTE)
    stories.sign(house, session)
    first = session.vital_signs.earliest("measured_at")
    slipped = amending.Correction(
        id=new_id(), content=stories.calm(first.measured_at, systolic_mmhg=131), corrects=first.pk
    )
    signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="The cuff had slipped",
        corrections=[slipped],
        proof=Proof(PASSWORD),
        now=HOME_AT + timedelta(days=1),
    )
    rows = [row for row in table(session, "Vital signs") if row["Pressure"] != "-"]
    assert [row["At"] for row in rows[:3]] == [
        "09:10",
        "09:10, entered 2027-01-12 11:00",
        "09:30, entered 11:01",
    ]
    assert rows[0]["By"] == "Nils Berg, RN; corrected by a later line"
    assert rows[1]["Pressure"] == "131/78"


def test_everything_is_said_in_words(house: House) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Latex", reaction="Hives")
    Allergy.objects.create(patient=house.rosa, substance="Testosetron", clinical_status="resolved")
    session, nils = stories.infusing(house), house.actor(house.nils)
    at = STARTED_AT + 10 * MINUTE
    besides = {"mean_mmhg": 93, "end_tidal_co2_mmhg": 38, "oxygen_l_per_min": Decimal("2.5"), "distress": 3}
    stories.measure(house, session, stories.calm(at, dissociation=5, **besides))
    first = report(house, session, grade=2, onset_at=at, relatedness="Probably-Likely", now=at + MINUTE)
    go_on(house, session, first, 1, outcome="recovering", now=at + 5 * MINUTE)
    stopping.stop(actor=nils, id=new_id(), session=session, now=stories.STOPPED_AT)
    for minutes in (85, 100):
        stories.measure(house, session, stories.calm(STARTED_AT + minutes * MINUTE, dissociation=0))
    discharge.discharge(actor=nils, id=new_id(), session=session, assessment=stories.FIT, now=HOME_AT)
    stories.account_for_the_vial(house, stories.fresh(session), at=HOME_AT)
    stories.sign(house, session)
    patient, course = facts(session, "Patient and plan"), facts(session, "Course")
    assert patient["Allergies"] == "Latex (Hives)"
    assert patient["Indication (ICD-10-CM)"] == "F33.2 Major depressive disorder, recurrent, severe"
    assert course["Given"] == "35.0 mg in 100.00 mL, of 35.0 mg in the bag"
    [dose] = table(session, "Dose worksheet")
    assert dose["Weight"] == "70.0 kg (154.3 lb), weighed 2027-01-11 09:10 CST"
    [reading] = [row for row in table(session, "Vital signs") if row["At"] == "09:30"]
    assert (reading["Diss."], reading["Distress"], reading["RASS"]) == ("5", "3", "0")
    assert reading["Also"] == "Mean pressure 93 mmHg; EtCO₂ 38 mmHg; Oxygen 2.5 L/min"
    began, better = table(session, "Side effects")
    assert (better["Grade"], better["Related"]) == ("1; at its worst 2", "probable or likely")
    assert [(row["Since"], row["As of"]) for row in (began, better)] == [
        ("09:30", "09:30"),
        ("09:30", "09:35"),
    ]
    assert (began["By"], better["By"]) == ("Nils Berg, RN", "Nils Berg, RN")
    [left] = table(session, "Discharge")
    assert left["Home with"] == "Sam Reyes; 312 555 0100; adult seen"
    answered = table(session, "Checklist")[0]
    assert answered["At"] == "09:10"


def test_an_override_tells_what_the_prescriber_let_pass(house: House) -> None:
    session = stories.prepared(house)
    at = session.arrived_at + 15 * MINUTE
    seen = stories.calm(at, systolic_mmhg=165, symptoms=["dyspnoea"])
    high = stories.measure(house, session, seen)
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="start_limits",
        about=high.pk,
        reason="Known hypertension, took her tablet late",
        now=at,
    )
    nils = house.actor(house.nils)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="Fever", now=at + MINUTE)
    priya = house.actor(house.priya)
    for alert in alerts.open_of(session):
        alerts.resolve(actor=priya, id=new_id(), alert=alert, words="Not given", now=at + MINUTE)
    stories.sign(house, session, at=at + 2 * MINUTE, meaning="not_given")
    [row] = table(session, "Let pass by a prescriber")
    assert row["What was seen"].startswith("09:15: 165/78, Heart rate 71 /min")
    assert row["What was seen"].endswith(", trouble breathing")


def test_no_note_turns_the_direction_of_writing(house: House) -> None:
    session = stories.infusing(house)
    text = "Pressure \u202e021/081\u202c, שלום"
    note = notes.Note(text=text)
    line = notes.write(
        actor=house.actor(house.nils), id=new_id(), session=session, note=note, now=STARTED_AT + MINUTE
    )
    assert line.text == "Pressure 021/081, שלום"


def test_no_word_is_broken_on_paper(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    text = text_of(session)
    tables = sheet.sheet_of(list(session.signed_records.all())).tables
    words = {word for each in tables for column in each.columns for word in column.split()}
    assert not {word for word in words if word not in text}
