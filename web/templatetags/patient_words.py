"""Filling the sentences of the patients' pages (`web.views.links.words`)."""

from datetime import time

from django import template
from django.utils import formats
from django.utils.translation import get_language

from notifications.wording import writing

register = template.Library()


@register.filter
def with_time(sentence: str, at: time) -> str:
    return hours_agreeing(sentence.format(time=formats.time_format(at, "g:i A")))


@register.filter
def hours_agreeing(words: str) -> str:
    """With the article that an hour has in the page's language: las 2:00 PM, and la 1:00 PM."""
    return writing.language_of(get_language() or "").agreeing(words)
