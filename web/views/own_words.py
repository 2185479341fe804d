"""What staff write to a patient's phone, wherever they write it: one box that says while it is typed how long
it is, and which word can't stand on a lock screen.

What may be written is said in `notifications.talking`; where it goes, by the views that show the box.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.models import Patient
from clinic.visible_text import said
from notifications.talking import own_words, threads
from notifications.talking.own_words import Size
from web.forms import ClinicForm, Lines


class OwnWordsForm(ClinicForm):
    """`check` is where the box is looked through while somebody types; `link_length` is nought where what
    they write has no link; `by_email`: it goes no other way."""

    text = forms.CharField(
        max_length=own_words.MOST_CHARACTERS,
        widget=Lines(3),
        error_messages={"required": own_words.EMPTY},
    )

    def __init__(
        self,
        patient: Patient,
        data: Any = None,
        *,
        label: str,
        check: str,
        link_length: int = 0,
        by_email: bool = False,
        words: str = "",
    ) -> None:
        super().__init__(data, initial={"text": words})
        self.by_email = by_email
        self.patient, self.check, self.link_length = patient, check, link_length
        self.fields["text"].label = label

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        wrong = threads.faults_of(self.patient, text, link_length=self.link_length, by_email=self.by_email)
        if wrong:
            raise ValidationError(wrong)
        return text

    @property
    def size(self) -> Size | None:
        """Of what stands in the box; None while nothing does."""
        typed = str(self["text"].value() or "")
        sender = self.patient.clinic.sender_name
        return own_words.size_of(typed, sender=sender, link_length=self.link_length) if said(typed) else None

    @property
    def most_segments(self) -> int:
        return own_words.MOST_SEGMENTS


def checked(request: HttpRequest, form: OwnWordsForm) -> HttpResponse:
    """What stands below the box by now. Nothing is written."""
    form.is_valid()
    return render(request, "web/threads/own_words.html", {"form": form})
