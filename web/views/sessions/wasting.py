"""The forms for the drug that was not given: how much was wasted, and who saw it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from django import forms

from clinic.access import Actor
from sessions_app.access import MAY
from sessions_app.infusing import waste
from sessions_app.models import Session
from sessions_app.preparing.dosing import plain
from web.forms import DecimalNumberField
from web.views.sessions import colleague
from web.views.sessions.form import (
    CorrectingForm,
    SessionForm,
    choices_in_a_row,
    short_text,
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
