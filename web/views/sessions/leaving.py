"""The forms for the way home."""

from dataclasses import fields
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.utils import timezone

from clinic import clock
from clinic.access import Actor
from scheduler.vocabulary import spoken_time
from sessions_app import states
from sessions_app.leaving import discharge, home_readiness
from sessions_app.leaving.home_readiness import Assessment
from sessions_app.models import ChecklistAnswer
from sessions_app.observing.effect_courses import standing_now
from sessions_app.observing.vocabulary import label_of
from sessions_app.outcomes import responses
from sessions_app.preparing import checklist
from web.views.sessions.form import SessionForm, choices_in_a_row, standing


def score(label: str, help_text: str, *, required: bool = True) -> forms.ChoiceField:
    points = [("2", "2"), ("1", "1"), ("0", "0")]
    return choices_in_a_row(label, points, required=required, help_text=help_text)


def _answered(line: ChecklistAnswer) -> str:
    at = timezone.localtime(line.recorded_at)
    return f"{line.get_result_display().lower()}{f', {line.note}' if line.note else ''}, {at:%H:%M}"


def tick(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class DischargeForm(SessionForm):
    """PADSS with the IV site in place of bleeding; what the points mean is from domain.md 1.5.

    What the record knows isn't asked: the score of the vital signs where there is a baseline, the question
    about suicidality where it was not positive. The escort is whom the checklist or the chart names.
    """

    act = "discharge"
    done = "The patient may go home."

    vital_signs_score = score(
        "Vital signs",
        "Too few readings to work it out: 2 within 20 % of the baseline, 1 within 40 %, 0 beyond",
        required=False,
    )
    oriented = tick("Oriented to person, place and time")
    steady_gait = tick("Steady gait")
    nausea_pain_score = score("Pain, nausea, vomiting", "2 minimal, 1 moderate and treated, 0 severe")
    iv_site_score = score("IV site", "In place of surgical bleeding: 2 minimal, 1 moderate, 0 severe")
    intake_score = score("Intake and output", "2 both, 1 one of the two, 0 neither")
    suicidality_asked_again = tick(
        "I asked again now about thoughts of suicide or self-harm, and found no concern"
    )
    iv_removed = tick("IV removed")
    escort_name = forms.CharField(label="Adult who takes the patient home", required=False, max_length=120)
    escort_phone = forms.CharField(label="Their phone", required=False, max_length=40)
    escort_seen = tick("I have seen this adult")
    instructions_given = tick("Written instructions given")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.reckoned is not None:
            del self.fields["vital_signs_score"]
        if not self.course.suicidality_was_positive:
            del self.fields["suicidality_asked_again"]

    @cached_property
    def course(self) -> home_readiness.Course:
        return discharge.recovery(self.session, clock.now())

    @cached_property
    def reckoned(self) -> int | None:
        """The score of the vital signs, where it can be reckoned."""
        return home_readiness.vital_signs_score(self.course)

    @property
    def asked_before(self) -> list[str]:
        """What was answered about suicidality: at the chair, in this visit's side effects, and last in each
        questionnaire that asks."""
        lines = standing(self.session.checklist_answers.all())
        told = [
            f"{checklist.LABELS[line.item]}: {_answered(line)}"
            for line in lines
            if line.item == "suicidality"
        ]
        told += [
            f"{label_of(line.term)} at {timezone.localtime(line.onset_at):%H:%M}, grade {line.grade}, "
            f"{line.get_outcome_display().lower()}"
            for line in standing_now(self.session.side_effects.all())
            if line.term == "suicidal_thoughts"
        ]
        zone, now = self.session.clinic.time_zone, clock.now()
        told += [
            f"{each.title}, “{each.asked}”: {each.said}, "
            f"{spoken_time(each.at, zone, now=now)}{'' if each.counts else ', entered in error'}"
            for each in responses.last_about_self_harm(self.session.patient)
        ]
        return told or ["Nothing on record."]

    @property
    def missing(self) -> list[states.Blocker]:
        """What the record itself holds against the discharge now."""
        return states.blockers(states.ACTS["discharge"], home_readiness.known_missing(self.course))

    def first_values(self) -> dict[str, Any]:
        patient = self.session.patient
        answers = standing(self.session.checklist_answers.all())
        ride = next((line.note for line in answers if line.item == "ride_home"), "")
        name, _, phone = ride.rpartition(",")
        if not name:
            name, phone = ride or patient.escort_name, str(patient.escort_phone or "")
        return {"escort_name": name.strip(), "escort_phone": phone.strip()}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        found: dict[str, Any] = {field.name: data.get(field.name) for field in fields(Assessment)}
        points: dict[str, Any] = {
            name: int(value) if value else None for name, value in found.items() if name.endswith("_score")
        }
        return discharge.discharge(
            actor=actor,
            id=data["id"],
            session=self.session,
            assessment=Assessment(**{**found, **points}),
            now=now,
        )
