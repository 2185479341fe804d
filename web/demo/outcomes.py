"""What the synthetic patients have answered: a baseline each, and this morning an answer that can't wait."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Patient, Role, WorkItem
from sessions_app.models import AnsweredHow, Occasion, QuestionnaireResponse
from sessions_app.outcomes import responses
from sessions_app.outcomes.instruments import INSTRUMENTS
from web.demo.house import House

ASKED: Final = 14  # patients with a baseline on record; for the others somebody still has to ask
# By indication what is asked beside PHQ-9: trauma and anxiety have questionnaires of their own.
BESIDE: Final = {"F43.12": "pcl-5", "F41.1": "gad-7"}
CALLED_AFTER: Final = timedelta(minutes=8)


def baselines(house: House, *, at: datetime) -> None:
    """Read out before the first infusion; moderate to severe, as those are who come (domain.md 8.3)."""
    nurse = next(iter(house.nurses.values()))
    for number, (patient, person) in enumerate(list(house.people.items())[:ASKED]):
        for instrument in ("phq-9", *filter(None, [BESIDE.get(person.indication)])):
            _read_out(house, nurse, patient, instrument, number, at=at + timedelta(minutes=number))


def urgent_answer(house: House, patient: UUID, *, at: datetime) -> None:
    """An answer about self-harm: a nurse has spoken with the patient, a prescriber has yet to assess them."""
    nurse = next(iter(house.nurses.values()))
    response = _begin(house, nurse, patient, "phq-9", at)
    item = INSTRUMENTS["phq-9"].safety_item or 0
    responses.answer(actor=nurse, id=house.new_id(), response=response, item=item, value=1, now=at)
    called = WorkItem.objects.get(
        clinic=house.clinic, patient=patient, role=Role.NURSE, cause__startswith="questionnaire_answer:"
    )
    work.acknowledge(actor=nurse, item=called, now=at + timedelta(minutes=2))
    outcome = "Spoke at once: passing thoughts, no plan, not alone today. The prescriber knows."
    work.close(actor=nurse, item=called, outcome=outcome, now=at + CALLED_AFTER)


def _read_out(
    house: House, nurse: Actor, patient: UUID, instrument: str, number: int, *, at: datetime
) -> None:
    asked = INSTRUMENTS[instrument]
    response = _begin(house, nurse, patient, instrument, at)
    for item in range(1, len(asked.items) + 1):
        value = 0 if item == asked.safety_item else 1 + (number + item) % asked.highest_answer
        responses.answer(actor=nurse, id=house.new_id(), response=response, item=item, value=value, now=at)
    responses.complete(actor=nurse, response=response, now=at)


def _begin(house: House, nurse: Actor, patient: UUID, instrument: str, at: datetime) -> QuestionnaireResponse:
    return responses.begin(
        actor=nurse,
        id=house.new_id(),
        patient=Patient.objects.select_related("clinic").get(pk=patient),
        instrument=instrument,
        how=AnsweredHow.INTERVIEW,
        occasion=Occasion.BASELINE,
        plan=house.plans[patient],
        now=at,
    )
