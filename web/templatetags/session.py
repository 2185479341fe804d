"""How the session's pages say amounts, where their forms are sent, and what of them waits to be sent."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse

from scheduler.vocabulary import spoken_unit
from sessions_app.models import Session
from sessions_app.preparing import dosing
from web import entries
from web.views.sessions.form import SessionForm
from web.views.sessions.places import place_of

register = template.Library()


@register.simple_tag
def session_step(form: SessionForm) -> str:
    """The address that carries out this form's act on its session."""
    return reverse(f"session_{form.act}", args=[form.session.pk])


@register.simple_tag
def place(code: str, session: Session) -> str:
    """Where what a requirement of the table of states asks for is done."""
    return place_of(code, session)


@register.inclusion_tag("web/nurse/unsent.html", takes_context=True)
def unsent_entries(
    context: Mapping[str, Any], now: datetime, session: Session | None = None
) -> dict[str, Any]:
    """What waits in this browser for the connection, of one session or of all: the page's moment, and the key
    that opens what is the reader's own."""
    request = context["request"]
    return {
        "request": request,
        "user": request.user,
        "clinic": request.clinic,
        "writer": entries.writer(request.user.pk, request.clinic.pk),
        "keys": entries.keys_of(request.user.pk),
        "now": now,
        "session": session,
    }


@register.filter
def unit(code: str) -> str:
    """A unit as people read it: "mcg" for UCUM's "ug"."""
    return spoken_unit(code)


@register.filter
def amount(value: Decimal) -> str:
    """0.500 as 0.5 and 10.000 as 10: no zeros that say nothing, and never an exponent."""
    return dosing.plain(value)
