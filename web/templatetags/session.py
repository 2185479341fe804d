"""How the session's pages say amounts, and where their forms are sent."""

from decimal import Decimal

from django import template
from django.urls import reverse

from sessions_app.preparing import dosing
from web.views.sessions.form import SessionForm

register = template.Library()


@register.simple_tag
def session_step(form: SessionForm) -> str:
    """The address that carries out this form's act on its session."""
    return reverse(f"session_{form.act}", args=[form.session.pk])


@register.filter
def amount(value: Decimal) -> str:
    """0.500 as 0.5 and 10.000 as 10: no zeros that say nothing, and never an exponent."""
    return dosing.plain(value)
