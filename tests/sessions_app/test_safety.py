"""An answer about self-harm holds the next infusion until a prescriber has assessed the patient."""

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from clinic.models import Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import infusion
from sessions_app.models import SafetyAssessment, SafetyConcern
from sessions_app.outcomes import responses
from sessions_app.preparing import safety
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, House, client_of, make_house, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words

BEFORE = NOW - timedelta(days=1)
NEEDED = "An urgent answer to a questionnaire must be assessed by a prescriber."
FOUND = "No intent, no plan; safe at home with her sister."


def asked(house: House, value: int = 1, *, item: int = 9, instrument: str = "phq-9") -> Any:
    """Rosa is read the questionnaire the day before, and gives this one answer."""
    nils = house.actor(house.nils)
    response = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument=instrument, how="interview", now=BEFORE
    )
    responses.answer(actor=nils, id=new_id(), response=response, item=item, value=value, now=BEFORE)
    return response


def assess(house: House, concern: SafetyConcern, now: datetime = NOW, said: str = FOUND) -> SafetyAssessment:
    return safety.assess(actor=house.actor(house.priya), id=new_id(), concern=concern, words=said, now=now)


def start(house: House, session: Any) -> None:
    infusion.start(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        now=session.arrived_at + timedelta(minutes=20),
    )


@pytest.mark.parametrize("value", [1, 2, 3])
def test_no_infusion_starts_until_a_prescriber_has_assessed_the_answer(house: House, value: int) -> None:
    session = stories.prepared(house)
    asked(house, value)
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert refused.value.data["blockers"] == [{"code": "safety_assessed", "detail": NEEDED}]
    assess(house, SafetyConcern.objects.get())
    start(house, session)
    assert stories.fresh(session).state == "infusing"


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_being_given_at_this_moment_holds_the_start_too() -> None:
    house = make_house()
    session = stories.prepared(house)
    given, begun = Event(), Event()

    def answer_slowly() -> None:
        with transaction.atomic():
            asked(house)
            given.set()
            while not begun.wait(0.05) and not somebody_waits():
                pass

    def start_now() -> None:
        given.wait(PATIENCE_SECONDS)
        start(house, session)
        begun.set()

    _, outcome = at_once(answer_slowly, start_now)
    assert isinstance(outcome, Conflict)
    assert [each["code"] for each in outcome.data["blockers"]] == ["safety_assessed"]


def test_an_answer_that_waited_for_a_start_is_not_raised_before_it(house: House) -> None:
    session = stories.infusing(house)
    asked(house)
    assert SafetyConcern.objects.get().raised_at == session.started_at


def test_neither_a_taken_back_answer_nor_one_entered_in_error_lets_it_start(house: House) -> None:
    session, nils = stories.prepared(house), house.actor(house.nils)
    response = asked(house)
    responses.answer(actor=nils, id=new_id(), response=response, item=9, value=0, now=BEFORE)
    responses.enter_in_error(actor=nils, response=response, reason="Misheard", now=BEFORE)
    with pytest.raises(Conflict, match="urgent answer"):
        start(house, session)


@pytest.mark.parametrize(
    "harmless", [{"value": 0}, {"item": 8, "value": 3}, {"instrument": "pcl-5", "value": 4}]
)
def test_other_answers_hold_nothing(house: House, harmless: dict[str, Any]) -> None:
    asked(house, **harmless)
    start(house, stories.prepared(house))


def test_another_patients_answer_holds_only_their_own_start(house: House) -> None:
    asked(house)
    start(house, stories.prepared(house, house.omar))


def test_the_prescribers_task_opens_at_once_due_by_the_next_visit(house: House) -> None:
    visit = stories.arrived_visit(house, at=BEFORE + timedelta(hours=5))
    type(visit).objects.update(status="booked", arrived_at=None)
    asked(house)
    task = WorkItem.objects.get(role="prescriber")
    assert (task.urgency, task.due_at, task.patient) == (Urgency.RED, visit.starts_at, house.rosa)
    assert "PHQ" not in task.title
    assess(house, SafetyConcern.objects.get())
    task.refresh_from_db()
    assert (task.closed_by, FOUND in task.outcome) == (house.priya, False)


def test_without_a_visit_the_task_is_due_within_a_day(house: House) -> None:
    asked(house)
    assert WorkItem.objects.get(role="prescriber").due_at == BEFORE + timedelta(days=1)


def test_each_answer_has_an_assessment_of_its_own(house: House) -> None:
    session, response = stories.prepared(house), asked(house, 1)
    responses.answer(
        actor=house.actor(house.nils), id=new_id(), response=response, item=9, value=3, now=BEFORE
    )
    first, second = SafetyConcern.objects.order_by("answer__value")
    assess(house, first)
    with pytest.raises(Conflict, match="urgent answer"):
        start(house, session)
    assess(house, second)
    start(house, session)


def test_an_assessment_has_words_and_is_written_once(house: House) -> None:
    asked(house)
    concern = SafetyConcern.objects.get()
    with pytest.raises(Invalid, match="words"):
        assess(house, concern, said="  ")
    assess(house, concern)
    with pytest.raises(Conflict, match="assessed already"):
        assess(house, concern)


@pytest.mark.parametrize("table", ["safetyconcern", "safetyassessment"])
@pytest.mark.parametrize("change", ["UPDATE {} SET created_at = now()", "DELETE FROM {}"])
def test_nothing_of_it_is_ever_changed_or_taken_away(house: House, table: str, change: str) -> None:
    asked(house)
    assess(house, SafetyConcern.objects.get())
    with (
        pytest.raises(IntegrityError, match="is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(f"sessions_app_{table}"))


def test_on_the_page_a_nurse_sees_what_waits_and_a_prescriber_assesses_it(house: House) -> None:
    session = stories.prepared(house)
    asked(house)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    shown = nils.get(reverse("session", args=[session.pk]))
    assert (
        f'<a href="{reverse("patient_safety", args=[house.rosa.pk])}">{NEEDED}</a>' in shown.content.decode()
    )
    page = reverse("patient_safety", args=[house.rosa.pk])
    assert "A prescriber has a task to assess the patient." in words(nils.get(page))
    address = reverse("assess_safety", args=[SafetyConcern.objects.get().pk])
    assert nils.post(address, {"id": new_id(), "words": FOUND}).status_code == 403
    refused = priya.post(address, {"id": new_id(), "words": ""})
    assert refused.status_code == 400
    assert "Write down what you found and what was agreed." in words(refused)
    assert priya.post(address, {"id": new_id(), "words": FOUND})["Location"] == page
    assert FOUND in words(nils.get(page))
    assert NEEDED not in words(nils.get(reverse("session", args=[session.pk])))


def test_over_the_api_what_waits_is_listed_and_assessed(house: House, other_house: House) -> None:
    asked(house, 2)
    priya, address = client_of(house.priya), f"/api/v1/safety-concerns/?patient={house.rosa.pk}"
    [concern] = priya.get(address).json()["results"]
    assert (concern["value"], concern["assessment"]) == (2, None)
    path = f"/api/v1/safety-concerns/{concern['id']}/assess/"
    body = {"id": new_id(), "words": FOUND}
    assert client_of(other_house.priya).post(path, body).status_code == 404
    assert [priya.post(path, body).status_code for _ in range(2)] == [201, 200]
    assert priya.get(address).json()["results"][0]["assessment"]["words"] == FOUND
