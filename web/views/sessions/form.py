"""What the forms of the session's page share: their fields, the line they correct, the moment they mean.

A form names the act of `sessions_app.states` that it carries out and what is said when it is done; its
fields bear the names that problems name. The forms themselves are in the rooms
beside this one, listed in `forms`.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Self
from uuid import uuid4

from django import forms

from clinic import clock, signin
from clinic.access import Actor
from clinic.problems import Problem, Stale
from clinic.signin import Proof
from sessions_app import recording, states
from sessions_app.models import Observation, Session, SessionState
from sessions_app.signing import amending, signing
from web.forms import ClinicForm, LocalDateTimeField
from web.views.sessions.changes import what_changed

REASON_LENGTH: Final = 240
# What came of a form that was not carried out: it asks whether it is so, was filled in on what has changed
# since, is possible in no state to which the session still comes, or is to be mended.
Verdict = Literal["confirm", "stale", "wrong_state", "refused"]
CONFIRM: Final = "confirm"
# What proves who signs: kept nowhere, and no part of what makes a call the same call.
SECRET: Final = ("password", "code")


def short_text(label: str, *, required: bool = False, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=REASON_LENGTH, help_text=help_text)


def choices_in_a_row(label: str, choices: Any, *, required: bool = True, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=required, widget=forms.RadioSelect, **options
    )


class NowOrThenField(LocalDateTimeField):
    """A moment of today; left empty it is the moment of sending. A page that keeps the form until it can be
    sent fills it in (docs/decisions/0012-unsent-entries.md)."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, help_text="Empty means now.")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-now-if-empty": True}


