"""What the pages' forms share: a client-made id, problems shown at their fields, the clinic's local time.

A refused form is shown again as it was filled. Each page's own form stands beside its view.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils import timezone
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from clinic import era
from clinic.problems import Problem


class PageRenderer(TemplatesSetting):
    """Every form of the house, the sign-in forms among them, is laid out by these two templates."""

    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"


class ChangeForm(forms.Form):
    """A form that changes something that is already there."""

    refused_with: int | None = None

    def full_clean(self) -> None:
        for field in self.fields.values():
            if field.error_messages["required"] is forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _mend_of(field)
        super().full_clean()

    def add_problem(self, problem: Problem) -> None:
        """Show a refusal from below: each of its errors at its field, everything else above the form."""
        self.refused_with = problem.status
        errors = problem.data.get("errors") or []
        for error in errors:
            self.add_error(self._place_of(error["field"]), error["detail"])
        if not errors:
            self.add_error(None, problem.detail)

    def _place_of(self, path: str) -> str | None:
        """The form's field for `phases.0.minutes`: that name, with - or _ for the dots, or its first part."""
        for name in (path, path.replace(".", "-"), path.replace(".", "_"), path.partition(".")[0]):
            if name in self.fields and not self.fields[name].widget.is_hidden:
                return name
        return None

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        if self.refused_with:
            return self.refused_with
        return 400 if self.is_bound and self.errors else 200

    @property
    def refusals(self) -> list[str]:
        """Everything that is said against it, for a page that has no place for it any more."""
        return [str(sentence) for sentences in self.errors.values() for sentence in sentences]

    @property
    def written(self) -> list[tuple[str, str]]:
        """The words that somebody wrote into it, each after its label: they aren't lost with its place."""
        words = (box for box in self.visible_fields() if isinstance(box.field, forms.CharField))
        return [(str(box.label), str(box.value())) for box in words if not _is_secret(box) and box.value()]


def _is_secret(box: forms.BoundField) -> bool:
    return isinstance(box.field.widget, forms.PasswordInput)


def _mend_of(field: forms.Field) -> str:
    """What to do about a field that was left empty."""
    if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return "Tick at least one."
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        choices: Any = field.choices
        first = str(next(iter(choices), ("", ""))[1])
        return f"{first}." if first.startswith("Choose ") else "Choose one."
    return "Fill this in."


class ClinicForm(ChangeForm):
    """A form that makes a new row. Its hidden id is made when the form is first shown and stays when it is
    shown again, so that sending it twice records once (`clinic.idempotency.create_once`)."""

    id = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid4,
        error_messages={"required": "Open this form afresh.", "invalid": "Open this form afresh."},
    )


class Lines(forms.Textarea):
    """A box for words of so many lines and more.

    Browsers send line ends of two characters and count them as one: what a box was filled with would have
    changed by being sent, and words of just the most that fit would be too long.
    """

    def __init__(self, rows: int) -> None:
        super().__init__(attrs={"rows": rows})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        sent = super().value_from_datadict(data, files, name)
        return sent.replace("\r\n", "\n") if isinstance(sent, str) else sent


class LocalDateTimeField(forms.DateTimeField):
    """A wall-clock time in the page's time zone (of staff's pages the clinic's); cleans to UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            wall = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValidationError(
                "Enter a date and a time, such as 2027-01-11 09:30.", code="invalid"
            ) from None
        if not era.holds(wall.date()):
            raise ValidationError(era.MEND, code="era")
        if wall.tzinfo is not None:
            return wall.astimezone(UTC)
        return from_wall(wall)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.localtime(value).replace(tzinfo=None)
        # A hidden moment keeps its offset: in the hour that comes twice nobody could say which was meant.
        typed = isinstance(value, str) and not self.widget.is_hidden
        return _shown_on_the_wall(value) if typed else value


def _shown_on_the_wall(sent: str) -> str:
    """A moment that was sent with its offset, as the page's clocks show it: the browser's box takes no other,
    and would come back empty. What is no such moment stays as it was typed."""
    try:
        moment = era.moment(sent)
    except ValueError:
        return sent
    return timezone.localtime(moment).replace(tzinfo=None).isoformat(timespec="seconds")


def from_wall(wall: datetime) -> datetime:
    """The UTC moment that the page's clocks show as `wall`.

    Raises ValidationError for a time that the clocks skip in spring or show twice in autumn.
    """
    zone = timezone.get_current_timezone()
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    shown = f"{wall:%H:%M} on {wall:%B} {wall.day}"
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        jump = first.astimezone(UTC).astimezone(zone)
        raise ValidationError(
            f"There is no {shown}: the clocks go forward over it. Did you mean {jump:%H:%M}?",
            code="skipped_time",
        )
    raise ValidationError(
        f"{shown} comes twice: the clocks go back over it. Choose a time before or after that hour.",
        code="repeated_time",
    )


class DayField(forms.DateField):
    """A calendar day, picked with the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"era": era.MEND}

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day and not era.holds(day):
            raise ValidationError(self.error_messages["era"], code="era")
        return day


class BirthDateField(DayField):
    default_error_messages = {
        "required": "Give the date of birth.",
        "era": "Give a birth date from 1900 to today.",
    }


class WallTimeField(forms.TimeField):
    """A time of day on the wall, without a date."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SearchField(forms.CharField):
    """Who is looked for: no browser keeps what was typed. `hint` says by what, in a box of its size."""

    def __init__(self, *, hint: str = "", size: int = 30, **kwargs: Any) -> None:
        told = {"size": size, "placeholder": hint} if hint else {}
        box = forms.TextInput(attrs={"type": "search", "autocomplete": "off", **told})
        super().__init__(max_length=120, widget=box, **kwargs)


class PhoneField(PhoneNumberField):
    """A phone number, kept as E.164; a number without a country is one of the US."""

    default_error_messages = {"invalid": "Enter a phone number such as +1 312 555 0123."}

    def clean(self, value: Any) -> str:
        """Returns E.164, or an empty string where none was asked for."""
        number = super().clean(value)
        return number.as_e164 if isinstance(number, PhoneNumber) else ""


class WholeNumberField(forms.IntegerField):
    """A count or a reading, with its unit shown beside the box."""

    def __init__(self, *, unit: str = "", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "numeric"}


class DecimalNumberField(forms.DecimalField):
    """A measured or ordered amount, exact, with its unit shown beside the box."""

    def __init__(self, *, unit: str = "", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal"}


class SwitchClinicForm(forms.Form):
    clinic = forms.UUIDField()
