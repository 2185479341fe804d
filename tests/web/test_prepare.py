"""`manage.py prepare`: the database ready for use, however it was found, and left alone when it is."""

import shlex
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings

from clinic.models import Clinic, User
from embedded.place import ROOT, Place
from sessions_app.models import Session, SessionState
from web.demo.people import PASSWORD

NIGHT_IN_AMERICA = datetime(2027, 7, 7, 3, 47, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.drill
@time_machine.travel(NIGHT_IN_AMERICA)
def test_whoever_starts_at_night_finds_a_running_day_all_the_same(tmp_path: Path) -> None:
    screen = StringIO()
    call_command("prepare", welcome_file=tmp_path / "welcome", stdout=screen)
    assert "nurse@chairside.example" in (tmp_path / "welcome").read_text()
    assert "Synthetic clinic: this morning" in screen.getvalue()
    assert set(Session.objects.values_list("state", flat=True)) == set(SessionState.values)


def test_production_is_given_tables_and_no_clinic(tmp_path: Path) -> None:
    with override_settings(PRODUCTION=True):
        call_command("prepare", welcome_file=tmp_path / "welcome", stdout=StringIO())
    assert not Clinic.objects.exists()
    assert PASSWORD not in (tmp_path / "welcome").read_text()


def test_an_installation_for_a_clinic_of_its_own_stays_empty_and_says_how_one_is_made(
    tmp_path: Path,
) -> None:
    call_command("prepare", welcome_file=tmp_path / "welcome", empty=True, stdout=StringIO())
    assert not Clinic.objects.exists()
    assert not User.objects.exists()
    said = (tmp_path / "welcome").read_text()
    assert PASSWORD not in said
    assert "  bin/manage create_clinic" in said


@pytest.mark.parametrize("folder", ["var", "a folder", "it's $HOME"])
def test_the_command_that_makes_a_clinic_works_as_it_is_printed(tmp_path: Path, folder: str) -> None:
    """With a shell to read it, and all that `bin/manage` hands on."""
    place = Place(ROOT / "var" if folder == "var" else tmp_path / folder)
    call_command(
        "prepare",
        welcome_file=tmp_path / "welcome",
        called_by=place.manage,
        empty=True,
        stdout=StringIO(),
    )
    printed = (tmp_path / "welcome").read_text().split("with\n")[1].split("\nIt prints")[0]
    program, *given = shlex.split(printed)
    assert program == "bin/manage"
    if folder != "var":
        assert given[:2] == ["--data", str(place.folder)]
        given = given[2:]
    assert given[:3] == ["create_clinic", "Name", "--sender"]


def test_a_real_clinics_database_is_left_alone(tmp_path: Path) -> None:
    real = Clinic.objects.create(
        name="Real", sender_name="Real", time_zone="America/Chicago", phone="+13125550100"
    )
    call_command("prepare", welcome_file=tmp_path / "welcome", stdout=StringIO())
    assert list(Clinic.objects.all()) == [real]
    assert PASSWORD not in (tmp_path / "welcome").read_text()
