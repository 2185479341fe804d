"""The form that signs the record."""

from datetime import datetime
from typing import Any, Final

from django import forms

from clinic.access import Actor
from sessions_app.signing import signing
from web.views.sessions.form import SessionForm

MEANING: Final = "I gave this infusion and the record is complete"


class SignForm(SessionForm):
    act = "sign"
    done = "The record is signed."

    meaning = forms.CharField(label="My signature says", max_length=160)

    def first_values(self) -> dict[str, Any]:
        given = self.session.started_at is not None
        return {"meaning": MEANING if given else "Nothing was given and the record is complete"}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return signing.sign(actor=actor, session=self.session, now=now, **self.cleaned_data)
