"""The forms before the start: checklist and dose. What a line must say is `sessions_app`'s to judge."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from clinic.access import Actor
from sessions_app.models import CheckResult, Session
from sessions_app.preparing import checklist, dose, dosing
from web.forms import DecimalNumberField, WholeNumberField
from web.views.sessions.form import (
    CorrectingForm,
    NowOrThenField,
    SessionForm,
    choices_in_a_row,
    short_text,
    standing,
)


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
