"""Serializer fields that are stricter than DRF's own."""

from datetime import datetime

from rest_framework import serializers

MEND = "Write an RFC 3339 time with its offset, such as 2027-01-11T09:00:00-06:00 or 2027-01-11T15:00:00Z."


class MomentField(serializers.DateTimeField):
    """A moment: RFC 3339 with an offset. A time without one is refused, never guessed."""

    default_error_messages = {"invalid": MEND, "naive": MEND, "date": MEND}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)
