"""The form for a set of vital signs: as it is laid out, filled from the monitor, and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils import timezone

from clinic import clock
from clinic.access import Actor
from clinic.problems import Problem
from sessions_app.models import (
    Session,
)
from sessions_app.monitors.feed import Newest
from sessions_app.observing import flowsheet, vital_limits, vitals
from sessions_app.observing.flowsheet import NOT_DUE
from web.forms import DecimalNumberField, WholeNumberField
from web.views.sessions.form import (
    CorrectingForm,
    NowOrThenField,
)

ABSENT_REASONS: Final = [
    ("", "Everything was measured"),
    (NOT_DUE, NOT_DUE),
    ("Patient declined", "Patient declined"),
    ("Could not be measured", "Could not be measured"),
]


@dataclass(frozen=True)
class Laid:
    """A field of a set as it is laid out: what is measured in a large box, with the value before this one."""

    field: forms.BoundField
    before: int | Decimal | None

    @property
    def is_box(self) -> bool:
        return self.field.name in vital_limits.RINGS

    @property
    def below_zero(self) -> bool:
        """Whether it may be: a plus is turned into a minus with a tap."""
        return self.is_box and vital_limits.RINGS[self.field.name].reject[0] < 0

    @property
    def unit(self) -> str:
        return getattr(self.field.field, "unit", "")


class VitalsForm(CorrectingForm):
    act = "vitals"
    rarely = ("mean_mmhg", "end_tidal_co2_mmhg", "oxygen_l_per_min", "measured_at", "confirmed")
    rarely_called = "Mean pressure, EtCO₂, oxygen, another time"
    done = "The vital signs are kept."
    kept_as = "Vital signs"

    systolic_mmhg = WholeNumberField(label="Systolic", unit="mmHg", required=False)
    diastolic_mmhg = WholeNumberField(label="Diastolic", unit="mmHg", required=False)
    heart_rate_per_min = WholeNumberField(label="Heart rate", unit="/min", required=False)
    oxygen_saturation_percent = WholeNumberField(label="SpO₂", unit="%", required=False)
    respiratory_rate_per_min = WholeNumberField(label="Breathing", unit="/min", required=False)
    temperature_cel = DecimalNumberField(
        label="Temperature", unit="°C", required=False, max_digits=4, decimal_places=1
    )
    pain_nrs = WholeNumberField(label="Pain", unit="of 10", required=False)
    rass = WholeNumberField(label="RASS", unit="-5 to +4", required=False)
    dissociation = WholeNumberField(label="Dissociation", unit="of 10", required=False)
    distress = WholeNumberField(label="Distress", unit="of 10", required=False)
    mean_mmhg = WholeNumberField(label="Mean pressure", unit="mmHg", required=False)
    end_tidal_co2_mmhg = WholeNumberField(label="EtCO₂", unit="mmHg", required=False)
    oxygen_l_per_min = DecimalNumberField(
        label="Oxygen", unit="L/min", required=False, max_digits=4, decimal_places=1
    )
    symptoms = forms.MultipleChoiceField(
        label="Symptoms",
        choices=list(vital_limits.SYMPTOMS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    measured_at = NowOrThenField("Measured at")
    absent_reason = forms.CharField(
        label="If something is left empty, why",
        required=False,
        max_length=120,
        widget=forms.Select(choices=ABSENT_REASONS),
    )
    confirmed = forms.BooleanField(label="Measured again: unusual values are right", required=False)
    device_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # The monitor's own moment, to the second; `measured_at` shows and takes minutes.
    device_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, session: Session, *args: Any, **options: Any) -> None:
        super().__init__(session, *args, **options)
        said = getattr(self.line, "absent_reason", "")
        if said and said not in dict(ABSENT_REASONS):
            # In other words than these, over the API: they are kept, not asked for again.
            self.fields["absent_reason"].widget = forms.Select(choices=[*ABSENT_REASONS, (said, said)])
        for sign in vital_limits.RINGS:
            # The next box follows; a tablet that many share proposes nobody else's values.
            self.fields[sign].widget.attrs |= {"enterkeyhint": "next", "autocomplete": "off"}
        # A keypad of digits has no minus.
        self.fields["rass"].widget.attrs["inputmode"] = "text"

    @property
    def laid_out(self) -> list[Laid]:
        """The fields at hand in their order."""
        lines = [] if self.line else flowsheet.standing(self.session.vital_signs.all())
        before = flowsheet.newest(lines)
        return [Laid(shown, before.get(shown.name)) for shown, _ in self.at_hand]

    def ask_for_baseline(self) -> None:
        """Mark what the set before the start has to hold."""
        for sign in (*vital_limits.limited(self.session.protocol.limits, "start_hold"), "pain_nrs"):
            self.fields[sign].widget.attrs["aria-required"] = "true"

    def first_values(self) -> dict[str, Any]:
        reading: Any = self.line
        if reading is None:
            return {}
        signs = {sign: getattr(reading, sign) for sign in vital_limits.RINGS}
        return {
            **signs,
            "symptoms": reading.symptoms,
            "measured_at": timezone.localtime(reading.measured_at),
            "absent_reason": reading.absent_reason,
            "device_id": reading.device_id,
        }

    def add_problem(self, problem: Problem) -> None:
        """A value to confirm is confirmed where it stands, not below everything else."""
        super().add_problem(problem)
        errors = problem.data.get("errors") or []
        doubtful = {error["field"] for error in errors if error.get("code") == "confirm"}
        names = [name for name in self.fields if name != "confirmed"]
        places = [place for place, name in enumerate(names, start=1) if name in doubtful]
        if places:
            self.order_fields([*names[: places[-1]], "confirmed"])

    def readable(self, now: datetime) -> vitals.Reading:
        """What can be read of the set, complete or not."""
        data = self.cleaned_data
        signs: dict[str, Any] = {sign: data.get(sign) for sign in vital_limits.RINGS}
        measured_at, symptoms = data.get("measured_at") or now, data.get("symptoms", [])
        return vitals.Reading(measured_at=measured_at, symptoms=symptoms, **signs)

    def not_kept(self, *, actor: Actor, now: datetime) -> None:
        """What a set raises is raised before it is kept, by what can be read of it."""
        vitals.alarm_not_kept(actor=actor, session=self.session, reading=self.readable(now), now=now)

    def take_from(self, shown: Newest) -> None:
        """Fill in what the monitor shows; what it doesn't measure stays as it was."""
        self.initial = {
            **self.initial,
            **shown.values,
            "measured_at": shown.measured_at,
            "device_id": shown.device_id,
            "device_at": shown.measured_at.isoformat(),
        }
        for name in (*shown.values, "measured_at", "device_id", "device_at"):
            # Of this one set: a page that stays lets the next one begin without it.
            self.fields[name].widget.attrs["data-of-one-entry"] = True

    def moment(self, name: str) -> datetime | None:
        entered = super().moment(name)
        measured: datetime | None = self.cleaned_data["device_at"]
        if measured and clock.minute(measured) == entered:
            return measured
        return entered

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        signs = {sign: data[sign] for sign in vital_limits.RINGS}
        left_out = [sign for sign, ring in vital_limits.RINGS.items() if ring.regular and signs[sign] is None]
        reading = vitals.Reading(
            measured_at=self.moment("measured_at") or now,
            **signs,
            symptoms=data["symptoms"],
            device_id=data["device_id"],
            absent_reason=self._why(left_out),
            confirmed=data["confirmed"],
        )
        if self.amends:
            return self.amend(reading, actor=actor, now=now)
        return vitals.record_vitals(
            actor=actor, id=data["id"], session=self.session, reading=reading, **self.correction, now=now
        )

    def _why(self, left_out: Sequence[str]) -> str:
        """The reason that was chosen. Once the infusion has started, a temperature and pain that are left out
        were not due; nobody has to say so. What a due reading is about has no reason but a chosen one."""
        chosen: str = self.cleaned_data["absent_reason"]
        if not left_out:
            return ""
        if chosen or not self.session.started_at or set(left_out) & set(flowsheet.ESSENTIAL):
            return chosen
        return NOT_DUE
