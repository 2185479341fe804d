"""The forms for the way home."""

from datetime import datetime
from typing import Any

from django import forms

from clinic.access import Actor
from sessions_app.leaving import discharge
from web.views.sessions.form import SessionForm, choices_in_a_row


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
