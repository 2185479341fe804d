"""How the session's pages say amounts, where their forms are sent, and what of them waits to be sent."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse

from scheduler.vocabulary import spoken_unit
from sessions_app.models import Session, VitalSigns
from sessions_app.preparing import dosing
from web import entries
from web.views.sessions.form import SessionForm
from web.views.sessions.places import place_of
from web.views.sessions.watching import NO_BREAK

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
def signs(line: VitalSigns) -> str:
    """122/78 · HR 71 · SpO₂ 98 % · RR 14: what is looked at first, of what was measured. A line breaks
    between two signs only."""
    pressure = f"{line.systolic_mmhg}/{line.diastolic_mmhg}" if line.systolic_mmhg else ""
    measured = {
        "HR {}": line.heart_rate_per_min,
        "SpO₂ {} %": line.oxygen_saturation_percent,
        "RR {}": line.respiratory_rate_per_min,
    }
    rest = (
        words.format(value).replace(" ", NO_BREAK) for words, value in measured.items() if value is not None
    )
    return " · ".join(filter(None, [pressure, *rest]))


@register.filter
def unit(code: str) -> str:
    """A unit as people read it: "mcg" for UCUM's "ug"."""
    return spoken_unit(code)


@register.filter
def amount(value: Decimal) -> str:
    """0.500 as 0.5 and 10.000 as 10: no zeros that say nothing, and never an exponent."""
    return dosing.plain(value)
