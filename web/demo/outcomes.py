"""What the synthetic patients have answered: invented scores, pseudo-random inside each instrument's range.

Who answers what and when is told in `story` and `past`; every answer goes through the functions that the
questionnaires' pages call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from clinic import work
from clinic.models import Patient, Role, WorkItem
from sessions_app.models import (
    AnsweredHow,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    SafetyConcern,
)
from sessions_app.outcomes import responses
from sessions_app.outcomes.instruments import INSTRUMENTS, Instrument
from sessions_app.preparing import safety
from web.demo.house import House

ASKED: Final = 14  # patients with a baseline on record; for the others somebody still has to ask
# By indication what is asked beside PHQ-9: trauma and anxiety have questionnaires of their own.
BESIDE: Final = {"F43.12": "pcl-5", "F41.1": "gad-7"}
CALLED_AFTER: Final = timedelta(minutes=8)
ASSESSED_AFTER: Final = timedelta(minutes=50)


def baselines(house: House, *, at: datetime) -> None:
    """Read out before the first infusion; moderate to severe, as those are who come (domain.md 8.3)."""
    for number, (patient, person) in enumerate(list(house.people.items())[:ASKED]):
        for code in ("phq-9", *filter(None, [BESIDE.get(person.indication)])):
            asked = INSTRUMENTS[code]
            values = [
                0 if item == asked.safety_item else 1 + (number + item) % asked.highest_answer
                for item in range(1, len(asked.items) + 1)
            ]
            moment = at + timedelta(minutes=number)
            read_out(house, patient, code, values, occasion=Occasion.BASELINE, at=moment)


def urgent_answer(house: House, patient: UUID, *, at: datetime) -> None:
    """An answer about self-harm between two visits: a nurse has spoken with the patient, a prescriber has yet
    to assess them."""
    response = _begin(house, patient, "mood-items", Occasion.OTHER, at)
    item = INSTRUMENTS["mood-items"].safety_item or 0
    nurse = house.first_nurse
    responses.answer(actor=nurse, id=house.new_id(), response=response, item=item, value=1, now=at)
    _called(house, patient, at)


def read_out(
    house: House, patient: UUID, code: str, values: Sequence[int], *, occasion: Occasion, at: datetime
) -> QuestionnaireResponse:
    """Every item, and the score. An answer about self-harm is acted on as it has to be; the others do nothing
    but stand there, and are written together, because a start has to stay quick."""
    response = _begin(house, patient, code, occasion, at)
    nurse = house.first_nurse
    about_safety = INSTRUMENTS[code].safety_item
    QuestionnaireAnswer.objects.bulk_create(
        QuestionnaireAnswer(id=house.new_id(), response=response, item=item, value=value, answered_at=at)
        for item, value in enumerate(values, start=1)
        if item != about_safety
    )
    if about_safety:
        value = values[about_safety - 1]
        responses.answer(
            actor=nurse, id=house.new_id(), response=response, item=about_safety, value=value, now=at
        )
        if value:
            _called_and_assessed(house, patient, response, at=at)
    return responses.complete(actor=nurse, response=response, now=at)


def _called_and_assessed(
    house: House, patient: UUID, response: QuestionnaireResponse, *, at: datetime
) -> None:
    _called(house, patient, at)
    safety.assess(
        actor=house.prescriber,
        id=house.new_id(),
        concern=SafetyConcern.objects.get(answer__response=response),
        words="Passing thoughts, no intent, no plan. Safety plan gone through; partner knows.",
        now=at + ASSESSED_AFTER,
    )


def answers_of(total: int, asked: Instrument, *, random: Random, about_safety: int = 0) -> list[int]:
    """Answers that come to this total or as near as the range allows, a point here and a point there."""
    values = [asked.lowest_answer] * len(asked.items)
    if asked.safety_item:
        values[asked.safety_item - 1] = about_safety
    open_items = [place for place in range(len(values)) if place + 1 != asked.safety_item]
    while sum(values) < total and open_items:
        place = random.choice(open_items)
        values[place] += 1
        if values[place] == asked.highest_answer:
            open_items.remove(place)
    return values


def _called(house: House, patient: UUID, at: datetime) -> None:
    called = WorkItem.objects.get(
        clinic=house.clinic,
        patient=patient,
        role=Role.NURSE,
        cause__startswith="questionnaire_answer:",
        closed_at=None,
    )
    nurse = house.first_nurse
    work.acknowledge(actor=nurse, item=called, now=at + timedelta(minutes=2))
    outcome = "Spoke at once: passing thoughts, no plan, not alone today. The prescriber knows."
    work.close(actor=nurse, item=called, outcome=outcome, now=at + CALLED_AFTER)


def _begin(house: House, patient: UUID, code: str, occasion: Occasion, at: datetime) -> QuestionnaireResponse:
    return responses.begin(
        actor=house.first_nurse,
        id=house.new_id(),
        patient=Patient.objects.select_related("clinic").get(pk=patient),
        instrument=code,
        how=AnsweredHow.INTERVIEW,
        occasion=occasion,
        plan=house.plans[patient],
        now=at,
    )
