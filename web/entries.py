"""Entries that a browser kept until it could send them: how they are known, answered and sealed
(docs/decisions/0012-unsent-entries.md).

What an entry says is its form's business, what may be recorded that of the floors below.
"""

import base64
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from clinic import era
from clinic.problems import Forbidden, Problem
from sessions_app import recording
from sessions_app.models import Session
from web.forms import ChangeForm

ENTERED_BY: Final = "X-Chairside-Entered-By"
ENTERED_AT: Final = "X-Chairside-Entered-At"
# An entry that is sent at once needs no word about when it was entered.
AT_ONCE: Final = timedelta(minutes=1)


def is_kept(request: HttpRequest) -> bool:
    """Whether a browser sends this by its script: it is answered as the API answers, never with a page."""
    return ENTERED_BY in request.headers


def writer(user_id: UUID, clinic_id: UUID) -> str:
    """Whose entry it is, and in which of their clinics."""
    return f"{user_id} {clinic_id}"


def require_writer(request: HttpRequest, user_id: UUID, clinic_id: UUID) -> None:
    """Raise Forbidden (`other_sign_in`) when an entry arrives under another sign-in, or from another clinic,
    than those in which it was written."""
    if is_kept(request) and request.headers[ENTERED_BY] != writer(user_id, clinic_id):
        raise Forbidden("Somebody else is signed in now, or another clinic is chosen.", code="other_sign_in")


def done_in_words(request: HttpRequest, done: str, *, now: datetime) -> str:
    """What a stored entry is told with; one that has waited also says since when."""
    try:
        entered_at = era.moment(request.headers.get(ENTERED_AT, ""))
    except ValueError:
        return done
    if now - entered_at < AT_ONCE:
        return done
    return f"{done} It was entered at {timezone.localtime(entered_at):%H:%M}."


def refused(form: ChangeForm, *, verdict: str) -> Problem:
    """What is wrong with a refused form, in the sentences that its page would show; by the verdict, its code,
    the browser knows what can still become of the entry."""
    sentences = [
        str(error) if name == NON_FIELD_ERRORS else f"{form.fields[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]
    problem = Problem(" ".join(sentences), code=verdict)
    problem.status = form.status
    return problem


def keys_of(user_id: UUID) -> list[str]:
    """The keys that seal this person's entries, the current one first; they are kept in no browser."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = [
        salted_hmac("chairside.unsent-entries", str(user_id), secret, algorithm="sha256").digest()
        for secret in secrets
    ]
    return [base64.b64encode(digest).decode() for digest in digests]


def carried(session: Session, revision: int, own: Collection[str]) -> int:
    """The revision that was seen, carried past the lines in `own`: a person's entries that were kept before
    this one. It stops at the first line that is not among them."""
    made_by: dict[int, set[str]] = defaultdict(set)
    for change in recording.changes_since(session, revision):
        made_by[change["revision"]].add(change["id"])
    while not made_by[revision + 1].isdisjoint(own):
        revision += 1
    return revision
