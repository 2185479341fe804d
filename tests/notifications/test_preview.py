"""What a visit's patient will be told, to the word, before anything is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Channel, ConsentScope, Patient
from notifications.delivering import addressing
from notifications.models import Message
from notifications.planning import rule_settings, rules
from notifications.planning.planner import plan
from notifications.reporting.preview import Foreseen, foreseen
from notifications.wording.writing import OwnText
from scheduler.models import Appointment
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book


@pytest.fixture
def visit(house: House) -> Appointment:
    return book(house, house.rosa)


def by_stage(lines: list[Foreseen]) -> dict[str, Foreseen]:
    return {line.stage: line for line in lines}


def going(line: Foreseen) -> tuple[str, str]:
    text = next(text for text in line.written if text.goes)
    return text.form, text.body


def test_the_preview_says_what_the_planner_then_does(house: House, visit: Appointment) -> None:
    lines = {line.stage: line for line in foreseen(visit, NOW) if not line.presumed}
    for moment in sorted({NOW, *(line.due_at for line in lines.values())}):
        if moment < VISIT:
            plan(now=moment)
    said = {row.stage: row for row in Message.objects.select_related("carried_by")}
    for stage, row in said.items():
        carrier = row.carried_by.stage if row.carried_by else ""
        assert (lines[stage].due_at, lines[stage].said_with) == (row.due_at, carrier), stage
    assert set(said) == set(lines)


def test_words_are_in_the_patients_language_with_the_link_as_a_placeholder(
    house: House, visit: Appointment
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(language="es-MX", preferred_channel=Channel.SMS)
    visit = Appointment.objects.get(pk=visit.pk)
    form, body = going(by_stage(foreseen(visit, NOW))["confirmation"])
    assert form == "sms"
    assert body.startswith("Lakeside Clinic: ")
    assert "{link}" in body
    assert "jue 21" in body.lower()


def test_a_clinic_without_a_number_of_its_own_is_shown_what_delivery_will_do(
    house: House, visit: Appointment, settings: Any
) -> None:
    """Texts have a provider, but nothing to come from: by e-mail, or not at all."""
    settings.SMS = {"url": "http://127.0.0.1:9", "sid": "AC1", "token": "t"}
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    visit = Appointment.objects.get(pk=visit.pk)
    assert going(by_stage(foreseen(visit, NOW))["T-3d"])[0] == "email"

    rule = rule_settings.tried(rule_settings.rule_of(house.clinic, "T-3d"), {"falls_back": False})
    alone = by_stage(foreseen(visit, NOW, clinic_rules=rules.overlaid([rule])))
    assert alone["T-3d"].why_not == addressing.NO_SMS_NUMBER


def test_unsaved_rules_and_words_are_tried_and_nothing_is_kept(house: House, visit: Appointment) -> None:
    rule = rule_settings.tried(rule_settings.rule_of(house.clinic, "T-3d"), {"days": 5})
    own = OwnText("Soon", "Soon we see you: {link}", "{sender}: soon. {link}")
    tried = by_stage(
        foreseen(
            visit,
            NOW,
            clinic_rules=rules.overlaid([rule]),
            tried_texts={("T-3d", "en"): own},
        )
    )
    assert tried["T-3d"].due_at == VISIT - timedelta(days=5)
    assert "Soon we see you: {link}" in going(tried["T-3d"])[1]
    kept = by_stage(foreseen(visit, NOW))
    assert kept["T-3d"].due_at == VISIT - timedelta(days=3)
    assert not Message.objects.exists()


def test_a_stage_that_is_switched_off_is_not_foreseen(house: House, visit: Appointment) -> None:
    off = replace(rule_settings.rule_of(house.clinic, "T-2h"), enabled=False)
    lines = by_stage(foreseen(visit, NOW, clinic_rules=rules.overlaid([off])))
    assert "T-2h" not in lines
    assert "T-3d" in lines


def test_why_nothing_will_be_said_is_told_for_each(house: House, visit: Appointment) -> None:
    house.rosa.consents.exclude(scope=ConsentScope.TREATMENT).delete()
    lines = by_stage(foreseen(visit, NOW))
    assert lines["T-3d"].why_not == "No consent to e-mail."
    assert not any(text.goes for line in lines.values() for text in line.written)


def test_what_a_cap_keeps_back_says_so(house: House, visit: Appointment) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS, email="")
    rule_settings.change_messaging(
        actor=house.actor(house.max), clinic=house.clinic, changes={"most_a_week": 1}
    )
    visit = Appointment.objects.get(pk=visit.pk)
    lines = by_stage(foreseen(visit, NOW))
    capped = "The patient had as many texts that week as the clinic allows."
    assert capped in {line.why_not for line in lines.values()}


def test_what_was_said_already_is_not_foreseen_again(house: House, visit: Appointment) -> None:
    plan(now=NOW)
    assert "confirmation" not in by_stage(foreseen(visit, NOW))
