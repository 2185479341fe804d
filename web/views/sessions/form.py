"""What the forms of the session's page share: their fields, the line they correct, the moment they mean.

A form names the act of `sessions_app.states` that it carries out and what is said when it is done; its
fields bear the names that problems name. The forms themselves are in the rooms
beside this one, listed in `forms`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import uuid4

from django import forms

from clinic.access import Actor
from sessions_app.models import Observation, Session, SessionState
from sessions_app.signing import signing
from web.forms import ClinicForm, LocalDateTimeField

REASON_LENGTH: Final = 240


def short_text(label: str, *, required: bool = False, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=REASON_LENGTH, help_text=help_text)


def choices_in_a_row(label: str, choices: Any, *, required: bool = True, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=required, widget=forms.RadioSelect, **options
    )


class NowOrThenField(LocalDateTimeField):
    """A moment of today; left empty it is the moment of sending."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, help_text="Empty means now.")


class SessionForm(ClinicForm):
    """A form about one session. `line` is the line that it corrects, if any."""

    act: ClassVar[str]
    done: ClassVar[str]

    def __init__(
        self, session: Session, data: Mapping[str, Any] | None = None, *, line: Observation | None = None
    ) -> None:
        self.session = session
        self.line = line
        # Several forms stand on one page: each has its own HTML ids.
        super().__init__(data, initial=self.first_values(), auto_id=f"{self.act}_%s")

    def first_values(self) -> dict[str, Any]:
        """What the form shows before anybody has typed."""
        return {}

    def record(self, *, actor: Actor, now: datetime) -> Any:
        """Carry out the act; raises the floor's problems."""
        raise NotImplementedError


class CorrectingForm(SessionForm):
    """A form that may correct a line. On a signed session that is an amendment with an id of its own."""

    corrects = forms.UUIDField(required=False, widget=forms.HiddenInput)
    amendment = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    correction_reason = short_text("Why it is corrected or added", required=True)

    def __init__(
        self,
        session: Session,
        data: Mapping[str, Any] | None = None,
        *,
        line: Observation | None = None,
    ) -> None:
        super().__init__(session, data, line=line)
        self.amends = session.state == SessionState.SIGNED
        if line is None and not self.amends:
            del self.fields["correction_reason"]
        if line is not None:
            self.initial["corrects"] = line.pk

    @property
    def correction(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"corrects": data["corrects"], "correction_reason": data.get("correction_reason", "")}

    def amend(self, content: signing.Content, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        return signing.amend(
            actor=actor,
            id=data["amendment"] or uuid4(),
            session=self.session,
            reason=data["correction_reason"],
            corrections=[signing.Correction(id=data["id"], content=content, corrects=data["corrects"])],
            now=now,
        )

    def moment(self, name: str) -> datetime | None:
        """The moment that was entered, to the second where it is known.

        The page shows and takes no seconds: the minute of the arrival or of the corrected line's own
        moment means that moment, so that a correction moves no reading before the arrival.
        """
        entered: datetime | None = self.cleaned_data[name]
        known = [self.session.arrived_at, getattr(self.line, name, None)]
        return next(
            (each for each in known if each and each.replace(second=0, microsecond=0) == entered), entered
        )


def standing(lines: Any) -> list[Any]:
    """The loaded lines that no other of them corrects."""
    lines = list(lines)
    corrected = {line.corrects_id for line in lines}
    return [line for line in lines if line.pk not in corrected]
