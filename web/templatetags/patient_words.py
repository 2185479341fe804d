"""Filling the sentences of the patients' pages (`web.views.links.words`)."""

from datetime import time

from django import template
from django.utils import formats

register = template.Library()


@register.filter
def with_time(sentence: str, at: time) -> str:
    return sentence.format(time=formats.time_format(at, "g:i A"))
