"""The forms of the staff's pages. Which of what they say is carried out, the floor decides."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from clinic.models import Member, Role
from clinic.staff import details, letters, queries
from web.doors import StaffRequest
from web.forms import ChangeForm, ClinicForm, PhoneField
from web.settings_form import SettingsForm
from web.views.staff import proving, role_words


class RolesField(forms.TypedMultipleChoiceField):
    """Ticked roles; cleans to a set of `Role`."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=role_words.choices(), coerce=Role, **kwargs)

    def clean(self, value: Any) -> set[Role]:
        return set(super().clean(value))


class ProvenForm(ChangeForm):
    """What changes somebody's roles or access asks again who is there. The floor calls roles by what is done
    with them."""

    prove_again = False  # also of who has just shown it

    def __init__(self, request: StaffRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proving.add_fields(self, request, again=self.prove_again)

    def _place_of(self, path: str) -> str | None:
        return super()._place_of("roles" if path in ("give", "take") else path)


class InviteForm(ClinicForm, ProvenForm):
    full_name = forms.CharField(
        label="Name", max_length=120, help_text="As it stands beside a signature, without a title."
    )
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        help_text="They sign in with it, and the invitation goes there.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    roles = RolesField(label="What they do here")
    credentials = forms.CharField(
        label="Credentials",
        max_length=40,
        required=False,
        help_text="RN, MD, NP. Printed beside a signature; a prescriber must have them.",
    )
    mobile = PhoneField(
        label="Mobile phone", required=False, help_text="Urgent tasks page them there; empty: by e-mail."
    )


class RolesForm(ProvenForm):
    """The roles as they were when the page was made go along: another manager's change meanwhile is not
    undone by a box that nobody touched."""

    roles = RolesField(label="What they do here")
    were = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="Why", max_length=240, required=False, help_text="Kept in the history of their roles."
    )

    def __init__(self, request: StaffRequest, member: Member, *args: Any, **kwargs: Any) -> None:
        held = [role.value for role in queries.roles_of(member)]
        kwargs["initial"] = {"roles": held, "were": " ".join(held)}
        super().__init__(request, *args, **kwargs)

    @property
    def given(self) -> set[Role]:
        return self.cleaned_data["roles"] - self._were

    @property
    def taken(self) -> set[Role]:
        return self._were - self.cleaned_data["roles"]

    @property
    def _were(self) -> set[Role]:
        return _known(self.cleaned_data["were"].split())


class TakeRolesForm(RolesForm):
    """The same once more, beside what hangs on them: sent, a role is taken. Of whoever is the `last` in one
    that the clinic needs, it asks to be told so, and for the password however lately that was given."""

    roles = RolesField(widget=forms.MultipleHiddenInput)
    asked = forms.CharField(widget=forms.HiddenInput, initial="yes")
    leave_none = forms.BooleanField()

    def __init__(self, request: StaffRequest, member: Member, sent: QueryDict) -> None:
        self.would_take = _known(sent.get("were", "").split()) - _known(sent.getlist("roles"))
        self.last = queries.last_as(member, self.would_take)
        self.prove_again = bool(self.last)
        super().__init__(request, member, sent if "asked" in sent else None)
        shown = {name: sent.get(name) for name in ("were", "reason")}
        self.initial.update(shown, roles=sent.getlist("roles"))
        if self.last:
            none = letters.in_words(self.last)
            self.fields["leave_none"].label = f"Leave the clinic without a {none}"
            self.fields["leave_none"].error_messages["required"] = (
                f"Nobody else is {none} here. Tick this, or make somebody {none} first."
            )
        else:
            del self.fields["leave_none"]


class BringBackForm(ProvenForm):
    roles = RolesField(label="What they do here from now on")
    reason = forms.CharField(label="Why", max_length=240, required=False)


class EndAccessForm(ProvenForm):
    reason = forms.CharField(
        label="Why", max_length=240, required=False, help_text="Kept in the history of their roles."
    )


class SecondFactorForm(ProvenForm):
    reason = forms.CharField(
        label="Why",
        max_length=240,
        required=False,
        help_text="Kept in the history of their place, such as: lost phone, known by sight.",
    )


class LinkForm(ProvenForm):
    """Nothing but who asks for it."""


class TokenForm(ChangeForm):
    """Which token, by the first characters of its key."""

    key = forms.CharField()


class DetailsForm(SettingsForm):
    """What this manager may change of them: of a person of several clinics not what is all clinics'."""

    full_name = forms.CharField(label="Name", max_length=120)
    credentials = forms.CharField(
        label="Credentials", max_length=40, required=False, help_text="Printed beside a signature."
    )
    mobile = PhoneField(
        label="Mobile phone", required=False, help_text="Urgent tasks page them there; empty: by e-mail."
    )
    charge = forms.BooleanField(
        label="Charge nurse", required=False, help_text="Is told when another nurse doesn't answer an alert."
    )

    def __init__(self, request: StaffRequest, member: Any, data: Any = None) -> None:
        asked = _asked(request, member)
        stands = {name: value for name, value in details.details_of(member).items() if name in asked}
        super().__init__(data, stands=stands)
        for name in self.base_fields.keys() - asked:
            del self.fields[name]


def _known(values: Iterable[str]) -> set[Role]:
    return {Role(value) for value in values if value in Role.values}


def _asked(request: StaffRequest, member: Any) -> set[str]:
    """The details that this manager may change."""
    asked = {"charge"} if Role.NURSE in member.roles else set()
    if not member.elsewhere or queries.reaches_whole(request.actor.user_id, member.user_id):
        asked |= {"full_name", "credentials"}
        asked |= {"mobile"} if member.user_id != request.actor.user_id else set()
    return asked
