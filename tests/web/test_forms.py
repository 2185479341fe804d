"""What the pages' forms share: ids, problems at their fields, the clinic's wall clock, phone numbers."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.problems import Conflict, Invalid
from web.forms import (
    BirthDateField,
    ChangeForm,
    ClinicForm,
    DayField,
    LocalDateTimeField,
    PhoneField,
    WholeNumberField,
)


class VisitForm(ClinicForm):
    name = forms.CharField(help_text="As on the card.")
    at = LocalDateTimeField(required=False)
    phone = PhoneField(required=False)
    systolic = WholeNumberField(unit="mmHg", required=False)


class MomentForm(ChangeForm):
    at = LocalDateTimeField()


def test_a_form_shown_again_keeps_its_id_and_what_was_typed() -> None:
    first = VisitForm()
    id = str(first["id"].value())
    again = VisitForm({"id": id, "name": "", "phone": "12"})
    assert again.status == 400
    page = str(again)
    assert f'value="{id}"' in page
    assert 'value="12"' in page


@pytest.mark.parametrize("offset", ["+14:00", "+00:00"])
def test_a_moment_that_no_wall_shows_comes_back_as_it_was_typed(offset: str) -> None:
    typed = f"0001-01-01T00:00{offset}"
    with timezone.override("America/Chicago"):
        again = MomentForm({"at": typed})
        assert again.errors["at"] == ["Give a day from 1900 to 2199."]
        assert typed in str(again)


def test_each_form_that_is_shown_afresh_has_an_id_of_its_own() -> None:
    assert UUID(str(VisitForm()["id"].value())) != UUID(str(VisitForm()["id"].value()))


def test_a_problem_stands_at_the_field_it_names() -> None:
    form = VisitForm({"id": str(VisitForm()["id"].value()), "name": "Rosa"})
    assert form.is_valid()
    form.add_problem(Invalid({"name": "This name is taken.", "plan": "Choose a plan.", "id": "Used before."}))
    assert form.errors["name"] == ["This name is taken."]
    assert form.non_field_errors() == ["Choose a plan.", "Used before."]
    assert form.status == 400
    assert "Rosa" in str(form)


def test_a_problem_without_fields_stands_above_the_form_with_its_status() -> None:
    form = VisitForm({"id": str(VisitForm()["id"].value()), "name": "Rosa"})
    assert form.is_valid()
    form.add_problem(Conflict("Chair 2 is taken."))
    assert form.non_field_errors() == ["Chair 2 is taken."]
    assert form.status == 409


def test_a_field_is_tied_to_its_hint_and_its_mend_for_a_screen_reader() -> None:
    page = str(VisitForm({"name": ""}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page


def test_a_unit_stands_beside_its_box() -> None:
    assert '<span class="unit">mmHg</span>' in str(VisitForm())


@pytest.mark.parametrize(
    ("zone", "typed", "meant"),
    [
        ("America/Chicago", "2027-01-11T09:30", datetime(2027, 1, 11, 15, 30, tzinfo=UTC)),
        ("America/Phoenix", "2027-07-11T09:30", datetime(2027, 7, 11, 16, 30, tzinfo=UTC)),
        ("America/Chicago", "2027-03-14T01:59", datetime(2027, 3, 14, 7, 59, tzinfo=UTC)),
        ("America/Chicago", "2027-03-14T03:00", datetime(2027, 3, 14, 8, 0, tzinfo=UTC)),
        ("America/Chicago", "2027-11-07T00:59", datetime(2027, 11, 7, 5, 59, tzinfo=UTC)),
        ("America/Chicago", "2027-11-07T02:00", datetime(2027, 11, 7, 8, 0, tzinfo=UTC)),
        ("America/Chicago", "2027-11-07T01:30-06:00", datetime(2027, 11, 7, 7, 30, tzinfo=UTC)),
    ],
)
def test_a_typed_time_is_the_one_on_the_clinics_wall(zone: str, typed: str, meant: datetime) -> None:
    with timezone.override(zone):
        form = MomentForm({"at": typed})
        assert form.is_valid(), form.errors
    assert form.cleaned_data["at"] == meant


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "2027-03-14T02:30",
            "There is no 02:30 on March 14: the clocks go forward over it. Did you mean 03:30?",
        ),
        ("2027-11-07T01:30", "01:30 on November 7 comes twice: the clocks go back over it."),
        ("tomorrow", "Enter a date and a time, such as 2027-01-11 09:30."),
        ("2027-02-30T09:30", "Enter a date and a time, such as 2027-01-11 09:30."),
    ],
)
def test_a_time_that_is_none_is_refused_in_a_sentence_and_kept(typed: str, sentence: str) -> None:
    with timezone.override("America/Chicago"):
        form = MomentForm({"at": typed})
        assert sentence in form.errors["at"][0]
        assert typed in str(form)


def test_a_moment_is_shown_as_the_clinics_wall_shows_it() -> None:
    with timezone.override("America/Chicago"):
        form = MomentForm(initial={"at": datetime(2027, 1, 11, 15, 30, tzinfo=UTC)})
        assert 'value="2027-01-11T09:30"' in str(form)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("(312) 555-0123", "+13125550123"), ("+44 20 7946 0123", "+442079460123"), ("", "")],
)
def test_a_phone_number_is_kept_as_e164(typed: str, kept: str) -> None:
    form = VisitForm({"id": str(VisitForm()["id"].value()), "name": "Rosa", "phone": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["phone"] == kept


def test_a_phone_number_that_cannot_be_dialled_says_how_one_looks() -> None:
    form = VisitForm({"name": "Rosa", "phone": "call me"})
    assert form.errors["phone"] == ["Enter a phone number such as +1 312 555 0123."]


class DayForm(ChangeForm):
    on = DayField()


@pytest.mark.parametrize(
    "typed", ["0001-01-01T00:00", "0001-01-01T00:00+14:00", "1899-12-31T23:59", "9999-12-31T23:59-14:00"]
)
def test_a_time_at_the_end_of_time_is_refused(typed: str) -> None:
    with timezone.override("America/Chicago"):
        form = MomentForm({"at": typed})
        assert form.errors["at"] == ["Give a day from 1900 to 2199."]


def test_a_day_is_one_from_1900_to_2199() -> None:
    for typed in ("1899-12-31", "2200-01-01", "9999-12-31"):
        assert DayForm({"on": typed}).errors["on"] == ["Give a day from 1900 to 2199."]
    for typed in ("1900-01-01", "2199-12-31"):
        assert DayForm({"on": typed}).is_valid()


@pytest.mark.parametrize("typed", ["1850-05-17", "2300-01-01"])
def test_a_birth_date_says_which_years_a_patient_can_be_born_in(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        BirthDateField().clean(typed)
    assert refused.value.messages == ["Give a birth date from 1900 to today."]
