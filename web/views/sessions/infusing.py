"""The forms for the infusion itself: start, pause, resume, stop, not given."""

from datetime import datetime
from typing import Any

from django import forms

from clinic.access import Actor
from sessions_app.infusing import infusion
from web.views.sessions.form import SessionForm, short_text


class StartForm(SessionForm):
    act = "start"
    done = "The infusion runs."

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.start(actor=actor, session=self.session, now=now, **self.cleaned_data)


class PauseForm(SessionForm):
    act = "pause"
    done = "The infusion is paused."

    reason = short_text("Why, if there is time")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.pause(actor=actor, session=self.session, now=now, **self.cleaned_data)


class ResumeForm(SessionForm):
    act = "resume"
    done = "The infusion goes on."

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.resume(actor=actor, session=self.session, now=now, **self.cleaned_data)


class StopForm(SessionForm):
    act = "stop"
    done = "The infusion has stopped."

    early = forms.BooleanField(label="It stops early", required=False)
    reason = short_text("Why it stops early")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.stop(actor=actor, session=self.session, now=now, **self.cleaned_data)


class NotGivenForm(SessionForm):
    act = "not_given"
    done = "Recorded: nothing was given."

    reason = short_text("Why nothing is given", required=True)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return infusion.not_given(actor=actor, session=self.session, now=now, **self.cleaned_data)
