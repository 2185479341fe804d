"""The forms of the hours' pages: a day's stretches, weekly hours, a stretch of days, holidays to tick.

What hours mean and whether they may be set is said in `scheduler.working_hours`: `declarable`, `hours`,
`working_time`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from clinic import clock
from clinic.models import Clinic
from scheduler.models import AbsenceReason, Resource
from scheduler.vocabulary import WEEKDAYS
from scheduler.working_hours import declarable
from scheduler.working_hours.declarable import NAME_LENGTH
from scheduler.working_hours.hours import Stretch, faults_of
from web.forms import ChangeForm, ClinicForm, DayField, WallTimeField, from_wall

STRETCHES: Final = 3
HALF: Final = "Give both ends of these hours, or neither."


class StretchesForm(ClinicForm):
    """Up to three stretches of hours on one day; those left empty don't count."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, STRETCHES + 1):
            self.fields[f"from_{number}"] = WallTimeField(label="From", required=False)
            self.fields[f"until_{number}"] = WallTimeField(label="Until", required=False)

    @property
    def pairs(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"from_{number}"], self[f"until_{number}"]) for number in range(1, STRETCHES + 1)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        whole: dict[int, Stretch] = {}
        for number in range(1, STRETCHES + 1):
            names = [name for name in (f"from_{number}", f"until_{number}") if name not in self.errors]
            given = [name for name in names if cleaned.get(name) is not None]
            if len(given) == 2:
                whole[number] = (cleaned[names[0]], cleaned[names[1]])
            elif given and len(names) == 2:
                empty = next(name for name in names if name not in given)
                self.add_error(empty, ValidationError(HALF, code="half"))
        cleaned["hours"] = list(whole.values())
        numbers = list(whole)
        for place, mend in faults_of(cleaned["hours"]).items():
            self.add_error(f"until_{numbers[place]}", mend)
        return cleaned

    def _place_of(self, path: str) -> str | None:
        return "from_1" if path == "hours" else super()._place_of(path)


def stretches(hours: Sequence[Stretch]) -> dict[str, time]:
    """The initial values that show these hours."""
    shown: dict[str, time] = {}
    for number, (start, until) in enumerate(hours[:STRETCHES], start=1):
        shown |= {f"from_{number}": start, f"until_{number}": until}
    return shown


class WeeklyForm(StretchesForm):
    """Hours on some weekdays from a day on."""

    weekdays = forms.TypedMultipleChoiceField(
        label="On", coerce=int, choices=list(enumerate(WEEKDAYS)), widget=forms.CheckboxSelectMultiple
    )
    valid_from = DayField(label="From this day")
    valid_until = DayField(label="Through this day", required=False, help_text="Empty: until further notice.")
    # What the person has been shown as standing there, and agreed to put these hours in place of.
    in_place_of = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        days = {name: cleaned.get(name) for name in ("valid_from", "valid_until")}
        for name, mend in declarable.weekly_faults(
            weekdays=None, hours=None, today=self.today, **days
        ).items():
            self.add_error(name, mend)
        return cleaned

    def clean_in_place_of(self) -> list[UUID]:
        try:
            return [UUID(id) for id in self.cleaned_data["in_place_of"].split()]
        except ValueError:
            raise ValidationError("Open this form afresh.") from None


class DayHoursForm(StretchesForm):
    """One day's own hours."""

    in_place_of = forms.UUIDField(widget=forms.HiddenInput, required=False)


class EndForm(ChangeForm):
    last_day = DayField(label="Last day with these hours")


class SpanForm(ClinicForm):
    """Whole local days, or from a time on the first until a time on the last. Cleans to `start` and `end`."""

    first_day = DayField(label="First day")
    last_day = DayField(label="Last day")
    from_time = WallTimeField(label="From", required=False, help_text="Empty: from the day's beginning.")
    until_time = WallTimeField(label="Until", required=False, help_text="Empty: to the day's end.")

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = clinic.time_zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day must not be before the first.")
        elif first and last:
            cleaned["start"] = self._moment("from_time", first) or clock.day_bounds(first, self.zone)[0]
            cleaned["end"] = self._moment("until_time", last) or clock.day_bounds(last, self.zone)[1]
        return cleaned

    def _moment(self, name: str, day: date) -> datetime | None:
        """The moment of a wall time, or None when there is none, also when it had to be refused."""
        wall: time | None = self.cleaned_data.get(name)
        if wall is None:
            return None
        try:
            return from_wall(datetime.combine(day, wall))
        except ValidationError as fault:
            self.add_error(name, fault)
            return None

    def _place_of(self, path: str) -> str | None:
        if path in ("start", "end"):
            name = "from_time" if path == "start" else "until_time"
            day = "first_day" if path == "start" else "last_day"
            return name if self.cleaned_data.get(name) is not None else day
        return super()._place_of(path)


class ResourceField(forms.ModelChoiceField):
    def label_from_instance(self, resource: Resource) -> str:
        return f"{resource.name} ({resource.get_kind_display().lower()})"


class AbsenceForm(SpanForm):
    """Who or what isn't there, and why."""

    resource = ResourceField(Resource.objects.none(), label="Who or what", empty_label="Choose")
    reason = forms.ChoiceField(label="Reason", choices=[("", "Choose the reason"), *AbsenceReason.choices])

    field_order = ["resource", "reason", "first_day", "last_day", "from_time", "until_time"]

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(clinic, *args, **kwargs)
        working = Resource.objects.filter(clinic=clinic, active=True).order_by("kind", "name")
        self.fields["resource"].queryset = working  # type: ignore[attr-defined]


class ClosureForm(SpanForm):
    name = forms.CharField(label="Why", max_length=NAME_LENGTH)

    field_order = ["name", "first_day", "last_day", "from_time", "until_time"]


class HolidaysForm(ClinicForm):
    """A year's public holidays, none of them ticked. It stands on a page with other forms."""

    year = forms.IntegerField(widget=forms.HiddenInput)
    days = forms.TypedMultipleChoiceField(
        label="Close on", coerce=date.fromisoformat, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, choices: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "holiday_%s", **kwargs})
        self.fields["days"].choices = choices  # type: ignore[attr-defined]


class YearForm(forms.Form):
    year = forms.IntegerField(label="Year", min_value=2000, max_value=2099)


class WeekForm(forms.Form):
    week = DayField(label="Week of")


class WhoForm(forms.Form):
    """What the absence page is opened with."""

    resource = forms.UUIDField(required=False)
    day = DayField(required=False)
