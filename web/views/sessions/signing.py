"""The form that signs the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from django import forms

from clinic.access import Actor
from sessions_app import states
from sessions_app.models import Session
from sessions_app.signing import meanings, signing
from web.views.sessions.form import SessionForm, choices_in_a_row, code_field, password_field


class SignForm(SessionForm):
    """What the signature says, and the password again: it makes this the person's own signature. It is for
    the record that the page showed: what was written since is shown before it can be sent again."""

    act = "sign"
    done = "The record is signed."

    meaning = choices_in_a_row(
        "My signature says", [(meaning.code, meaning.says) for meaning in meanings.MEANINGS]
    )
    password = password_field()
    code = code_field()
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, session: Session, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(session, data, **options)
        self.initial["revision"] = session.revision

    def shown_to(self, actor: Actor) -> Self:
        """Only what this person may say, the likeliest chosen."""
        offered = [(each.code, each.says) for each in signing.meanings_open_to(actor, self.session)]
        self.fields["meaning"].choices = offered  # type: ignore[attr-defined]
        if offered:
            self.initial.setdefault("meaning", offered[0][0])
        return super().shown_to(actor)

    @property
    def missing(self) -> list[states.Blocker]:
        """What is still open before the record can be signed."""
        return signing.missing_at_signing(self.session)

    def record(self, *, actor: Actor, now: datetime) -> Any:
        return signing.sign(
            actor=actor,
            id=self.cleaned_data["id"],
            session=self.session,
            meaning=self.cleaned_data["meaning"],
            proof=self.proof,
            revision=self.cleaned_data["revision"],
            now=now,
        )
