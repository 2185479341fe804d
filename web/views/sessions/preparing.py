"""The forms before the start: checklist, dose, its check, a prescriber's decision.

What a line must say is `sessions_app`'s to judge.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils import timezone

from clinic.access import Actor
from sessions_app.access import MAY
from sessions_app.models import AnsweredBy, CheckResult, DoseWorksheet, Session, WeightUnit
from sessions_app.preparing import checklist, dose, dosing, readiness
from web.forms import ClinicForm, DecimalNumberField, WholeNumberField
from web.views.sessions import colleague
from web.views.sessions.form import (
    SECRET,
    CorrectingForm,
    NowOrThenField,
    SessionForm,
    choices_in_a_row,
    short_text,
    standing,
)

# Where an item is looked at, for the page alone; an item of a protocol's own stands among the last.
PLACES: Final = {
    "On paper": ("identity", "consent", "plan"),
    "Asked of the patient": (
        "fasting",
        "ride_home",
        "medicines",
        "alcohol_drugs",
        "pregnancy",
        "pain",
        "mood",
        "suicidality",
        "new_symptoms",
        "last_side_effects",
        "allergies",
    ),
}
AT_THE_CHAIR: Final = "At the chair"
# Never answered with the others by one tap: it is asked, and heard, by itself.
ALONE: Final = ("suicidality",)


class ChecklistForm(SessionForm):
    """Every item of the protocol with its result, a note, and, once it was answered, why the answer changes.

    What the patient said beforehand is filled in and marked; the nurse confirms it with a tick or changes it.
    """

    act = "checklist"
    done = "The checklist is kept."
    kept_as = "Checklist"

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.given = {line.item: line for line in standing(session.checklist_answers.all())}
        self.items = checklist.items_of(session.protocol)
        self.readiness = readiness.newest(session.appointment)
        super().__init__(session, data, **options)
        for item in self.items:
            line = self.given.get(item.code)
            self.fields[f"answers_{item.code}_result"] = choices_in_a_row(
                item.label, CheckResult.choices, required=False, initial=line.result if line else None
            )
            note = short_text("Note", help_text=item.note_on_pass.capitalize())
            note.initial = line.note if line else self._known(item.code)
            self.fields[f"answers_{item.code}_note"] = note
            if line and line.source == AnsweredBy.PATIENT:
                self.fields[f"answers_{item.code}_confirmed"] = forms.BooleanField(
                    label="Confirmed at the chair", required=False
                )
            elif line:
                self.fields[f"answers_{item.code}_reason"] = short_text("Why the answer changes")

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The items by where they are looked at, each with its bound fields and the answer that stands."""
        place_of = {code: place for place, codes in PLACES.items() for code in codes}
        found: dict[str, list[dict[str, Any]]] = {place: [] for place in (*PLACES, AT_THE_CHAIR)}
        for item in self.items:
            found[place_of.get(item.code, AT_THE_CHAIR)].append(self._row(item))
        return [(place, rows) for place, rows in found.items() if rows]

    def _row(self, item: checklist.Item) -> dict[str, Any]:
        remarks = readiness.remarks(self.readiness) if self.readiness else {}
        result, *more = (self[name] for name in self.fields if name.startswith(f"answers_{item.code}_"))
        said = self._said_by_patient(item.code)
        return {
            "alone": item.code in ALONE,
            "said_by_patient": said,
            "remark": remarks.get(item.code, ""),
            "result": result,
            "more": more,
            "wants_more": bool(
                item.note_on_pass or said or any(field.errors or field.value() for field in more)
            ),
        }

    @property
    def open_items(self) -> int:
        return sum(item.code not in self.given for item in self.items)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        answers = [
            checklist.Answer(
                item.code,
                data[f"answers_{item.code}_result"],
                note=data[f"answers_{item.code}_note"],
                reason=data.get(f"answers_{item.code}_reason", ""),
                confirmed=data.get(f"answers_{item.code}_confirmed", False),
            )
            for item in self.items
            if data[f"answers_{item.code}_result"]
        ]
        return checklist.answer(actor=actor, session=self.session, answers=answers, now=now)

    def _said_by_patient(self, item: str) -> datetime | None:
        line = self.given.get(item)
        said = line is not None and line.source == AnsweredBy.PATIENT
        return self.readiness.given_at if said and self.readiness else None

    def _known(self, item: str) -> str:
        """What the chart knows already need not be typed again."""
        patient = self.session.patient
        if item != "ride_home":
            return ""
        return ", ".join(filter(None, [patient.escort_name, str(patient.escort_phone or "")]))


