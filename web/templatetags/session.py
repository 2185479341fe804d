"""Where the session's forms are sent."""

from django import template
from django.urls import reverse

from web.views.session_forms import SessionForm

register = template.Library()


@register.simple_tag
def session_step(form: SessionForm) -> str:
    """The address that carries out this form's act on its session."""
    return reverse(f"session_{form.act}", args=[form.session.pk])
