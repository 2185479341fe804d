"""The forms for the infusion itself: its steps, other medicines, waste and its witness, notes.

A step carries the revision that its page showed: on an older one it is refused with what has changed since,
and the form comes back on the newest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django import forms
from django.utils import timezone

from clinic import clock
from clinic.access import Actor
from clinic.models import Role, User
from scheduler.vocabulary import UNITS, spoken_unit
from sessions_app import notes, states
from sessions_app.access import MAY
from sessions_app.infusing import infusion, medicines, progress, stopping, waste
from sessions_app.models import Session
from sessions_app.preparing.dosing import plain
from web import entries
from web.forms import DecimalNumberField
from web.views.sessions import colleague
from web.views.sessions.form import (
    CorrectingForm,
    NowOrThenField,
    SessionForm,
    choices_in_a_row,
    short_text,
)

# UCUM for the record; in words for the eye, since "ug" and "IU" are misread.
UNCHECKED: Final = "Not yet reckoned against the protocol's limits."
VOLUME_IS_RIGHT: Final = "Read again: the pump's volume is right"
OWN_ENTRIES: Final = 8_000  # characters of ids: some two hundred entries


def pump_volume(help_text: str) -> DecimalNumberField:
    return DecimalNumberField(
        label="Volume that the pump shows",
        unit="mL",
        required=False,
        max_digits=6,
        decimal_places=1,
        help_text=help_text,
    )


class StepForm(SessionForm):
    """A step of the infusion, decided on by what the page showed.

    `after` are the ids of this person's entries that waited in the browser when the step was entered.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    after = forms.CharField(widget=forms.HiddenInput, required=False, max_length=OWN_ENTRIES)

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        self.initial["revision"] = session.revision

    @property
    def moment(self) -> datetime | None:
        """When it happened, if that was entered. The page takes no seconds: the minute of the step before it
        means that step's own moment."""
        entered: datetime | None = self.cleaned_data.get("happened_at")
        steps = progress.in_order(self.session.infusion_events.all())
        last = progress.moment_of(steps[-1]) if steps else self.session.arrived_at
        return last if entered == last.replace(second=0, microsecond=0) else entered

    @property
    def values(self) -> dict[str, Any]:
        values = {**self.cleaned_data, "happened_at": self.moment}
        own, seen = values.pop("after", "").split(), values.get("revision")
        if own and seen is not None:
            values["revision"] = entries.carried(self.session, seen, own)
        return values


class HaltForm(StepForm):
    """Pausing and stopping never wait until somebody has read what has changed."""

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        del self.fields["revision"], self.fields["after"]


class StartForm(StepForm):
    act = "start"
    rarely = ("happened_at",)
    done = "The infusion runs."

    happened_at = NowOrThenField("Started at")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.start(actor=actor, session=self.session, now=now, **self.values)


class PauseForm(HaltForm):
    act = "pause"
    rarely = ("happened_at",)
    done = "The infusion is paused."
    kept_as = "Pause"

    reason = short_text("Why, if there is time")
    happened_at = NowOrThenField("Paused at")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.pause(actor=actor, session=self.session, now=now, **self.values)


class ResumeForm(StepForm):
    act = "resume"
    rarely = ("happened_at",)
    done = "The infusion goes on."
    kept_as = "Resume"
    kept_unchecked = UNCHECKED

    happened_at = NowOrThenField("Resumed at")

    @property
    def missing(self) -> list[states.Blocker]:
        """What going on would be refused for now."""
        return infusion.missing_at_resume(self.session, clock.now()) if self.open_now else []

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.resume(actor=actor, session=self.session, now=now, **self.values)


class RateForm(StepForm):
    act = "rate"
    rarely = ("confirmed", "happened_at")
    done = "The new rate is kept."
    kept_as = "New rate"
    kept_unchecked = UNCHECKED

    rate_ml_per_h = DecimalNumberField(label="New rate", unit="mL/h", max_digits=6, decimal_places=1)
    confirmed = forms.BooleanField(label="Read again: the rate is right", required=False)
    reason = short_text("Why")
    happened_at = NowOrThenField("Changed at")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.change_rate(actor=actor, session=self.session, now=now, **self.values)


class BolusForm(StepForm):
    act = "bolus"
    rarely = ("confirmed", "came_from_elsewhere", "happened_at")
    done = "The bolus is kept."
    kept_as = "Bolus"
    kept_unchecked = UNCHECKED

    volume_ml = DecimalNumberField(label="Volume", unit="mL", max_digits=6, decimal_places=1)
    confirmed = forms.BooleanField(label="Read again: the volume is right", required=False)
    came_from_elsewhere = forms.BooleanField(label="Read again: it came from elsewhere", required=False)
    reason = short_text("Who ordered it, and why")
    happened_at = NowOrThenField("Given at")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.give_bolus(actor=actor, session=self.session, now=now, **self.values)


class StopForm(HaltForm):
    act = "stop"
    rarely = ("confirmed", "happened_at")
    done = "The infusion has stopped."
    kept_as = "Stop"

    volume_ml = pump_volume("All it gave, boluses included. Empty: worked out from rates and times.")
    confirmed = forms.BooleanField(label=VOLUME_IS_RIGHT, required=False)
    reason = short_text("Why, if before its end")
    happened_at = NowOrThenField("Stopped at")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return stopping.stop(actor=actor, session=self.session, now=now, **self.values)


