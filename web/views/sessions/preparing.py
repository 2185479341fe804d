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
from clinic.problems import Problem
from scheduler.vocabulary import STOCKS_MG_PER_ML
from sessions_app.access import MAY
from sessions_app.models import (
    AnsweredBy,
    CheckResult,
    DoseWorksheet,
    Observation,
    Session,
    WeightUnit,
)
from sessions_app.preparing import checklist, dose, on_record, readiness
from sessions_app.preparing.dosing import either
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
    "From the record": on_record.ANSWERED,
    "Asked of the patient": (
        "identity",
        "fasting",
        "ride_home",
        "medicines",
        "alcohol_drugs",
        "pregnancy",
        "mood",
        "suicidality",
        "new_symptoms",
        "last_side_effects",
        "allergies",
    ),
}
AT_THE_CHAIR: Final = "At the chair"
# Never answered with the others by one tap: it is asked, and heard, by itself; the pregnancy test has a date.
ALONE: Final = ("suicidality", "pregnancy")
TO_HUNDREDTHS: Final = "Rounded to 0.01, half up."
TO_THOUSANDTHS: Final = "Rounded to 0.001, half up."
ONE_OF_TWO: Final = "In kg or in lb, as the scale shows it."


class ChecklistForm(SessionForm):
    """Every item of the protocol with its result, a note, and, once it was answered, why the answer changes.

    What the patient said beforehand is filled in and marked; the nurse confirms it with a tick or changes it.
    Which answer the page showed goes along with each: one that somebody else has given since is not replaced
    unseen. What the record answers itself, and what is to be read, is put beside it with `read_beside`.
    """

    act = "checklist"
    done = "The checklist is kept."
    kept_as = "Checklist"

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.given = {line.item: line for line in standing(session.checklist_answers.all())}
        self.items = checklist.items_of(session.protocol)
        self.readiness = readiness.newest(session.appointment)
        self.stands: dict[str, checklist.Standing] = {}
        self.to_look_at: Mapping[str, list[str]] = {}
        super().__init__(session, data, **options)
        for item in self.items:
            line = self.given.get(item.code)
            self.fields[f"answers_{item.code}_seen"] = forms.UUIDField(
                required=False, widget=forms.HiddenInput, initial=line.pk if line else None
            )
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

    def read_beside(self, now: datetime) -> None:
        """Put what the record says and what is to be read beside the items."""
        self.stands = {each.item.code: each for each in checklist.standing(self.session, now)}
        self.to_look_at = on_record.to_look_at(self.session, now)
        note = self.fields.get("answers_clinician_on_site_note")
        if note is not None and not note.initial:
            note.initial = on_record.supervisor(self.session, now)

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The items by where they are looked at, each with its bound fields and the answer that stands."""
        place_of = {code: place for place, codes in PLACES.items() for code in codes}
        found: dict[str, list[dict[str, Any]]] = {place: [] for place in (*PLACES, AT_THE_CHAIR)}
        for item in self.items:
            found[place_of.get(item.code, AT_THE_CHAIR)].append(self._row(item))
        return [(place, rows) for place, rows in found.items() if rows]

    @property
    def _has_allergies(self) -> bool:
        """Those on record are read one by one before the item passes."""
        return self.to_look_at.get("allergies", []) not in ([], [on_record.NO_ALLERGIES])

    def _row(self, item: checklist.Item) -> dict[str, Any]:
        remarks = readiness.remarks(self.readiness) if self.readiness else {}
        fields = {
            name: self[f"answers_{item.code}_{name}"]
            for name in ("seen", "result", "note", "confirmed", "reason")
            if f"answers_{item.code}_{name}" in self.fields
        }
        said, line = self._said_by_patient(item.code), self.given.get(item.code)
        typed = [fields[name] for name in fields if name not in ("seen", "result")]
        return {
            **fields,
            "alone": item.code in ALONE or (item.code == "allergies" and self._has_allergies),
            "stands": self.stands[item.code],
            "before": line.result if line else "",
            "needed": [
                (result, f"Write down {words}.")
                for result in CheckResult.values
                if result != CheckResult.PASS and (words := checklist.note_for(result, item))
            ],
            "said_by_patient": said,
            "look_at": [*filter(None, [remarks.get(item.code)]), *self.to_look_at.get(item.code, [])],
            "wants_more": bool(
                item.note_on_pass or said or any(field.errors or field.value() for field in typed)
            ),
            "otherwise": bool(line or fields["result"].value() or fields["result"].errors),
        }

    @property
    def open_items(self) -> set[str]:
        return {item for item, each in self.stands.items() if not each.result}

    def add_problem(self, problem: Problem) -> None:
        """An answer that somebody has given meanwhile was seen once its problem is read: what was typed can
        be sent again against it."""
        super().add_problem(problem)
        stale = [
            error["field"].split(".")[1]
            for error in problem.data.get("errors") or []
            if error.get("code") == "stale"
        ]
        seen = {f"answers_{item}_seen": str(self.given[item].pk) for item in stale if item in self.given}
        self.data = {**{name: self.data.get(name) for name in self.data}, **seen}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        answers = [answer for item in self.items if (answer := self._answer(item.code))]
        changed = [answer for answer in answers if not self._as_it_was(answer)]
        # Nobody touched these: nothing to say, and nothing that somebody else said to be undone.
        if answers and not changed:
            return []
        return checklist.answer(actor=actor, session=self.session, answers=changed, now=now)

    def _answer(self, item: str) -> checklist.Answer | None:
        data = self.cleaned_data
        if not data[f"answers_{item}_result"]:
            return None
        return checklist.Answer(
            item,
            data[f"answers_{item}_result"],
            note=data[f"answers_{item}_note"],
            reason=data.get(f"answers_{item}_reason", ""),
            confirmed=data.get(f"answers_{item}_confirmed", False),
            replaces=data[f"answers_{item}_seen"],
        )

    def _as_it_was(self, answer: checklist.Answer) -> bool:
        """Whether this is the answer that the page showed, not touched."""
        lines = self.session.checklist_answers.all()
        seen = next((line for line in lines if line.pk == answer.replaces), None)
        if seen is None or answer.confirmed:
            return False
        return (answer.result, answer.note) == (seen.result, seen.note)

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
        label="Weight today", unit="kg", max_digits=5, decimal_places=1, required=False, help_text=ONE_OF_TWO
    )
    weight_lb = DecimalNumberField(
        label="or, from a scale in pounds", unit="lb", max_digits=5, decimal_places=1, required=False
    )
    weighed_at = NowOrThenField("Weighed at")
    stock_mg_per_ml = choices_in_a_row(
        "Strength on the vial", [(str(stock), f"{stock} mg/mL") for stock in STOCKS_MG_PER_ML]
    )
    bag_volume_ml = DecimalNumberField(
        label="Final volume of the bag", unit="mL", max_digits=6, decimal_places=1
    )
    dead_space_ml = DecimalNumberField(
        label="Stays in the line at the end", unit="mL", max_digits=4, decimal_places=1, required=False
    )
    minutes = WholeNumberField(label="Infusion time", unit="min", min_value=1, max_value=1440)
    # Nobody says yes before they were asked: only a form that was sent shows it.
    confirmed = forms.BooleanField(label="Read again: it is so", required=False)

    def __init__(
        self, session: Session, data: Mapping[str, Any] | None = None, *, line: Observation | None = None
    ) -> None:
        super().__init__(session, data, line=line)
        if data is None:
            del self.fields["confirmed"]
        else:
            self.order_fields(["weight_kg", "weight_lb", "confirmed"])
        # Every strength can be entered, whatever the protocol draws from: what is on the vial is to be said
        # as it is, and refused, rather than brought under the nearest one that there is a button for.
        protocol = session.protocol
        for name, allowed, unit in (
            ("stock_mg_per_ml", protocol.stock_strengths_mg_per_ml, "mg/mL"),
            ("bag_volume_ml", protocol.bag_volumes_ml, "mL"),
        ):
            if allowed:
                self.fields[name].help_text = f"The protocol's: {either(allowed)} {unit}."
        if isinstance(line, DoseWorksheet):
            before = f"{timezone.localtime(line.weighed_at):%H:%M}"
            self.fields["weighed_at"].help_text = f"Empty: {before} as before, or now for another weight."

    def first_values(self) -> dict[str, Any]:
        """Bag and line are as last time; the vial's strength and the weight are read anew each time."""
        worksheet: Any = self.line
        if worksheet is None:
            last = dose.last_worksheet(self.session)
            bag = {"bag_volume_ml": last.bag_volume_ml, "dead_space_ml": last.dead_space_ml} if last else {}
            return {"minutes": self.session.protocol.infusion_minutes, **bag}
        in_pounds = worksheet.weight_unit == WeightUnit.POUND
        return {
            "weight_kg": None if in_pounds else worksheet.weight_kg,
            "weight_lb": worksheet.weight_as_read if in_pounds else None,
            "dead_space_ml": worksheet.dead_space_ml,
            "stock_mg_per_ml": str(int(worksheet.stock_mg_per_ml)),
            "bag_volume_ml": worksheet.bag_volume_ml,
            "minutes": worksheet.minutes,
        }

    def _weighed_at(self, now: datetime) -> datetime:
        """A weight that is corrected into another is of now, unless it says of when."""
        data, corrected = self.cleaned_data, self.line
        entered = self.moment("weighed_at")
        if entered is not None or not isinstance(corrected, DoseWorksheet):
            return entered or now
        same = dose.weight(data["weight_kg"], data["weight_lb"]).same_as(corrected)
        return corrected.weighed_at if same else now

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        return dose.prepare_dose(
            actor=actor,
            id=data["id"],
            session=self.session,
            weight_kg=data["weight_kg"],
            weight_lb=data["weight_lb"],
            weighed_at=self._weighed_at(now),
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
        label="Weight on the scale",
        unit="kg",
        max_digits=5,
        decimal_places=1,
        required=False,
        help_text=ONE_OF_TWO,
    )
    weight_lb = DecimalNumberField(
        label="or, from a scale in pounds", unit="lb", max_digits=5, decimal_places=1, required=False
    )
    stock_mg_per_ml = choices_in_a_row(
        "Strength on the vial", [(str(stock), f"{stock} mg/mL") for stock in STOCKS_MG_PER_ML]
    )
    dose_mg = DecimalNumberField(label="Dose, worked out anew", unit="mg", max_digits=7, decimal_places=1)
    mg_per_kg = DecimalNumberField(
        label="That dose per kg", unit="mg/kg", max_digits=7, decimal_places=2, help_text=TO_HUNDREDTHS
    )
    drug_volume_ml = DecimalNumberField(label="In the syringe", unit="mL", max_digits=6, decimal_places=2)
    bag_volume_ml = DecimalNumberField(
        label="Final volume of the bag", unit="mL", max_digits=6, decimal_places=1
    )
    concentration_mg_per_ml = DecimalNumberField(
        label="Strength in the bag", unit="mg/mL", max_digits=7, decimal_places=3, help_text=TO_THOUSANDTHS
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
