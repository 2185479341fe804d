"""The forms that take a session a step on: start, pause, resume, stop, not given, discharge, sign.

`FORMS` lists every form of the session's page by its act, in the order of a visit.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import forms

from clinic.access import Actor
from sessions_app.infusing import infusion
from sessions_app.leaving import discharge
from sessions_app.signing import signing
from web.views.session_form import SessionForm, choices_in_a_row, short_text
from web.views.session_lines import ChecklistForm, DoseForm, SideEffectForm, VitalsForm

MEANING: Final = "I gave this infusion and the record is complete"


class StartForm(SessionForm):
    act = "start"
    done = "The infusion runs."

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.start(actor=actor, session=self.session, now=now, **self.cleaned_data)


class PauseForm(SessionForm):
    act = "pause"
    done = "The infusion is paused."

    reason = short_text("Why, if there is time")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.pause(actor=actor, session=self.session, now=now, **self.cleaned_data)


class ResumeForm(SessionForm):
    act = "resume"
    done = "The infusion goes on."

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.resume(actor=actor, session=self.session, now=now, **self.cleaned_data)


class StopForm(SessionForm):
    act = "stop"
    done = "The infusion has stopped."

    early = forms.BooleanField(label="It stops early", required=False)
    reason = short_text("Why it stops early")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.stop(actor=actor, session=self.session, now=now, **self.cleaned_data)


class NotGivenForm(SessionForm):
    act = "not_given"
    done = "Recorded: nothing was given."

    reason = short_text("Why nothing is given", required=True)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.not_given(actor=actor, session=self.session, now=now, **self.cleaned_data)


def score(label: str, help_text: str) -> forms.ChoiceField:
    return choices_in_a_row(label, [("2", "2"), ("1", "1"), ("0", "0")], help_text=help_text)


class DischargeForm(SessionForm):
    """PADSS with the IV site in place of bleeding; what the points mean is from domain.md 1.5."""

    act = "discharge"
    done = "The patient may go home."

    vital_signs_score = score("Vital signs", "2 within 20 % of baseline, 1 within 40 %, 0 beyond")
    activity_score = score(
        "Activity and mental status", "2 oriented and steady gait, 1 one of the two, 0 neither"
    )
    nausea_pain_score = score("Pain, nausea, vomiting", "2 minimal, 1 moderate and treated, 0 severe")
    iv_site_score = score("IV site", "In place of surgical bleeding")
    intake_score = score("Intake and output", "")
    escort_name = forms.CharField(label="Adult who takes the patient home", required=False, max_length=120)
    instructions_given = forms.BooleanField(label="Written instructions given", required=False)

    def first_values(self) -> dict[str, Any]:
        return {"escort_name": self.session.patient.escort_name}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        assessment = discharge.Assessment(
            **{name: int(data[name]) for name in self.fields if name.endswith("_score")},
            escort_name=data["escort_name"],
            instructions_given=data["instructions_given"],
        )
        return discharge.discharge(
            actor=actor, id=data["id"], session=self.session, assessment=assessment, now=now
        )


class SignForm(SessionForm):
    act = "sign"
    done = "The record is signed."

    meaning = forms.CharField(label="My signature says", max_length=160)

    def first_values(self) -> dict[str, Any]:
        given = self.session.started_at is not None
        return {"meaning": MEANING if given else "Nothing was given and the record is complete"}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return signing.sign(actor=actor, session=self.session, now=now, **self.cleaned_data)


FORMS: Final[Mapping[str, type[SessionForm]]] = {
    form.act: form
    for form in (
        ChecklistForm,
        DoseForm,
        VitalsForm,
        SideEffectForm,
        StartForm,
        PauseForm,
        ResumeForm,
        StopForm,
        NotGivenForm,
        DischargeForm,
        SignForm,
    )
}
