"""Who is on call in the weeks ahead, and who would be called now."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Clinic, Role, User
from clinic.problems import Problem
from notifications.access import PLAN_ON_CALL, VIEW_ON_CALL
from notifications.escalating import on_call as calendar
from notifications.models import OnCallRung, OnCallShift
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, LocalDateTimeField
from web.views.tasks.forms import Colleague

AHEAD: Final = timedelta(weeks=8)
# Whose tasks can be urgent: a worrying answer is nurses', what only a prescriber may decide is theirs.
CALLED_FOR: Final = (Role.NURSE, Role.PRESCRIBER)


class ShiftForm(ClinicForm):
    user = Colleague(User.objects.none(), label="Who", empty_label="Choose a colleague")
    rung = forms.ChoiceField(label="Called", choices=OnCallRung.choices)
    starts_at = LocalDateTimeField(label="From")
    ends_at = LocalDateTimeField(label="To")

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = calendar.may_stand(clinic_id=clinic.pk, rung=OnCallRung.SUPERVISOR, role=calendar.ON_CALL_FOR)
        self.fields["user"].queryset = able  # type: ignore[attr-defined]


@staff_page(VIEW_ON_CALL)
def on_call(request: StaffRequest) -> HttpResponse:
    """The calendar; sent, puts somebody on it."""
    if request.method != "POST":
        return _show(request, ShiftForm(request.clinic))
    access.require(request.actor, PLAN_ON_CALL, request.clinic.pk)
    form = ShiftForm(request.clinic, request.POST)
    if not form.is_valid():
        return _show(request, form)
    given = form.cleaned_data
    try:
        create_once(
            actor=request.actor,
            noun="on_call_shift",
            id=given["id"],
            body={key: str(value.pk if key == "user" else value) for key, value in given.items()},
            make=lambda: calendar.add_shift(
                actor=request.actor, clinic=request.clinic, now=clock.now(), **given
            ),
            find=lambda: OnCallShift.objects.get(pk=given["id"]),
        )
    except Problem as problem:
        form.add_problem(problem)
        return _show(request, form)
    messages.success(request, f"{given['user'].full_name} is on call.")
    return redirect("on_call")


@staff_page(PLAN_ON_CALL, methods=["POST"])
def withdraw(request: StaffRequest, pk: UUID) -> HttpResponse:
    shift = access.fetch(request.actor, OnCallShift.objects.select_related("user"), PLAN_ON_CALL, pk=pk)
    calendar.withdraw_shift(actor=request.actor, shift=shift, now=clock.now())
    messages.success(request, f"{shift.user.full_name} is off call.")
    return redirect("on_call")


def _shifts(clinic: Clinic, now: datetime) -> list[tuple[OnCallShift, bool]]:
    """Those ahead, each with whether its person may still stand on its rung."""
    able = {
        rung: set(
            calendar.may_stand(clinic_id=clinic.pk, rung=rung, role=calendar.ON_CALL_FOR).values_list(
                "pk", flat=True
            )
        )
        for rung in OnCallRung.values
    }
    rows = calendar.shifts(after=now, until=now + AHEAD).filter(clinic=clinic)
    return [(shift, shift.user_id in able[shift.rung]) for shift in rows]


def _show(request: StaffRequest, form: ShiftForm) -> HttpResponse:
    now, clinic = clock.now(), request.clinic
    context = {
        "form": form,
        "may_plan": request.actor.may(PLAN_ON_CALL, clinic.pk),
        "shifts": _shifts(clinic, now),
        "rungs": OnCallRung.labels,
        "called_now": [
            (
                role.label,
                [
                    (rung.label, [user.full_name for user in found])
                    for rung, found in calendar.in_turn(clinic_id=clinic.pk, role=role, now=now)
                ],
            )
            for role in CALLED_FOR
        ],
        "staffed": calendar.staffed(clinic_id=clinic.pk, now=now),
        "staffed_again": calendar.staffed_again_at(clinic_id=clinic.pk, now=now),
    }
    return render(request, "web/tasks/on_call.html", context, status=form.status)
