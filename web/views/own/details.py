"""One's own details: how one stands beside signatures, and the number on which one is paged."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.staff import own_details, queries
from web.doors import StaffRequest, own_page
from web.forms import ChangeForm, PhoneField
from web.views.staff import proving


class NumberForm(ChangeForm):
    mobile = PhoneField(
        label="Mobile phone",
        required=False,
        help_text="Urgent tasks page you there, in every clinic that you work in; empty: by e-mail.",
    )

    def __init__(self, request: StaffRequest, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"mobile": request.user.mobile}  # type: ignore[union-attr]
        super().__init__(*args, **kwargs)
        proving.add_fields(self, request)


@own_page()
def details(request: StaffRequest) -> HttpResponse:
    """The details; sent, the number is changed, which asks for the password."""
    form = NumberForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = proving.carried_out(
            request,
            form,
            lambda proof: own_details.change_own_mobile(
                actor=request.actor,
                mobile=form.cleaned_data["mobile"],
                proof=proof,
                now=clock.now(),
            ),
        )
        if done:
            messages.success(request, "Your number is saved. A mail tells you of it.")
            return redirect("own_details")
    context = {"form": form, "works_in": queries.works_in(request.actor.user_id)}
    return render(request, "web/own/details.html", context, status=form.status)
