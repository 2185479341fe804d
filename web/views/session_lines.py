"""The forms that write lines of the record: checklist, dose, vital signs, side effects.

They parse and call; what a line must say is `sessions_app`'s to judge.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils import timezone

from clinic.access import Actor
from sessions_app.models import CheckResult, Relatedness, Session, SessionState, SideEffectOutcome
from sessions_app.observing import side_effects, vital_limits, vitals
from sessions_app.observing.vocabulary import TERMS
from sessions_app.preparing import checklist, dose, dosing
from web.forms import DecimalNumberField, LocalDateTimeField, WholeNumberField
from web.views.session_form import (
    CorrectingForm,
    NowOrThenField,
    SessionForm,
    choices_in_a_row,
    short_text,
    standing,
)

NOT_DUE: Final = "Not due at this reading"
ABSENT_REASONS: Final = [
    ("", "Everything was measured"),
    (NOT_DUE, NOT_DUE),
    ("Patient declined", "Patient declined"),
    ("Could not be measured", "Could not be measured"),
]
GRADES: Final = [
    ("1", "1 mild"),
    ("2", "2 moderate"),
    ("3", "3 severe"),
    ("4", "4 life-threatening"),
    ("5", "5 fatal"),
]


class ChecklistForm(SessionForm):
    """Every item with its result, a note, and, once it was answered, why the answer changes."""

    act = "checklist"
    done = "The checklist is kept."

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.given = {line.item: line for line in standing(session.checklist_answers.all())}
        super().__init__(session, data, **options)
        for item in checklist.ITEMS:
            line = self.given.get(item.code)
            self.fields[f"answers_{item.code}_result"] = choices_in_a_row(
                item.label, CheckResult.choices, required=False, initial=line.result if line else None
            )
            note = short_text("Note", help_text=item.note_on_pass.capitalize())
            note.initial = line.note if line else self._known(item.code)
            self.fields[f"answers_{item.code}_note"] = note
            if line:
                self.fields[f"answers_{item.code}_reason"] = short_text("Why the answer changes")

    def rows(self) -> list[dict[str, Any]]:
        """Each item with its bound fields and the answer that stands, for the template."""
        return [
            {
                "item": item,
                "given": self.given.get(item.code),
                "fields": [self[name] for name in self.fields if name.startswith(f"answers_{item.code}_")],
            }
            for item in checklist.ITEMS
        ]

    @property
    def open_items(self) -> int:
        return len(checklist.ITEMS) - len(self.given)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        answers = [
            checklist.Answer(
                item.code,
                data[f"answers_{item.code}_result"],
                note=data[f"answers_{item.code}_note"],
                reason=data.get(f"answers_{item.code}_reason", ""),
            )
            for item in checklist.ITEMS
            if data[f"answers_{item.code}_result"]
        ]
        return checklist.answer(actor=actor, session=self.session, answers=answers, now=now)

    def _known(self, item: str) -> str:
        """What the chart knows already need not be typed again."""
        patient = self.session.patient
        if item != "ride_home":
            return ""
        return ", ".join(filter(None, [patient.escort_name, str(patient.escort_phone or "")]))


class DoseForm(CorrectingForm):
    act = "dose"
    done = "The dose is prepared."

    weight_kg = DecimalNumberField(label="Weight today", unit="kg", max_digits=5, decimal_places=1)
    weighed_at = NowOrThenField("Weighed at")
    stock_mg_per_ml = choices_in_a_row(
        "Strength on the vial", [(str(stock), f"{stock} mg/mL") for stock in dosing.STOCKS_MG_PER_ML]
    )
    bag_volume_ml = DecimalNumberField(
        label="Final volume of the bag", unit="mL", max_digits=6, decimal_places=1
    )
    minutes = WholeNumberField(label="Infusion time", unit="min", min_value=1, max_value=1440)
    confirmed = forms.BooleanField(label="Weighed again: an unusual weight is right", required=False)

    def first_values(self) -> dict[str, Any]:
        worksheet: Any = self.line
        if worksheet is None:
            return {"minutes": self.session.protocol.infusion_minutes}
        return {
            "weight_kg": worksheet.weight_kg,
            "weighed_at": timezone.localtime(worksheet.weighed_at),
            "stock_mg_per_ml": str(int(worksheet.stock_mg_per_ml)),
            "bag_volume_ml": worksheet.bag_volume_ml,
            "minutes": worksheet.minutes,
        }

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        return dose.prepare_dose(
            actor=actor,
            id=data["id"],
            session=self.session,
            weight_kg=data["weight_kg"],
            weighed_at=self.moment("weighed_at") or now,
            stock_mg_per_ml=Decimal(data["stock_mg_per_ml"]),
            bag_volume_ml=data["bag_volume_ml"],
            minutes=data["minutes"],
            confirmed=data["confirmed"],
            **self.correction,
            now=now,
        )


class VitalsForm(CorrectingForm):
    act = "vitals"
    done = "The vital signs are kept."

    systolic_mmhg = WholeNumberField(label="Systolic", unit="mmHg", required=False)
    diastolic_mmhg = WholeNumberField(label="Diastolic", unit="mmHg", required=False)
    heart_rate_per_min = WholeNumberField(label="Heart rate", unit="/min", required=False)
    oxygen_saturation_percent = WholeNumberField(label="SpO₂", unit="%", required=False)
    respiratory_rate_per_min = WholeNumberField(label="Breathing", unit="/min", required=False)
    temperature_cel = DecimalNumberField(
        label="Temperature", unit="°C", required=False, max_digits=4, decimal_places=1
    )
    pain_nrs = WholeNumberField(label="Pain", unit="of 10", required=False)
    measured_at = NowOrThenField("Measured at")
    absent_reason = forms.CharField(
        label="If something is left empty, why",
        required=False,
        max_length=120,
        widget=forms.Select(choices=ABSENT_REASONS),
    )
    confirmed = forms.BooleanField(label="Measured again: unusual values are right", required=False)

    def first_values(self) -> dict[str, Any]:
        reading: Any = self.line
        if reading is None:
            running = self.session.state in (SessionState.INFUSING, SessionState.PAUSED)
            return {"absent_reason": NOT_DUE if running else ""}
        signs = {sign: getattr(reading, sign) for sign in vital_limits.RINGS}
        return {
            **signs,
            "measured_at": timezone.localtime(reading.measured_at),
            "absent_reason": reading.absent_reason,
        }

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        signs = {sign: data[sign] for sign in vital_limits.RINGS}
        reading = vitals.Reading(
            measured_at=self.moment("measured_at") or now,
            **signs,
            absent_reason=data["absent_reason"] if None in signs.values() else "",
            confirmed=data["confirmed"],
        )
        if self.amends:
            return self.amend(reading, actor=actor, now=now)
        return vitals.record_vitals(
            actor=actor, id=data["id"], session=self.session, reading=reading, **self.correction, now=now
        )


class SideEffectForm(CorrectingForm):
    act = "side_effect"
    done = "The side effect is kept."

    term = forms.ChoiceField(
        label="What", choices=[("", "Choose"), *((code, term.label) for code, term in TERMS.items())]
    )
    grade = choices_in_a_row("Grade (CTCAE)", GRADES)
    onset_at = NowOrThenField("Since")
    action = short_text("What was done")
    relatedness = forms.ChoiceField(label="Related to the infusion", choices=Relatedness.choices)
    outcome = forms.ChoiceField(label="How it stands", choices=SideEffectOutcome.choices)
    ended_at = LocalDateTimeField(label="Ended at", required=False, help_text="Only when it is over.")

    def first_values(self) -> dict[str, Any]:
        effect: Any = self.line
        if effect is None:
            return {"relatedness": Relatedness.POSSIBLE, "outcome": SideEffectOutcome.ONGOING}
        return {
            "term": effect.term,
            "grade": effect.grade,
            "onset_at": timezone.localtime(effect.onset_at),
            "action": effect.action,
            "relatedness": effect.relatedness,
            "outcome": effect.outcome,
            "ended_at": timezone.localtime(effect.ended_at) if effect.ended_at else None,
        }

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        report = side_effects.Report(
            term=data["term"],
            grade=int(data["grade"]),
            onset_at=self.moment("onset_at") or now,
            action=data["action"],
            relatedness=data["relatedness"],
            outcome=data["outcome"],
            ended_at=self.moment("ended_at"),
        )
        if self.amends:
            return self.amend(report, actor=actor, now=now)
        return side_effects.record_side_effect(
            actor=actor, id=data["id"], session=self.session, report=report, **self.correction, now=now
        )
