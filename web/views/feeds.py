"""Calendar feeds: the manager's page that makes and revokes addresses, and the address itself.

Whoever has an address reads the calendar without signing in; one that is unknown and one that is revoked are
told apart for nobody.
"""

import hashlib
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Problem
from clinic.rates import at_most, slow_down_guessing
from scheduler.access import MANAGE_FEEDS
from scheduler.calendars import feeds, ical
from scheduler.models import CalendarFeed, Resource, ResourceKind
from web.doors import StaffRequest, staff_page
from web.files import calendar_answer
from web.forms import ClinicForm

READS_PER_MINUTE: Final = 60


class ResourceField(forms.ModelChoiceField):
    def label_from_instance(self, resource: Resource) -> str:
        return f"{resource.name} ({ResourceKind(resource.kind).label.lower()})"


class MakeForm(ClinicForm):
    """Whose calendar."""

    resource = ResourceField(
        Resource.objects.none(),
        label="Nurse or chair",
        empty_label="Choose whose calendar",
        error_messages={"invalid_choice": "Choose one of the list."},
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Resource.objects.filter(clinic=clinic, active=True).exclude(kind=ResourceKind.CLINICIAN)
        self.fields["resource"].queryset = offered.order_by("-kind", "name")  # type: ignore[attr-defined]


class NamesForm(forms.Form):
    show_names = forms.BooleanField(required=False, label="Name the patients in calendars")


@staff_page(MANAGE_FEEDS)
def calendar_feeds(request: StaffRequest) -> HttpResponse:
    """Every feed of the clinic; sent, makes one and shows its address this once."""
    if request.method != "POST":
        return _show(request, MakeForm(request.clinic))
    form = MakeForm(request.clinic, request.POST)
    if not form.is_valid():
        return _show(request, form)
    id, resource = form.cleaned_data["id"], form.cleaned_data["resource"]
    try:
        made, _ = create_once(
            actor=request.actor,
            noun="calendar_feed",
            id=id,
            body={"resource": resource.pk},
            make=lambda: feeds.make(actor=request.actor, id=id, resource=resource),
            find=lambda: CalendarFeed.objects.select_related("resource").get(pk=id),
        )
    except Problem as problem:
        form.add_problem(problem)
        return _show(request, form)
    return _show(request, MakeForm(request.clinic), made=made)


@staff_page(MANAGE_FEEDS, methods=["POST"])
def revoke(request: StaffRequest, pk: UUID) -> HttpResponse:
    own = CalendarFeed.objects.filter(clinic=request.clinic).select_related("resource")
    feed = access.fetch(request.actor, own, MANAGE_FEEDS, pk=pk)
    feeds.revoke(actor=request.actor, feed=feed, now=clock.now())
    messages.success(request, f"The address is revoked: nobody reads {feed.resource.name}'s calendar by it.")
    return redirect("calendar_feeds")


@staff_page(MANAGE_FEEDS, methods=["POST"])
def show_names(request: StaffRequest) -> HttpResponse:
    form = NamesForm(request.POST)
    show = form.is_valid() and form.cleaned_data["show_names"]
    feeds.show_names(actor=request.actor, clinic=request.clinic, show=show)
    words = "Calendars now name the patients." if show else "Calendars no longer name the patients."
    messages.success(request, words)
    return redirect("calendar_feeds")


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address; 304 for a program that has it already."""
    now = clock.now()
    try:
        with slow_down_guessing(request):
            feed = feeds.open_feed(token=token)
        at_most(READS_PER_MINUTE, what=f"calendar-reads:{feed.pk}")
    except Problem as problem:
        plain = "text/plain; charset=utf-8"
        return HttpResponse(
            problem.detail, status=problem.status, headers=problem.headers, content_type=plain
        )
    content = ical.feed_file(feed, now=now)
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    answer = calendar_answer(content)
    answer["ETag"] = etag
    # Kept by the reader's own program, which asks each time whether it still holds.
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _show(request: StaffRequest, form: MakeForm, *, made: CalendarFeed | None = None) -> HttpResponse:
    """The page; `made` is the feed whose address it shows."""
    known = list(feeds.feeds().filter(clinic=request.clinic))
    context = {
        "form": form,
        "in_use": [feed for feed in known if feed.revoked_at is None],
        "revoked": [feed for feed in known if feed.revoked_at is not None],
        "made": made,
        "address": feeds.address_of(made) if made else "",
        "show_names": request.clinic.feeds_show_names,
        "days_back": ical.DAYS_BACK,
    }
    return render(request, "web/reports/feeds.html", context, status=form.status)
