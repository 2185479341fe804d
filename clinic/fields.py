"""Serializer fields that are stricter than DRF's own."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from clinic import era
from clinic.visible_text import ONE_LINE, hides_something

MEND = "Write an RFC 3339 time with its offset, such as 2027-01-11T09:00:00-06:00 or 2027-01-11T15:00:00Z."


class MomentField(serializers.DateTimeField):
    """A moment: RFC 3339 with an offset. A time without one is refused, never guessed."""

    default_error_messages = {"invalid": MEND, "naive": MEND, "date": MEND, "era": era.MEND}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        if not era.holds(value.date()):
            self.fail("era")
        return super().enforce_timezone(value)


class IdField(serializers.UUIDField):
    """An id, written as a UUID is: a number is none, though Python could make a UUID of it."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, (str, UUID)):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class LineField(serializers.CharField):
    """A text of one line in which everything can be seen: names, titles, single words."""

    default_error_messages = {"hidden": ONE_LINE}

    def to_internal_value(self, data: Any) -> str:
        line = super().to_internal_value(data)
        if hides_something(line):
            self.fail("hidden")
        return line


class DayField(serializers.DateField):
    """A calendar day that can be reckoned with."""

    default_error_messages = {"era": era.MEND}

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not era.holds(day):
            self.fail("era")
        return day
