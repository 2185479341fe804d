"""The forms for the steps of an infusion: from the start to the stop, and what is said of it afterwards.

A step carries the revision that its page showed: on an older one it is refused with what has changed since,
and the form comes back on the newest.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import forms

from clinic import clock
from clinic.access import Actor
from sessions_app import states
from sessions_app.infusing import infusion, progress, stopping
from sessions_app.models import Session
from web import entries
from web.forms import DecimalNumberField
from web.views.sessions.form import (
    NowOrThenField,
    SessionForm,
    short_text,
)

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
        return last if entered == clock.minute(last) else entered

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
