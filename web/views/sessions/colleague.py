"""A second person at the first one's tablet: chosen by name, and shown by their own password to be there.

Whoever is signed in stays so. Only the one line that wants a second person is the colleague's.
"""

from typing import Any
from uuid import UUID

from django import forms

from clinic import access, signin
from clinic.access import Actor, Permission
from clinic.models import User
from clinic.signin import Proof


class ColleagueField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.full_name


def add_fields(
    form: forms.Form, *, reader: UUID, clinic_id: UUID, permission: Permission, label: str
) -> None:
    """Let the form be sent for a colleague who may do this here, with their password and code."""
    there = User.objects.filter(
        memberships__clinic=clinic_id, memberships__role__in=permission, is_active=True
    )
    colleagues = there.exclude(pk=reader).distinct().order_by("full_name", "pk")
    form.fields["colleague"] = ColleagueField(colleagues, label=label, empty_label="Choose a colleague")
    form.fields["password"] = _secret("Their own password", required=True)
    form.fields["code"] = _secret("Code of their authenticator app, if they use one", required=False)


def of(form: forms.Form, actor: Actor) -> Actor:
    """Who gave the form: the colleague that it names, once the password is theirs, or who is signed in.

    Raises what `signin.reauthenticate` does.
    """
    colleague: User | None = form.cleaned_data.get("colleague")
    if colleague is None:
        return actor
    second = access.actor_of(colleague)
    proof = Proof(form.cleaned_data["password"], form.cleaned_data["code"])
    signin.reauthenticate(actor=second, proof=proof)
    return second


def _secret(label: str, *, required: bool) -> forms.CharField:
    """Never shown again as it was filled, nor offered from what the browser knows of somebody else."""
    attrs: dict[str, Any] = {"autocomplete": "off"}
    return forms.CharField(
        label=label, required=required, strip=False, max_length=256, widget=forms.PasswordInput(attrs=attrs)
    )