class ExplainStopForm(SessionForm):
    """What an early stop was recorded without: only that is asked."""

    act = "explain_stop"
    rarely = ("confirmed",)
    rarely_called = "Read again"
    done = "The stop is explained."
    kept_as = "Early stop explained"

    reason = short_text("Why it stopped early", required=True)
    volume_ml = pump_volume("All it gave, boluses included.")
    unreadable = forms.BooleanField(label="The pump can't be read any more", required=False)
    confirmed = forms.BooleanField(label=VOLUME_IS_RIGHT, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        lacking = progress.stop_lacks(self.session)
        self.offered = bool(lacking) and self.open_now
        if "reason" not in lacking:
            del self.fields["reason"]
        if "volume_ml" not in lacking:
            del self.fields["volume_ml"], self.fields["unreadable"], self.fields["confirmed"]

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return stopping.explain_stop(actor=actor, session=self.session, now=now, **self.cleaned_data)


class NotGivenForm(SessionForm):
    act = "not_given"
    done = "Recorded: nothing was given."
    kept_as = "Nothing given"

    reason = short_text("Why nothing is given", required=True)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return stopping.not_given(actor=actor, session=self.session, now=now, **self.cleaned_data)


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
        choices = [(order["medicine"], order_in_words(order)) for order in orders]
        self.fields["ordered_set"].choices = choices  # type: ignore[attr-defined]
        self.fields["ordered_by"] = prescriber_field(session)
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


class WasteForm(CorrectingForm):
    act = "waste"
    done = "The waste is kept: somebody else must witness it."
    kept_as = "Waste"

    vial = forms.CharField(label="Vial: lot or serial number", max_length=80)
    drawn_mg = DecimalNumberField(label="Drawn from it", unit="mg", max_digits=7, decimal_places=1)
    wasted_mg = DecimalNumberField(label="Wasted", unit="mg", max_digits=7, decimal_places=1)
    reason = short_text("Why")

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        wasted = self.fields["wasted_mg"]
        given = waste.still_to_tell(session)
        if given is None:
            wasted.help_text = "What is in the bag can be wasted after the stop."
        elif self.line is None:
            wasted.help_text = f"What was drawn, less {plain(given)} mg given that no vial accounts for yet."
            wasted.widget.attrs["data-given"] = plain(given)

    def first_values(self) -> dict[str, Any]:
        names = ("vial", "drawn_mg", "wasted_mg", "reason")
        return {name: getattr(self.line, name) for name in names} if self.line else {}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        wasted = waste.Wasted(
            vial=data["vial"],
            drawn_mg=data["drawn_mg"],
            wasted_mg=data["wasted_mg"],
            reason=data["reason"],
        )
        return waste.waste(
            actor=actor, id=data["id"], session=self.session, wasted=wasted, **self.correction, now=now
        )


class WitnessForm(SessionForm):
    """What was wasted, as a second person saw it: whoever is signed in, or a colleague beside them."""

    act = "witness"
    done = "The waste is witnessed."
    kept_as = "Witness of waste"

    waste = choices_in_a_row("I saw wasted", ())

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        self.open_lines = waste.unwitnessed(session)
        self._offer(self.open_lines)

    def shown_to(self, actor: Actor) -> Self:
        """Their own waste needs a colleague, who says so on the same page."""
        if any(line.recorded_by_id == actor.user_id for line in self.open_lines):
            colleague.add_fields(
                self,
                reader=actor.user_id,
                clinic_id=self.session.clinic_id,
                permission=MAY["witness"],
                label="Seen by",
            )
        return self

    @property
    def offered(self) -> bool:
        return bool(self.fields["waste"].choices)  # type: ignore[attr-defined]

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        return waste.witness(
            actor=colleague.of(self, actor), id=data["id"], session=self.session, waste=data["waste"], now=now
        )

    def _offer(self, lines: Sequence[Any]) -> None:
        self.fields["waste"].choices = [  # type: ignore[attr-defined]
            (str(line.pk), f"{line.wasted_mg} mg of {line.vial}") for line in lines
        ]


class NoteForm(CorrectingForm):
    act = "note"
    done = "The note is kept."
    kept_as = "Note"

    text = forms.CharField(label="Note", max_length=notes.LONGEST, widget=forms.Textarea(attrs={"rows": 3}))

    def first_values(self) -> dict[str, Any]:
        line: Any = self.line
        return {"text": line.text} if line else {}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        note = notes.Note(text=data["text"])
        return notes.write(
            actor=actor, id=data["id"], session=self.session, note=note, **self.correction, now=now
        )


def prescriber_field(session: Session) -> forms.TypedChoiceField:
    """Who ordered it: a prescriber of the clinic, or the order set."""
    prescribers = User.objects.filter(
        memberships__clinic=session.clinic_id, memberships__role=Role.PRESCRIBER, is_active=True
    ).order_by("full_name")
    named = [(str(user.pk), user.full_name) for user in prescribers]
    return forms.TypedChoiceField(
        label="Ordered by",
        required=False,
        empty_value=None,
        coerce=UUID,
        choices=[("", "The order set"), *named],
    )


def order_in_words(order: Mapping[str, Any]) -> str:
    unit = spoken_unit(order["unit"])
    return f"{order['medicine']} {order['amount']} {unit} {order['route']} ({order['reason']})"
