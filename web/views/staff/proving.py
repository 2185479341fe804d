"""Showing once more that it is you before roles change: asked for once, then five minutes not again.

The fields stand in a form only while they are asked for. What was typed into them is kept nowhere; the
session keeps the moment and whose proof it was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings

from clinic import clock, signin
from clinic.problems import Problem
from clinic.signin import Proof
from web.doors import StaffRequest
from web.forms import ChangeForm

SHOWN: Final = "staff_proof"


def add_fields(form: forms.Form, request: StaffRequest, *, again: bool = False) -> None:
    """Ask for the password, and for the code of who has a second factor, unless both were given just now;
    `again`: also then."""
    if _shown_lately(request) and not again:
        return
    form.fields["password"] = _secret("Your own password, again", "current-password")
    if signin.has_second_factor(request.actor):
        form.fields["code"] = _secret("Code of your authenticator app", "one-time-code")


def of(form: forms.Form, request: StaffRequest) -> Proof:
    """What the form brings, or what was shown a moment ago."""
    if "password" in form.fields:
        return Proof(form.cleaned_data["password"], form.cleaned_data.get("code", ""))
    proof = Proof("")
    proof.shown_by = request.actor.user_id
    return proof


def carried_out(request: StaffRequest, form: ChangeForm, act: Callable[[Proof], object]) -> bool:
    """Whether what a form asks for was done on the proof that it brings; a refusal stands at the form."""
    try:
        act(of(form, request))
    except Problem as problem:
        form.add_problem(problem)
        return False
    remember(request, form)
    return True


def remember(request: StaffRequest, form: forms.Form) -> None:
    """After the floor has taken the proof: for five minutes it is not asked for again."""
    if "password" in form.fields:
        request.session[SHOWN] = [str(request.actor.user_id), clock.now().isoformat()]


def _shown_lately(request: StaffRequest) -> bool:
    who, at = request.session.get(SHOWN, ("", ""))
    if who != str(request.actor.user_id):
        return False
    lasts = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    return clock.now() - datetime.fromisoformat(at) < lasts


def _secret(label: str, fill: str) -> forms.CharField:
    attrs: dict[str, Any] = {"autocomplete": fill}
    return forms.CharField(label=label, strip=False, max_length=256, widget=forms.PasswordInput(attrs=attrs))
