"""The form for a note in one's own words."""

from datetime import datetime
from typing import Any

from django import forms

from clinic.access import Actor
from sessions_app import notes
from web.forms import Lines
from web.views.sessions.form import CorrectingForm


class NoteForm(CorrectingForm):
    act = "note"
    done = "The note is kept."
    kept_as = "Note"

    text = forms.CharField(label="Note", max_length=notes.LONGEST, widget=Lines(3))

    def first_values(self) -> dict[str, Any]:
        line: Any = self.line
        return {"text": line.text} if line else {}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        note = notes.Note(text=data["text"])
        return notes.write(
            actor=actor, id=data["id"], session=self.session, note=note, **self.correction, now=now
        )