class DoseForm(CorrectingForm):
    act = "dose"
    done = "The dose is prepared."

    weight_kg = DecimalNumberField(
        label="Weight today", unit="kg", max_digits=5, decimal_places=1, required=False
    )
    weight_lb = DecimalNumberField(
        label="or, from a scale in pounds", unit="lb", max_digits=5, decimal_places=1, required=False
    )
    weighed_at = NowOrThenField("Weighed at")
    stock_mg_per_ml = choices_in_a_row(
        "Strength on the vial", [(str(stock), f"{stock} mg/mL") for stock in dosing.STOCKS_MG_PER_ML]
    )
    bag_volume_ml = DecimalNumberField(
        label="Final volume of the bag", unit="mL", max_digits=6, decimal_places=1
    )
    dead_space_ml = DecimalNumberField(
        label="Stays in the line at the end", unit="mL", max_digits=4, decimal_places=1, required=False
    )
    minutes = WholeNumberField(label="Infusion time", unit="min", min_value=1, max_value=1440)
    confirmed = forms.BooleanField(
        label="Looked at again: unusual weight or minutes are right", required=False
    )

    def first_values(self) -> dict[str, Any]:
        worksheet: Any = self.line
        if worksheet is None:
            return {"minutes": self.session.protocol.infusion_minutes}
        in_pounds = worksheet.weight_unit == WeightUnit.POUND
        return {
            "weight_kg": None if in_pounds else worksheet.weight_kg,
            "weight_lb": worksheet.weight_as_read if in_pounds else None,
            "dead_space_ml": worksheet.dead_space_ml,
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
            weight_lb=data["weight_lb"],
            weighed_at=self.moment("weighed_at") or now,
            stock_mg_per_ml=Decimal(data["stock_mg_per_ml"]),
            bag_volume_ml=data["bag_volume_ml"],
            minutes=data["minutes"],
            dead_space_ml=data["dead_space_ml"] or Decimal(0),
            confirmed=data["confirmed"],
            **self.correction,
            now=now,
        )


class DoseCheckForm(ClinicForm):
    """The second person's own figures. Nothing is filled in, and nothing of the worksheet is shown."""

    weight_kg = DecimalNumberField(
        label="Weight on the scale", unit="kg", max_digits=5, decimal_places=1, required=False
    )
    weight_lb = DecimalNumberField(
        label="or, from a scale in pounds", unit="lb", max_digits=5, decimal_places=1, required=False
    )
    stock_mg_per_ml = choices_in_a_row(
        "Strength on the vial", [(str(stock), f"{stock} mg/mL") for stock in dosing.STOCKS_MG_PER_ML]
    )
    dose_mg = DecimalNumberField(label="Dose, worked out anew", unit="mg", max_digits=7, decimal_places=1)
    drug_volume_ml = DecimalNumberField(label="In the syringe", unit="mL", max_digits=6, decimal_places=2)
    bag_volume_ml = DecimalNumberField(
        label="Final volume of the bag", unit="mL", max_digits=6, decimal_places=1
    )
    rate_ml_per_h = DecimalNumberField(label="Rate on the pump", unit="mL/h", max_digits=6, decimal_places=1)

    def for_a_colleague(self, reader: UUID, session: Session) -> None:
        """On the tablet of whoever prepared the dose: the second person says who they are."""
        colleague.add_fields(
            self,
            reader=reader,
            clinic_id=session.clinic_id,
            permission=MAY["check_dose"],
            label="Checked by",
        )

    def check(self, session: Session, worksheet: DoseWorksheet, *, actor: Actor, now: datetime) -> Any:
        data = {
            name: value for name, value in self.cleaned_data.items() if name not in ("colleague", *SECRET)
        }
        data["stock_mg_per_ml"] = Decimal(data["stock_mg_per_ml"])
        id = data.pop("id")
        read = dose.weight(data.pop("weight_kg"), data.pop("weight_lb"))
        return dose.check_dose(
            actor=colleague.of(self, actor),
            id=id,
            session=session,
            worksheet=worksheet.pk,
            figures=dose.Figures(weight_kg=read.kg, **data),
            now=now,
        )
