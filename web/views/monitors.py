"""The pages of bedside monitors: which stands at which chair, and what they sent that nobody could place."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import CLINICAL
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Problem
from scheduler.models import Resource, ResourceKind
from sessions_app.access import CHANGE_MONITORS, PLACE_MONITORS
from sessions_app.models import MonitorDevice, UnmatchedMessage
from sessions_app.monitors import devices, taking_over, unmatched
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, Lines, LocalDateTimeField

IDENTIFIER_HELP = "Exactly as the monitor sends it (MSH-3 or OBX-18)."


class ChairField(forms.ModelChoiceField):
    def label_from_instance(self, chair: Resource) -> str:
        return chair.name


def _chairs(clinic: Clinic) -> Any:
    return Resource.objects.filter(clinic=clinic, kind=ResourceKind.CHAIR, active=True).order_by("name")


class AddForm(ClinicForm):
    name = forms.CharField(label="Name", max_length=80, help_text="As you call it: Monitor 4.")
    identifier = forms.CharField(label="Calls itself", max_length=80, help_text=IDENTIFIER_HELP)
    chair = ChairField(Resource.objects.none(), label="Stands at", required=False, empty_label="No chair")

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chairs: Any = self.fields["chair"]
        chairs.queryset = _chairs(clinic)


class MoveForm(ChangeForm):
    chair = ChairField(Resource.objects.none(), label="Stands at", required=False, empty_label="No chair")

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chairs: Any = self.fields["chair"]
        chairs.queryset = _chairs(clinic)


class TakeOverForm(ChangeForm):
    since = LocalDateTimeField(
        label="It has stood there since",
        error_messages={"required": "Say from when on it has stood there."},
        help_text="What it measured before stays kept: it may have stood by somebody else.",
    )
    moved_earlier = forms.BooleanField(label="It was moved before anybody recorded it", required=False)


class SettleForm(ChangeForm):
    outcome = forms.CharField(
        label="What was done",
        max_length=240,
        widget=Lines(2),
        error_messages={"required": "Say in a few words what was done: no message goes in silence."},
    )
    alike = forms.BooleanField(label="Also all the others of this monitor and reason", required=False)


@staff_page(PLACE_MONITORS, methods=["GET"])
def monitors(request: StaffRequest) -> HttpResponse:
    """All monitors with their chairs, what waits to be settled, and for a manager the form to add one."""
    return _show(request, AddForm(request.clinic, initial={"identifier": request.GET.get("identifier", "")}))


@staff_page(CHANGE_MONITORS, methods=["POST"])
def add_monitor(request: StaffRequest) -> HttpResponse:
    form = AddForm(request.clinic, request.POST)
    if form.is_valid():
        try:
            device = _added(request, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{device.name} is known now.")
            return _after_placing(device)
    return _show(request, form)


@staff_page(PLACE_MONITORS)
def monitor(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One monitor, to be moved to another chair."""
    device = _fetch(request, pk)
    form = MoveForm(request.clinic, request.POST or None, initial={"chair": device.chair_id})
    if request.method == "POST" and form.is_valid():
        chair = form.cleaned_data["chair"]
        try:
            moved = devices.move(actor=request.actor, device=device, chair=chair, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            place = f"at {chair.name}" if chair else "at no chair"
            messages.success(request, f"{device.name} stands {place} now.")
            return _after_placing(moved)
    return _show_one(request, device, move=form)


@staff_page(PLACE_MONITORS, methods=["POST"])
def take_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take what it sent while nobody knew its chair into the sessions there."""
    device = _fetch(request, pk)
    form = TakeOverForm(request.POST)
    if form.is_valid():
        try:
            found = taking_over.take_over(
                actor=request.actor, device=device, now=clock.now(), **form.cleaned_data
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            left = f", {found.waiting} still wait" if found.waiting else ""
            messages.success(request, f"Messages taken over: {found.taken_over}{left}.")
            return redirect("monitors")
    return _show_one(request, device, take_over=form)


@staff_page(CHANGE_MONITORS, methods=["POST"])
def retire_monitor(request: StaffRequest, pk: UUID) -> HttpResponse:
    device = devices.retire(actor=request.actor, device=_fetch(request, pk), now=clock.now())
    messages.success(request, f"{device.name} is out of use.")
    return redirect("monitors")


@staff_page(CHANGE_MONITORS, methods=["POST"])
def reinstate_monitor(request: StaffRequest, pk: UUID) -> HttpResponse:
    device = devices.reinstate(actor=request.actor, device=_fetch(request, pk), now=clock.now())
    messages.success(request, f"{device.name} is in use again. Say at which chair it stands.")
    return redirect("monitor", pk=device.pk)


@staff_page(PLACE_MONITORS)
def monitor_message(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One message that could not be placed, to be settled with an outcome; clinicians see what it says."""
    mine = UnmatchedMessage.objects.filter(clinic=request.clinic).select_related("settled_by")
    message = access.fetch(request.actor, mine, PLACE_MONITORS, pk=pk)
    form = SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = unmatched.settle(
                actor=request.actor, message=message, now=clock.now(), **form.cleaned_data
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(
                request, "The message is settled." if count == 1 else f"{count} messages are settled."
            )
            return redirect("monitors")
    known = MonitorDevice.objects.filter(clinic=request.clinic, identifier=message.identifier).first()
    context = {
        "message": message,
        "form": form,
        "known": known,
        "may_read": request.actor.may(CLINICAL, request.clinic.pk),
        "may_change": _may_change(request),
    }
    return render(request, "web/monitors/message.html", context, status=form.status)


def _show(request: StaffRequest, form: AddForm) -> HttpResponse:
    listed = MonitorDevice.objects.filter(clinic=request.clinic).select_related("chair")
    context = {
        "devices": listed.order_by("-active", "name", "id"),
        "waiting": unmatched.waiting(request.clinic),
        "form": form,
        "may_change": _may_change(request),
    }
    return render(request, "web/monitors/list.html", context, status=form.status)


def _show_one(
    request: StaffRequest,
    device: MonitorDevice,
    *,
    move: MoveForm | None = None,
    take_over: TakeOverForm | None = None,
) -> HttpResponse:
    context = {
        "device": device,
        "form": move or MoveForm(request.clinic, initial={"chair": device.chair_id}),
        "waiting": taking_over.waiting(device),
        "take_over": take_over or TakeOverForm(),
        "may_change": _may_change(request),
    }
    sent = take_over or move
    return render(request, "web/monitors/monitor.html", context, status=sent.status if sent else 200)


def _after_placing(device: MonitorDevice) -> HttpResponse:
    """Where something waits of it, its own page asks next since when it has stood there."""
    if device.chair_id and taking_over.waiting(device).count:
        return redirect("monitor", pk=device.pk)
    return redirect("monitors")


def _fetch(request: StaffRequest, pk: UUID) -> MonitorDevice:
    mine = MonitorDevice.objects.filter(clinic=request.clinic).select_related("chair")
    return access.fetch(request.actor, mine, PLACE_MONITORS, pk=pk)


def _may_change(request: StaffRequest) -> bool:
    return request.actor.may(CHANGE_MONITORS, request.clinic.pk)


def _added(request: StaffRequest, form: AddForm) -> MonitorDevice:
    data = form.cleaned_data
    device, _ = create_once(
        actor=request.actor,
        noun="monitor",
        id=data["id"],
        body={name: form.data.get(name) for name in form.fields},
        make=lambda: devices.add(actor=request.actor, clinic=request.clinic, now=clock.now(), **data),
        find=lambda: MonitorDevice.objects.get(pk=data["id"]),
    )
    return device
