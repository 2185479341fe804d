"""Time offered to who waits and taken back, and the answers of patients who call instead of a tap."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Conflict
from scheduler.access import BOOK
from scheduler.models import Resource, ResourceKind, WaitlistEntry, WaitlistOffer
from scheduler.waitlist import by_hand, waiting, waitlist
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, LocalDateTimeField
from web.views.booking.place import has_fasted
from web.views.waitlist.listing import DAY, OFFER_AFRESH


class OfferForm(ClinicForm):
    """All of it is hidden: a free time that the list shows beside somebody whom it fits."""

    start = LocalDateTimeField(widget=forms.HiddenInput)
    chair = forms.ModelChoiceField(Resource.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, entry: WaitlistEntry, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chairs = Resource.objects.filter(clinic=entry.clinic_id, kind=ResourceKind.CHAIR)
        self.fields["chair"].queryset = chairs  # type: ignore[attr-defined]


@staff_page(BOOK, methods=["POST"])
def offer_now(request: StaffRequest) -> HttpResponse:
    """What the worker does each minute, at once."""
    offers = waitlist.offer_freed(clinic=request.clinic, now=clock.now())
    if offers:
        count = "1 time was" if len(offers) == 1 else f"{len(offers)} times were"
        messages.success(request, f"{count} offered just now. The patients get a message.")
    else:
        messages.info(request, "Nothing is free just now that suits somebody who can be asked.")
    return redirect("waitlist")


@staff_page(BOOK, methods=["POST"])
def offer(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Offer one free time to one who waits. A time that has gone is told on the list, as it is by now."""
    entries = WaitlistEntry.objects.select_related("patient").filter(clinic=request.clinic)
    entry = access.fetch(request.actor, entries, BOOK, pk=pk)
    form = OfferForm(entry, request.POST)
    if not form.is_valid():
        messages.error(request, OFFER_AFRESH)
        return redirect("waitlist")
    given = form.cleaned_data
    try:
        create_once(
            actor=request.actor,
            noun="waitlist_offer",
            id=given["id"],
            body={"entry": entry.pk, "start": given["start"], "chair": given["chair"] and given["chair"].pk},
            make=lambda: by_hand.offer(
                actor=request.actor,
                id=given["id"],
                entry=entry,
                start=given["start"],
                chair=given["chair"],
                now=clock.now(),
            ),
            find=lambda: WaitlistOffer.objects.get(pk=given["id"]),
        )
    except Conflict as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, f"The time is held for {entry.patient.full_name}, who gets a message.")
    day = clock.local_date(given["start"], request.clinic.time_zone)
    return redirect(f"{reverse('waitlist')}?{urlencode({DAY: day.isoformat()})}")


@staff_page(BOOK, methods=["POST"])
def take_back(request: StaffRequest, pk: UUID) -> HttpResponse:
    def work(offer: WaitlistOffer) -> HttpResponse:
        by_hand.take_back(actor=request.actor, offer=offer, now=clock.now())
        messages.success(
            request, "The offer is taken back: the time is free, and the patient goes on waiting."
        )
        return redirect("waitlist")

    return _answer(request, pk, work)


@staff_page(BOOK, methods=["POST"])
def accept(request: StaffRequest, pk: UUID) -> HttpResponse:
    def work(offer: WaitlistOffer) -> HttpResponse:
        visit = waitlist.accept(actor=request.actor, offer=offer, fasted=has_fasted(request), now=clock.now())
        messages.success(request, f"{offer.entry.patient.full_name} takes the time: it is booked.")
        return redirect("visit", pk=visit.pk)

    return _answer(request, pk, work)


@staff_page(BOOK, methods=["POST"])
def decline(request: StaffRequest, pk: UUID) -> HttpResponse:
    def work(offer: WaitlistOffer) -> HttpResponse:
        waitlist.decline(actor=request.actor, offer=offer, now=clock.now())
        messages.success(request, "The time is free again. The patient goes on waiting.")
        return redirect("waitlist")

    return _answer(request, pk, work)


def _answer(request: StaffRequest, pk: UUID, work: Callable[[WaitlistOffer], HttpResponse]) -> HttpResponse:
    """An answer that comes too late is told on the list, where the next offer stands."""
    offers = waiting.offers().filter(entry__clinic=request.clinic)
    offer = access.fetch(request.actor, offers, BOOK, pk=pk)
    try:
        return work(offer)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
        return redirect("waitlist")
