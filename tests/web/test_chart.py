"""A patient's chart: what stands before the next infusion, how the last ones went, for whom it is."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from clinic import consents, work
from clinic.models import AccessLog, Consent, ConsentScope, Patient, Role, Urgency
from notifications import saying
from notifications.models import Message, MessageKind, MessageStatus
from scheduler.models import Appointment, PlanStatus
from sessions_app.infusing import stopping
from sessions_app.models import ReportedBy, Session
from sessions_app.outcomes import responses
from tests.cast import NOW, TODAY, House, make_user, new_id
from tests.notifications import texts
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.web.pages import browser_of, words
from tests.web.statements import asked

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def chart(house: House, user: Any, query: str = "") -> str:
    """The whole page as it was sent."""
    answer = browser_of(user).get(f"/patients/{house.rosa.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def part(page: str, name: str) -> str:
    """The words of one part of the chart."""
    [section] = re.findall(rf'(?s)<section [^>]*id="{name}".*?</section>', page)
    return said(section)


def notices(page: str) -> list[str]:
    """The list of what stands before the next infusion, in its order."""
    section = "".join(re.findall(r'(?s)<section class="card notices".*?</section>', page))
    return [said(line) for line in re.findall(r"(?s)<li.*?</li>", section)]


def said(markup: str) -> str:
    class Whole:
        content = markup.encode()

    return words(Whole())


def went_home(house: House, *, days_ago: int, **felt: Any) -> Session:
    """An infusion of so many days ago, at its end, with one side effect if there was any."""
    at = NOW - days_ago * DAY
    with time_machine.travel(at, tick=False):
        session = stories.infusing(house, at=at)
        stories.measure(house, session, stories.calm(at + 50 * MINUTE, systolic_mmhg=151, diastolic_mmhg=90))
        session = stories.fresh(session)
        if felt:
            report(house, session, now=at + 55 * MINUTE, **{"onset_at": at + 32 * MINUTE, **felt})
        stopping.stop(actor=house.actor(house.nils), id=new_id(), session=session, now=at + 60 * MINUTE)
    return stories.fresh(session)


def scored(house: House, each: int, *, at: Any) -> None:
    """A PHQ-9 of nine such answers but for the one about self-harm, which is 0."""
    nils = house.actor(house.nils)
    row = responses.begin(
        actor=nils,
        id=new_id(),
        patient=house.rosa,
        instrument="phq-9",
        how="interview",
        occasion="monthly",
        now=at,
    )
    for item in range(1, 10):
        value = 0 if item == 9 else each
        responses.answer(actor=nils, id=new_id(), response=row, item=item, value=value, now=at)
    responses.complete(actor=nils, response=row, now=at)


# --- The head -------------------------------------------------------------------------------------------
def test_the_worst_allergy_stands_first_with_its_risk_in_words(house: House) -> None:
    house.rosa.allergies.create(substance="Aspirin", reaction="Hives", verification_status="unconfirmed")
    house.rosa.allergies.create(substance="Latex", criticality="high", reaction="Throat swelling")
    house.rosa.allergies.create(substance="Pollen", verification_status="entered-in-error")
    page = said(chart(house, house.nils))
    assert "Allergies Latex high risk : Throat swelling Aspirin : Hives (not confirmed)" in page
    assert "Pollen" not in page


def test_whoever_calls_sees_which_language_and_what_time_it_is_there(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(language="es", time_zone="America/Los_Angeles")
    page = said(chart(house, house.ana))
    assert "Spanish" in page
    assert "It is 07:00, Los Angeles" in page
    Patient.objects.filter(pk=house.rosa.pk).update(language="en", time_zone="")
    assert "It is" not in said(chart(house, house.ana))


# --- What stands before the next infusion -----------------------------------------------------------------
def test_nothing_in_the_way_is_said_as_nothing_on_record(house: House, stage: Stage) -> None:
    stage.plan()
    page = chart(house, house.priya)
    assert "Nothing on record stands in its way." in said(page)


def test_a_missing_consent_holds_and_leads_to_where_it_is_recorded(house: House, stage: Stage) -> None:
    stage.plan()
    treatment = house.rosa.consents.get(scope=ConsentScope.TREATMENT)
    consents.revoke(actor=house.actor(house.ana), consent=treatment, how="in person", now=NOW)
    page = chart(house, house.ana)
    [first, *_] = notices(page)
    assert first == "There is no current consent to treatment. Record one first. Record the consent"
    assert "Treatment Taken back Needed before the next visit." in part(page, "consents")
    assert f'href="/patients/{house.rosa.pk}/#consents-title"' in page


def test_a_consent_that_runs_out_before_a_visit_is_told_ahead_and_holds_once_it_has(
    house: House, stage: Stage
) -> None:
    """Signed on 12 December: 31 days later is Tuesday, and the visit is on Wednesday."""
    stage.protocol = next_version(stage.protocol, house, reconsent_after_days=31)
    plan = stage.plan()
    stage.book(plan, "9:30", TODAY + timedelta(days=2))
    page = chart(house, house.ana)
    ahead = "The consent to treatment counts until Tue, Jan 12: it has to be signed again before the visit on"
    assert any(each.startswith(f"{ahead} Wed, Jan 13, 09:30.") for each in notices(page))
    assert "The protocol lets it count until Tue, Jan 12." in part(page, "consents")

    stage.protocol = next_version(stage.protocol, house, reconsent_after_days=29)
    type(plan).objects.filter(pk=plan.pk).update(protocol=stage.protocol)
    page = chart(house, house.ana)
    [first, *_] = notices(page)
    assert first.startswith("The consent to treatment was signed on Sat, Dec 12 2026")
    assert first.endswith("Record the new consent")
    assert "Treatment To be signed again" in part(page, "consents")


def test_an_urgent_answer_holds_for_clinical_eyes_alone(house: House, stage: Stage) -> None:
    stage.plan()
    nils = house.actor(house.nils)
    row = responses.begin(
        actor=nils,
        id=new_id(),
        patient=house.rosa,
        instrument="mood-items",
        how="interview",
        occasion="other",
        now=NOW,
    )
    responses.answer(actor=nils, id=new_id(), response=row, item=3, value=1, now=NOW)
    held = "An urgent answer holds the next start until a prescriber has assessed the patient."
    assert notices(chart(house, house.priya))[0] == f"{held} Assess it"
    assert notices(chart(house, house.nils))[0] == f"{held} Read it"
    for other in (house.ana, house.max):
        assert held not in chart(house, other)


def test_a_visit_after_the_plans_last_day_is_told(house: House, stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "9:00", TODAY + 3 * DAY)
    type(plan).objects.filter(pk=plan.pk).update(valid_until=TODAY + DAY)
    page = chart(house, house.ana)
    assert "A booked visit is later than the plan is valid. See the plan" in notices(page)
    assert "Review by Tue, Jan 12, in 1 day" in part(page, "plan")


def test_a_series_that_was_interrupted_says_by_when_it_was_due(house: House) -> None:
    went_home(house, days_ago=9)
    page = chart(house, house.priya)
    told = "The next session was due by Thu, Jan 7: the series is interrupted"
    assert f"{told}. See the plan" in notices(page)
    assert told in part(page, "plan")


def test_without_a_plan_nothing_can_be_booked(house: House) -> None:
    plan = stories.arrived_visit(house).plan
    type(plan).objects.filter(pk=plan.pk).update(status=PlanStatus.REVOKED)
    page = chart(house, house.ana)
    assert notices(page)[0].startswith("No plan is in force")
    assert "Earlier plans (1)" in part(page, "plan")
    assert "/book/" not in page.split("<main")[1]


def test_a_record_that_nobody_signed_and_a_text_that_nobody_answered_are_told(house: House) -> None:
    texts.give_number(house.clinic)
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13125550171")
    stories.discharged(house)
    texts.text("Is it today?", sender="+13125550171")
    found = notices(chart(house, house.nils))
    assert "The record of Mon, Jan 11, 09:00 is not signed. Open it" in found
    assert "A text of the patient waits for an answer. Read it" in found
    assert "not signed" not in chart(house, house.ana)


def test_who_takes_the_patient_home_is_asked_of_a_visit_to_come_alone(house: House, stage: Stage) -> None:
    nobody = "Nobody is named yet who takes the patient home. Contact"
    Patient.objects.filter(pk=house.rosa.pk).update(escort_name="")
    stage.book(stage.plan(), "10:00")
    assert nobody in notices(chart(house, house.ana))
    with time_machine.travel(NOW + DAY, tick=False):  # nobody has said whether the patient came
        assert nobody not in notices(chart(house, house.ana))


# --- Plan and visits --------------------------------------------------------------------------------------
def test_the_plan_shows_each_session_what_was_given_and_when_the_next_is_due(
    house: House, stage: Stage
) -> None:
    session = went_home(house, days_ago=4)
    plan = session.appointment.plan
    Appointment.objects.filter(pk=session.appointment_id).update(status="fulfilled")
    Session.objects.filter(pk=session.pk).update(
        state="discharged", discharged_at=NOW - 4 * DAY + 2 * 60 * MINUTE
    )
    stage.book(plan, "10:00")
    told = part(chart(house, house.priya), "plan")
    assert "1 of 6 sessions done" in told
    assert "1 Jan 7 Given 35.0 mg 2 Jan 11 Booked 10:00 3 Not booked" in told
    assert "Last given 35.0 mg of 35.0 mg, Thu, Jan 7" in told
    assert "Next visit Mon, Jan 11, 10:00" in told
    assert "The next one to book is due Wed, Jan 13 to Sat, Jan 16" in told
    to_the_desk = part(chart(house, house.ana), "plan")
    assert "1 Jan 7 Done 2 Jan 11 Booked 10:00" in to_the_desk
    assert "35.0" not in to_the_desk


def test_a_visit_tells_how_it_went_to_those_who_may_read_sessions(house: House) -> None:
    went_home(house, days_ago=4, term="nausea", grade=2)
    told = part(chart(house, house.priya), "visits")
    assert "35.0 mg in 40 min" in told
    assert "122/78 to 151/90 highest, 30 min ; SpO₂ 98 %" in told
    assert "Nausea, grade 2" in told
    to_the_desk = part(chart(house, house.ana), "visits")
    for health in ("mg", "151", "Nausea"):
        assert health not in to_the_desk


def test_the_desks_chart_has_no_part_that_is_not_the_desks(house: House) -> None:
    went_home(house, days_ago=4, term="nausea")
    scored(house, 2, at=NOW - 6 * DAY)
    page = chart(house, house.ana)
    for name in ("outcomes", "effects", "looks"):
        assert f'id="{name}"' not in page
        assert f'href="#{name}"' not in page
    for name in ("plan", "visits", "messages", "tasks", "contact", "consents"):
        assert f'id="{name}"' in page
        assert f'href="#{name}"' in page
    main = said(page).split("Parts of this chart")[-1]
    assert "Nausea" not in main
    assert "PHQ-9" not in main


def test_only_the_latest_visits_stand_there_until_all_are_asked_for(house: House) -> None:
    for days in range(1, 11):
        visit = stories.arrived_visit(house, at=NOW - days * 3 * DAY)
        Appointment.objects.filter(pk=visit.pk).update(status="noshow", arrived_at=None)
    page = chart(house, house.ana)
    assert part(page, "visits").count("Missed") == 8
    assert "2 earlier visits" in page
    assert part(chart(house, house.ana, "?visits=all"), "visits").count("Missed") == 10


# --- Outcomes and side effects ----------------------------------------------------------------------------
def test_the_newest_score_is_held_against_the_one_before_the_first_infusion(house: House) -> None:
    scored(house, 2, at=NOW - 30 * DAY)
    went_home(house, days_ago=20)
    scored(house, 0, at=NOW - DAY)
    page = chart(house, house.priya)
    told = part(page, "outcomes")
    assert "PHQ-9 0, minimal Sun, Jan 10" in told
    assert "16 before, 0 now: 16 points fewer Half or more gone: a response; 0 is in remission" in told
    assert len(re.findall('class="plot-infusion"', page)) == 1


def test_a_score_without_a_baseline_is_compared_with_nothing(house: House) -> None:
    went_home(house, days_ago=20)
    scored(house, 1, at=NOW - DAY)
    told = part(chart(house, house.priya), "outcomes")
    assert "Nothing before the first infusion to compare with" in told
    assert "response" not in told


def test_side_effects_stand_by_session_with_who_told_of_them_and_what_came_again(house: House) -> None:
    went_home(house, days_ago=8)
    went_home(house, days_ago=6, term="nausea", action="Head up", source=ReportedBy.PATIENT)
    went_home(house, days_ago=4, term="nausea", grade=2)
    told = part(chart(house, house.priya), "effects")
    assert "Nausea in 2 of 3 infusions, at worst grade 2 last Thu, Jan 7; observed 1, reported 1" in told
    assert "Nausea 1 12 min no end recorded Head up ongoing the patient" in told
    assert "Nausea 2 12 min no end recorded nothing recorded ongoing staff" in told
    assert "None recorded on Sun, Jan 3" in told


# --- Messages, tasks, who looked --------------------------------------------------------------------------
def test_what_was_not_said_stands_with_its_reason_and_no_page_to_staff(house: House) -> None:
    visit = stories.arrived_visit(house)

    def say(kind: str, **columns: Any) -> Message:
        message = saying.say(
            key=f"chart:{kind}",
            clinic_id=house.clinic.pk,
            patient_id=house.rosa.pk,
            kind=kind,
            stage="T-1d",
            due_at=NOW,
            stale_at=NOW + DAY,
            appointment=visit,
            visit_starts_at=visit.starts_at,
        )
        Message.objects.filter(pk=message.pk).update(**columns)
        return message

    say("reminder", status=MessageStatus.FAILED, reason="The text was refused for good.")
    say("confirmation", status=MessageStatus.SENT, sent_at=NOW, delivered_at=NOW)
    saying.say(
        key="chart:page",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind=MessageKind.PAGE,
        stage="page",
        due_at=NOW,
        stale_at=NOW + DAY,
        user=house.nils,
        work_item=work.open_item(
            clinic_id=house.clinic.pk,
            patient_id=house.rosa.pk,
            cause="test:page",
            title="Call back",
            urgency=Urgency.AMBER,
            role=Role.NURSE,
            due_at=NOW,
        ),
    )
    page = chart(house, house.ana)
    told = part(page, "messages")
    assert len(re.findall(r'href="/messages/[0-9a-f-]{36}/"', page)) == 2
    assert "Failed" in told
    assert "The text was refused for good." in told
    assert "Delivered" in told
    assert "They go by e-mail to rosa@patients.example." in told


def test_why_no_message_reaches_the_patient_is_told(house: House) -> None:
    Consent.objects.filter(patient=house.rosa).update(revoked_at=NOW, revoked_how="asked")
    page = chart(house, house.ana)
    assert "None can be sent now. No consent to e-mail." in part(page, "messages")
    assert any("No message reaches the patient: No consent to e-mail." in each for each in notices(page))


def test_tasks_that_are_late_are_told_before_anything_else_is_read(house: House, stage: Stage) -> None:
    stage.plan()
    for number, minutes in enumerate((-10, 30)):
        work.open_item(
            clinic_id=house.clinic.pk,
            patient_id=house.rosa.pk,
            cause=f"test:{number}",
            title="Call back",
            urgency=Urgency.AMBER,
            role=Role.NURSE,
            due_at=NOW + minutes * MINUTE,
        )
    page = chart(house, house.nils)
    assert "2 open tasks, 1 of them overdue. Tasks" in notices(page)
    assert part(page, "tasks").count("Call back") == 2


def test_who_looked_stands_in_the_chart_for_those_who_may_ask(house: House) -> None:
    chart(house, house.nils)
    assert "Nils Berg chart" in part(chart(house, house.max), "looks")
    assert 'id="looks"' not in chart(house, house.nils)


# --- What it costs ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["priya", "ana"])
def test_a_long_chart_asks_no_more_than_a_short_one(house: House, who: str) -> None:
    def more(number: int) -> None:
        went_home(house, days_ago=5 + 4 * number, term="nausea")
        scored(house, 1, at=NOW - (60 - number) * DAY)
        Consent.objects.filter(patient=house.rosa, scope="sms", revoked_at=None).update(revoked_at=NOW)
        house.rosa.allergies.create(substance=f"S{number}")
        AccessLog.objects.create(
            clinic=house.clinic,
            patient=house.rosa,
            user=make_user(house.clinic, f"U{number} N"),
            what="chart",
        )
        work.open_item(
            clinic_id=house.clinic.pk,
            patient_id=house.rosa.pk,
            cause=f"test:{number}",
            title="Call",
            urgency=Urgency.ROUTINE,
            role=Role.NURSE,
            due_at=NOW + number * MINUTE,
        )
        stories.arrived_visit(house, at=NOW + (number + 1) * DAY)

    client, address = browser_of(getattr(house, who)), f"/patients/{house.rosa.pk}/"
    for number in range(2):
        more(number)
    asked(client, address)  # what the frame knows of the machinery is kept for a moment
    few = asked(client, address)
    for number in range(2, 5):
        more(number)
    asked(client, address)
    assert Counter(asked(client, address)) == Counter(few)
    assert len(few) < 45


def test_the_dose_of_a_fixed_order_is_told_in_its_own_basis(house: House) -> None:
    visit = stories.arrived_visit(house, ordered_dose="0.75")
    assert visit.plan.ordered_dose == Decimal("0.75")
    assert "Order 0.75 mg/kg for F33.2 Major depressive disorder" in part(chart(house, house.ana), "plan")