def password_field() -> forms.CharField:
    """Never shown again as it was filled."""
    return forms.CharField(
        label="Your password, again",
        error_messages={"required": "Enter your password again: it makes this your signature."},
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def code_field() -> forms.CharField:
    """Only of whoever has a second factor: everybody else's form is without it."""
    return forms.CharField(
        label="Code of your authenticator app",
        error_messages={"required": "Enter the code of your authenticator app."},
        max_length=32,
        widget=forms.PasswordInput(attrs={"autocomplete": "one-time-code"}),
    )


class SessionForm(ClinicForm):
    """A form about one session. `line` is the line that it corrects, if any.

    `kept_as` is what the entry is called while it waits in the browser for the connection; a form without it
    must be answered by the server before anybody acts on it. `kept_unchecked` says what nobody has looked at
    by then (docs/decisions/0012-unsent-entries.md). A form `for_one_entry` shows what stands in the record,
    which its entry changes: kept, it is for no other. One that `amends` is of a signed record. Fields that
    are needed `rarely` stand folded while nothing has been filled in, under what they are `rarely_called`.
    """

    act: ClassVar[str]
    done: ClassVar[str]
    kept_as: ClassVar[str] = ""
    kept_unchecked: ClassVar[str] = ""
    for_one_entry: ClassVar[bool] = False
    amends: bool = False
    rarely: ClassVar[Collection[str]] = ()
    rarely_called: ClassVar[str] = "At another time"

    def __init__(
        self, session: Session, data: Mapping[str, Any] | None = None, *, line: Observation | None = None
    ) -> None:
        self.session = session
        self.line = line
        self.blockers: Sequence[Mapping[str, str]] = ()
        self.verdict: Verdict = "refused"
        self.html_id = self._named(data or {})
        super().__init__(data, initial=self.first_values(), auto_id=f"{self.html_id}_%s")

    def _named(self, data: Mapping[str, Any]) -> str:
        """The form's HTML id; several forms stand on one page, and those of their fields begin with it."""
        return self.act

    def first_values(self) -> dict[str, Any]:
        """What the form shows before anybody has typed."""
        return {}

    def shown_to(self, actor: Actor) -> Self:
        """The form as this person sees it: a form that signs asks for what they have to prove it with."""
        if "code" in self.fields and not signin.has_second_factor(actor):
            del self.fields["code"]
        return self

    @property
    def folded(self) -> list[forms.BoundField]:
        """What stands folded: nothing of a form that was sent, corrects a line, or was filled in."""
        rare = [self[name] for name in self.rarely if name in self.fields]
        if self.is_bound or self.line is not None or any(field.initial for field in rare):
            return []
        return rare

    @property
    def at_hand(self) -> list[tuple[forms.BoundField, Any]]:
        """The visible fields that aren't folded, each with its errors."""
        away = {field.name for field in self.folded}
        return [(field, field.errors) for field in self.visible_fields() if field.name not in away]

    @property
    def may_wait(self) -> bool:
        """Whether the browser may keep it; what proves who signs is never kept."""
        return bool(self.kept_as) and self.fields.keys().isdisjoint(SECRET)

    @property
    def moves(self) -> str:
        """Where this act takes a session from each state that allows it, for the page: "infusing:paused"."""
        return " ".join(f"{before}:{after}" for before, after in states.ACTS[self.act].moves.items())

    @property
    def open_now(self) -> bool:
        """Whether the session's state allows it; one that was sent stays open to be read."""
        return self.is_bound or states.ACTS[self.act].allows(self.session.state)

    @property
    def proof(self) -> Proof:
        return Proof(self.cleaned_data["password"], self.cleaned_data.get("code", ""))

    def record(self, *, actor: Actor, now: datetime) -> Any:
        """Carry out the act; raises the floor's problems."""
        raise NotImplementedError

    def add_problem(self, problem: Problem) -> None:
        """A stale form says in words what has changed, and can be sent again on what stands now."""
        if isinstance(problem, Stale):
            # A copy of the very kind: what may be sent more than once, such as symptoms, stays whole.
            sent: Any = copy(self.data)
            sent["revision"] = problem.data["revision"]
            self.data = sent
            problem = Stale(what_changed(problem.data["changes"]), **problem.data)
        self.blockers = problem.data.get("blockers") or ()
        self.verdict = self._verdict_on(problem)
        super().add_problem(problem)

    def _verdict_on(self, problem: Problem) -> "Verdict":
        codes = {error.get("code") for error in problem.data.get("errors") or []}
        if codes == {CONFIRM} and "confirmed" in self.fields:
            return "confirm"
        state = problem.data.get("state")
        if state is not None and not states.ACTS[self.act].allows(state):
            return "wrong_state"
        return "stale" if isinstance(problem, Stale) else "refused"

    def not_kept(self, *, actor: Actor, now: datetime) -> None:
        """Do what must not wait until a form that could not be read, or was refused, is mended."""


class CorrectingForm(SessionForm):
    """A form that may correct a line. On a signed session that is an amendment with an id of its own, decided
    on by the versions that the page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    corrects = forms.UUIDField(required=False, widget=forms.HiddenInput)
    amendment = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    correction_reason = short_text("Why it is corrected or added", required=True)
    password = password_field()
    code = code_field()

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
        if self.amends:
            self.order_fields([name for name in self.fields if name not in SECRET])
            self.initial["revision"] = recording.revision_of(session)
        else:
            del self.fields["password"], self.fields["code"], self.fields["revision"]
        if line is not None:
            self.initial["corrects"] = line.pk

    def _place_of(self, path: str) -> str | None:
        """This form sends one line: a problem of an amendment's first line is one of the form's fields."""
        return super()._place_of(path.removeprefix("corrections.0."))

    @property
    def correction(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"corrects": data["corrects"], "correction_reason": data.get("correction_reason", "")}

    def amend(self, content: amending.Content, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        return signing.amend(
            actor=actor,
            id=data["amendment"] or uuid4(),
            session=self.session,
            reason=data["correction_reason"],
            corrections=[amending.Correction(id=data["id"], content=content, corrects=data["corrects"])],
            proof=self.proof,
            revision=data["revision"],
            now=now,
        )

    def moment(self, name: str) -> datetime | None:
        """The moment that was entered, to the second where it is known.

        The page shows and takes no seconds: the minute of the arrival or of the corrected line's own
        moment means that moment, so that a correction moves no reading before the arrival.
        """
        entered: datetime | None = self.cleaned_data[name]
        known = [self.session.arrived_at, getattr(self.line, name, None)]
        return next((each for each in known if each and clock.minute(each) == entered), entered)


def standing(lines: Any) -> list[Any]:
    """The loaded lines that no other of them corrects."""
    lines = list(lines)
    corrected = {line.corrects_id for line in lines}
    return [line for line in lines if line.pk not in corrected]
