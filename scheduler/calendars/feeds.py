"""Calendar feeds: a secret address for one nurse or chair is made, opened, revoked.

Whoever knows the address reads the calendar without signing in, so it is shown once, when it is made, and
only its hash is kept (`clinic.secret_links`). What a calendar says is `ical`'s.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse

from clinic import secret_links
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Invalid, Missing
from clinic.transactions import in_transaction
from scheduler.models import CalendarFeed, Resource, ResourceKind

PURPOSE: Final = "scheduler.calendar_feed"
NO_FEED: Final = "There is no calendar at this address."


def make(*, actor: Actor, id: UUID, resource: Resource) -> CalendarFeed:
    """Open a calendar of this nurse or chair under a new address (`address_of`). There may be several.

    Raises `Invalid` for a clinician or for a resource that is out of use.
    """
    if resource.kind == ResourceKind.CLINICIAN:
        raise Invalid({"resource": "Calendars are for nurses and chairs. Choose one of these."})
    if not resource.active:
        raise Invalid({"resource": f"{resource.name} is out of use. Choose one that is in use."})

    def work() -> CalendarFeed:
        with acting(actor.user_id):
            return CalendarFeed.objects.create(
                id=id,
                clinic_id=resource.clinic_id,
                resource=resource,
                token_sha256=secret_links.hash_of(secret_links.token_for(PURPOSE, id)),
                made_by_id=actor.user_id,
            )

    return in_transaction(work)


def address_of(feed: CalendarFeed) -> str:
    """The whole address, for whoever has just made the feed and for nobody else."""
    token = secret_links.token_made(PURPOSE, feed.pk, feed.token_sha256)
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[token])


def revoke(*, actor: Actor, feed: CalendarFeed, now: datetime) -> CalendarFeed:
    """From now on nobody reads this calendar under its address. Revoking again changes nothing."""

    def work() -> CalendarFeed:
        row = CalendarFeed.objects.select_for_update(no_key=True).get(pk=feed.pk)
        if row.revoked_at is None:
            row.revoked_at = now
            with acting(actor.user_id):
                row.save(update_fields=["revoked_at"])
        return row

    return in_transaction(work)


def open_feed(*, token: str) -> CalendarFeed:
    """The feed with this address. Raises `Missing` alike for one that is revoked and one that never was."""
    feed = (
        CalendarFeed.objects.filter(token_sha256=secret_links.hash_of(token), revoked_at=None)
        .select_related("clinic", "resource")
        .first()
    )
    if feed is None:
        raise Missing(NO_FEED)
    return feed


def show_names(*, actor: Actor, clinic: Clinic, show: bool) -> Clinic:
    """Whether the clinic's calendars name the patients: all of them, those in use too, from now on."""

    def work() -> Clinic:
        row = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        if row.feeds_show_names != show:
            row.feeds_show_names = show
            with acting(actor.user_id):
                row.save(update_fields=["feeds_show_names"])
        return row

    return in_transaction(work)


def feeds() -> QuerySet[CalendarFeed]:
    """Every feed with its nurse or chair, those in use first."""
    known = CalendarFeed.objects.select_related("clinic", "resource", "made_by")
    in_use_first = F("revoked_at").asc(nulls_first=True)
    return known.order_by(in_use_first, "resource__kind", "resource__name", "created_at", "pk")
