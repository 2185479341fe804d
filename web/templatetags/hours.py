"""Words of the hours' pages."""

from datetime import date, datetime

from django import template
from django.utils import timezone

from scheduler.vocabulary import WEEKDAYS

register = template.Library()


@register.filter
def weekday(number: int) -> str:
    """0 is Monday."""
    return WEEKDAYS[number]


@register.filter
def local_date(moment: datetime) -> date:
    """The clinic's day that this moment falls on."""
    return timezone.localtime(moment).date()
