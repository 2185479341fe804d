"""The form that amends any line of a signed record that has no form of its own, and adds a late note.

Vital signs and side effects are amended with the forms that record them (`observing`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone

from clinic.access import Actor
from sessions_app.models import (
    ChecklistAnswer,
    Discharge,
    MedicineGiven,
    Observation,
    Session,
    SessionNote,
    Waste,
)
from sessions_app.preparing.checklist import LABELS
from sessions_app.signing import amending
from web.forms import DecimalNumberField, Lines, LocalDateTimeField
from web.views.sessions.form import CorrectingForm, short_text, standing
from web.views.sessions.medicines import prescriber_field


def _long_text(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=Lines(3))


def _milligrams(label: str) -> DecimalNumberField:
    return DecimalNumberField(label=label, unit="mg", max_digits=7, decimal_places=1)


def _words(label: str, length: int) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=length)


def _tick(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def fields_of(line: Observation | None) -> dict[str, forms.Field]:
    """What the form asks, by the kind of the line; without a line it is a late note."""
    match line:
        case ChecklistAnswer():
            return {"note": short_text("Note")}
        case MedicineGiven():
            return {
                "medicine": _words("Medicine", 80),
                "amount": DecimalNumberField(label="Amount", max_digits=8, decimal_places=3),
                "unit": _words("Unit", 12),
                "route": _words("Route", 40),
                "given_at": LocalDateTimeField(label="Given at"),
                "reason": short_text("Why it was given"),
                "ordered_by_id": prescriber_field(line.session, line),
                "allergy_reason": short_text("If an allergy is on record, why it was given all the same"),
            }
        case Waste():
            return {
                "vial": _words("Vial", 80),
                "drawn_mg": _milligrams("Drawn"),
                "wasted_mg": _milligrams("Wasted"),
                "reason": short_text("Why"),
                "witness": _tick("I saw this wasted: only witness it, change nothing"),
            }
        case Discharge():
            return {
                "escort_name": _words("Adult who took the patient home", 120),
                "escort_phone": _words("Their phone", 40),
                "escort_seen": _tick("This adult was seen"),
                "instructions_given": _tick("Written instructions given"),
                "iv_removed": _tick("IV removed"),
                "suicidality_asked_again": _tick("Suicidality asked again, no concern"),
            }
    return {"text": _long_text("Late note" if line is None else "Note")}


SHAPES: Final[dict[type, type[amending.Content]]] = {
    ChecklistAnswer: amending.ChecklistNote,
    MedicineGiven: amending.Medicine,
    Waste: amending.Wasted,
    Discharge: amending.DischargeFacts,
    SessionNote: amending.Note,
    type(None): amending.Note,
}


class AmendForm(CorrectingForm):
    act = "amend"
    done = "The amendment is signed."

    def __init__(self, session: Session, data: Any = None, *, line: Observation | None = None) -> None:
        self.asked = fields_of(line)
        super().__init__(session, data, line=line)
        self.fields.update(self.asked)
        self.order_fields(["id", *self.asked])

    def first_values(self) -> dict[str, Any]:
        values = {name: getattr(self.line, name, None) for name in self.asked} if self.line else {}
        if isinstance(self.line, Waste):
            values["witness"] = False  # the line's own says who has
        return {
            name: timezone.localtime(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }

    @property
    def title(self) -> str:
        return f"Amend: {_label(self.line)}" if self.line else "Late note (amendment)"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(id, label) of every line that this form can amend."""
        return [(str(line.pk), _label(line)) for line in amendable(self.session)]

    def record(self, *, actor: Actor, now: datetime) -> Any:
        values = {name: self.cleaned_data[name] for name in self.asked}
        if isinstance(self.line, MedicineGiven):
            values["given_at"] = self.moment("given_at")
        if isinstance(self.line, Waste) and values.pop("witness"):
            self.cleaned_data["corrects"] = None
            return self.amend(amending.Witnessed(waste=self.line.pk), actor=actor, now=now)
        return self.amend(SHAPES[type(self.line)](**values), actor=actor, now=now)


def amendable(session: Session) -> Iterator[Any]:
    """The standing lines of a session that `AmendForm` amends."""
    for lines in (
        session.discharges,
        session.notes,
        session.medicines_given,
        session.wastes,
        session.checklist_answers,
    ):
        yield from standing(lines.all())


def _label(line: Any) -> str:
    match line:
        case ChecklistAnswer():
            return LABELS.get(line.item, line.item)
        case MedicineGiven():
            return f"{line.medicine}, {timezone.localtime(line.given_at):%H:%M}"
        case Waste():
            return f"Waste of {line.vial}"
        case SessionNote():
            return f"Note of {timezone.localtime(line.recorded_at):%H:%M}"
    return "Discharge"
