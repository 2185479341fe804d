"""What a report is asked for: a period, and of which visits. Without either, the last four weeks of all."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.http import QueryDict

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Invalid
from scheduler.reporting.reports import Among, Period, indications_of, protocols_of
from scheduler.vocabulary import indication_words
from web.doors import StaffRequest
from web.forms import ChangeForm, DayField
from web.templatetags.chairside import plain_day

DAYS_SHOWN: Final = 28
NO_PERIOD: Final = "Give a first and a last day, such as 2027-01-01 and 2027-01-31."


class PeriodForm(ChangeForm):
    first = DayField(label="From")
    last = DayField(label="Through")


class ReportForm(PeriodForm):
    protocol = forms.ChoiceField(required=False)
    indication = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, clinic: Clinic, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["protocol"].choices = [("", "All"), *protocols_of(clinic)]  # type: ignore[attr-defined]
        self.fields["indication"].choices = [  # type: ignore[attr-defined]
            ("", "All"),
            *((code, indication_words(code)) for code in indications_of(clinic)),
        ]


def period_on_paper(clinic: Clinic, period: Period) -> list[str]:
    """Of which clinic and of which days figures are, where the form isn't printed."""
    return [clinic.name, f"{plain_day(period.first)} to {plain_day(period.last)}"]


@dataclass(frozen=True)
class Asked:
    """A report's question; `today` is the clinic's."""

    clinic: Clinic
    period: Period
    among: Among
    today: date

    @property
    def address(self) -> str:
        """The question as an address has it, for the same of another report or of a file."""
        named = {
            "first": self.period.first.isoformat(),
            "last": self.period.last.isoformat(),
            "protocol": self.among.protocol,
            "indication": self.among.indication,
        }
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in named.items() if value})
        return query.urlencode()

    def words(self, form: "PeriodForm") -> list[str]:
        """As paper has it, where the form isn't printed: the clinic, the days, of which visits."""
        told = period_on_paper(self.clinic, self.period)
        for name in ("protocol", "indication"):
            if chosen := form.cleaned_data.get(name):
                choices: Any = form.fields[name]
                told.append(f"{name.capitalize()}: {dict(choices.choices)[chosen]}")
        return told

    @property
    def days_to_come(self) -> bool:
        """Whether the period reaches past today."""
        return self.period.last > self.today


def period_form(request: StaffRequest, *, usual: int = DAYS_SHOWN) -> PeriodForm:
    """The period that is asked for, or as many days up to today as usual."""
    return PeriodForm(_given(request, usual))


def report_form(request: StaffRequest) -> ReportForm:
    """The same, and of which visits."""
    return ReportForm(_given(request, DAYS_SHOWN), clinic=request.clinic)


def read_period(request: StaffRequest, form: PeriodForm) -> Period | None:
    """None where the form is refused; the refusal stands at its field."""
    if not form.is_valid():
        return None
    try:
        return Period.of(request.clinic, form.cleaned_data["first"], form.cleaned_data["last"])
    except Invalid as problem:
        form.add_problem(problem)
        return None


def read(request: StaffRequest, form: PeriodForm) -> Asked | None:
    """The same, and of which visits."""
    period = read_period(request, form)
    if period is None:
        return None
    said = form.cleaned_data
    among = Among(said.get("protocol", ""), said.get("indication", ""))
    return Asked(request.clinic, period, among, clock.local_date(clock.now(), request.clinic.time_zone))


def faults_of(form: PeriodForm) -> dict[str, str]:
    """For a file: how a period is written, where none can be read; else each field's own fault."""
    if form.refused_with is None and {"first", "last"} & set(form.errors):
        return {"period": NO_PERIOD}
    return {name: str(faults[0]) for name, faults in form.errors.items()}


def _given(request: StaffRequest, days: int) -> Any:
    if "first" in request.GET or "last" in request.GET:
        return request.GET
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    usual = {"first": today - timedelta(days=days - 1), "last": today}
    return {**request.GET.dict(), **usual}
