"""The form for a medicine that is given besides the infusion."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils import timezone

from clinic.access import Actor
from clinic.models import Role, User
from scheduler.vocabulary import UNITS, spoken_unit
from sessions_app.infusing import medicines
from sessions_app.models import Observation, Session
from web.forms import DecimalNumberField
from web.views.sessions.form import (
    CorrectingForm,
    NowOrThenField,
    choices_in_a_row,
    short_text,
)


class MedicineForm(CorrectingForm):
    """One of the order set with a tap, or another on a named prescriber's order."""

    act = "medicine"
    done = "The medicine is kept."
    kept_as = "Medicine"

    ordered_set = choices_in_a_row("By the order set", (), required=False)
    medicine = forms.CharField(label="Or another medicine", required=False, max_length=80)
    amount = DecimalNumberField(
        label="Amount",
        required=False,
        max_digits=8,
        decimal_places=3,
        help_text="Empty: the order set's.",
    )
    unit = forms.ChoiceField(label="Unit", required=False, choices=[("", "As ordered"), *UNITS.items()])
    route = forms.CharField(label="Route", required=False, max_length=40)
    reason = short_text("What for")
    ordered_by = forms.Field()
    given_at = NowOrThenField("Given at")
    allergy_reason = short_text("If an allergy is on record, why it is given all the same")

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        orders = medicines.order_set(session)
        choices = [(order["medicine"], _order_in_words(order)) for order in orders]
        self.fields["ordered_set"].choices = choices  # type: ignore[attr-defined]
        self.fields["ordered_by"] = prescriber_field(session, self.line)
        if not orders:
            self._ask_for_everything()

    def _ask_for_everything(self) -> None:
        """This protocol has no order set: nothing can be left to it."""
        del self.fields["ordered_set"]
        self.fields["medicine"].label = "Medicine"
        self.fields["amount"].help_text = ""
        self.fields["unit"].choices = list(UNITS.items())  # type: ignore[attr-defined]
        _, *prescribers = self.fields["ordered_by"].choices  # type: ignore[attr-defined]
        self.fields["ordered_by"].choices = [("", "Choose a prescriber"), *prescribers]  # type: ignore[attr-defined]
        for name in ("medicine", "amount", "unit", "route", "reason", "ordered_by"):
            self.fields[name].required = True

    def first_values(self) -> dict[str, Any]:
        given: Any = self.line
        if given is None:
            return {}
        by_order_set = given.ordered_by_id is None
        return {
            "ordered_set" if by_order_set else "medicine": given.medicine,
            "amount": given.amount,
            "unit": given.unit,
            "route": given.route,
            "reason": given.reason,
            "ordered_by": given.ordered_by_id and str(given.ordered_by_id),
            "given_at": timezone.localtime(given.given_at),
            "allergy_reason": given.allergy_reason,
        }

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        given = medicines.Medicine(
            medicine=data.get("ordered_set") or data["medicine"],
            given_at=self.moment("given_at") or now,
            amount=data["amount"],
            unit=data["unit"],
            route=data["route"],
            reason=data["reason"],
            ordered_by_id=data["ordered_by"],
            allergy_reason=data["allergy_reason"],
        )
        return medicines.give(
            actor=actor, id=data["id"], session=self.session, medicine=given, **self.correction, now=now
        )


def prescriber_field(session: Session, line: Observation | None) -> forms.TypedChoiceField:
    """Who ordered it: a prescriber of the clinic, or the order set; of a line that is corrected also whoever
    ordered that, though they have left."""
    here = Q(memberships__clinic=session.clinic_id, memberships__role=Role.PRESCRIBER, is_active=True)
    prescribers = User.objects.filter(here | Q(pk=getattr(line, "ordered_by_id", None))).distinct()
    named = [(str(user.pk), user.full_name) for user in prescribers.order_by("full_name", "pk")]
    return forms.TypedChoiceField(
        label="Ordered by",
        required=False,
        empty_value=None,
        coerce=UUID,
        choices=[("", "The order set"), *named],
    )


def _order_in_words(order: Mapping[str, Any]) -> str:
    unit = spoken_unit(order["unit"])
    return f"{order['medicine']} {order['amount']} {unit} {order['route']} ({order['reason']})"
