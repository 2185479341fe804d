"""What the manager settles about messages: rules, words, quiet hours, caps; each change names its author."""

from datetime import time, timedelta
from typing import Any

import pytest

from clinic.problems import Invalid
from notifications.models import MessageRule, MessageText, QuietHours
from notifications.planning import own_texts, rule_settings, rules, wanting
from notifications.planning.planner import plan
from notifications.planning.stage_words import TITLES, origin, when
from notifications.planning.timing import FEDERAL
from notifications.reporting.settings_history import changes_of
from notifications.wording.writing import OwnText
from scheduler.models import Appointment
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book, discharge

OWN = OwnText(
    subject="We see you on {day}",
    email="You come on {day} at {time}: {link}",
    sms="{sender}: see you {day} {time}. {link}",
)


def change(house: House, stage: str, **changes: Any) -> rules.Rule:
    actor = house.actor(house.max)
    return rule_settings.change_rule(actor=actor, clinic=house.clinic, stage=stage, changes=changes)


def write(house: House, own: OwnText = OWN, language: str = "en") -> MessageText:
    return own_texts.write_text(
        actor=house.actor(house.max),
        clinic=house.clinic,
        stage="T-2h",
        language=language,
        own=own,
        now=NOW,
    )


def refused(house: House, stage: str, **changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as problem:
        change(house, stage, **changes)
    return {error["field"]: error["detail"] for error in problem.value.data["errors"]}


def test_a_changed_rule_counts_for_the_next_run_of_the_planner(house: House) -> None:
    change(house, "T-3d", days=5, at=time(10))
    book(house, house.rosa)
    plan(now=NOW)
    plan(now=VISIT - timedelta(days=4))
    said = house.rosa.messages.get(stage="T-3d")
    assert said.due_at == VISIT.replace(hour=16, minute=0) - timedelta(days=5)


def test_another_clinic_keeps_its_own_rules(house: House, other_house: House) -> None:
    change(house, "T-3d", enabled=False)
    mine, theirs = (
        rule_settings.rule_of(house.clinic, "T-3d"),
        rule_settings.rule_of(other_house.clinic, "T-3d"),
    )
    assert (mine.enabled, theirs.enabled) == (False, True)


def test_a_rule_goes_back_to_the_default(house: House) -> None:
    change(house, "T-3d", days=5)
    back = rule_settings.reset_rule(actor=house.actor(house.max), clinic=house.clinic, stage="T-3d")
    assert back in rules.DEFAULTS
    assert not MessageRule.objects.exists()


def test_what_a_stage_has_not_got_or_what_is_out_of_bounds_is_refused_at_its_field(house: House) -> None:
    assert refused(house, "T-3d", days=0, hours=2) == {
        "days": "Give 1 to 60 days.",
        "hours": "This message has no such setting: leave it out.",
    }
    assert refused(house, "move", merges=True) == {"merges": "This message is always said by itself."}
    assert refused(house, "diary", forms=["sms"]) == {"forms": "The diary is asked for by e-mail only."}
    assert refused(house, "T-3d", forms=[]) == {"forms": "Choose sms, email, or both."}
    assert refused(house, "same_day", at=None) == {"at": "Give the latest time of day."}
    assert list(refused(house, "T-9d", days=9)) == ["stage"]
    assert not MessageRule.objects.exists()


def test_the_questions_of_a_week_later_can_wait_for_the_end_of_the_series(house: House) -> None:
    week_later = VISIT + timedelta(days=7, hours=2)
    visit = book(house, house.rosa)
    discharge(visit, VISIT + timedelta(hours=2))
    change(house, "day_7", last_only=True)
    plan(now=week_later)
    assert not house.rosa.messages.filter(stage="day_7").exists()
    visit.plan.sessions_ordered = 1
    visit.plan.save(update_fields=["sessions_ordered"])
    plan(now=week_later)
    assert house.rosa.messages.get(stage="day_7").due_at == week_later
    assert "day_7" not in wanted_stages(book(house, house.omar))
    rule_settings.reset_rule(actor=house.actor(house.max), clinic=house.clinic, stage="day_7")
    assert "day_7" in wanted_stages(Appointment.objects.get(patient=house.omar))


def wanted_stages(visit: Appointment) -> list[str]:
    return [wanted.stage for wanted in wanting.wanted_for_visit(visit, NOW)]


def test_after_which_visits_any_other_message_is_said_is_not_for_a_clinic_to_settle(house: House) -> None:
    mend = {"last_only": "This message has no such setting: leave it out."}
    assert refused(house, "next_morning", last_only=True) == mend
    assert refused(house, "end_of_series", last_only=False) == mend
    assert change(house, "end_of_series", days=3).last_only
    assert rule_settings.rule_of(house.clinic, "end_of_series").last_only


def test_what_no_source_gives_says_so_until_it_is_settled(house: House) -> None:
    said = {rule.stage: origin(rule) for rule in rules.DEFAULTS if origin(rule)}
    assert set(said) == {"prepare", "day_7", "end_of_series", "check_in_again", "missed"}
    assert said["missed"].startswith("When it is said is a default of this product, not from a source")
    assert said["day_7"].startswith("After which visits it is asked is a default of this product")
    for stage, changes in (("missed", {"hours": 3}), ("day_7", {"last_only": True})):
        assert origin(change(house, stage, **changes)) == ""


def test_words_that_give_a_patient_away_are_never_kept(house: House) -> None:
    own = OwnText(subject="Your ketamine", email="For {name}: {link}", sms="{sender}: {link}" + "x" * 150)
    with pytest.raises(Invalid) as problem:
        write(house, own)
    fields = [error["field"] for error in problem.value.data["errors"]]
    assert fields == ["subject", "email", "sms"]
    assert not MessageText.objects.exists()


def test_the_newest_words_of_a_language_count_until_they_are_taken_back(house: House) -> None:
    write(house)
    MessageText.objects.update(created_at=NOW - timedelta(days=1))
    newest = write(house, OwnText("Soon", "Soon: {link}", "{sender}: soon. {link}"))
    write(house, language="es")
    found = own_texts.own_texts(house.clinic)
    assert found["T-2h", "en"] == newest
    own_texts.reset_text(actor=house.actor(house.max), clinic=house.clinic, stage="T-2h", language="en")
    assert set(own_texts.own_texts(house.clinic)) == {("T-2h", "es")}


def test_quiet_hours_of_a_state_are_only_ever_stricter(house: House) -> None:
    def settle(state: str, begins: int, ends: int) -> None:
        rule_settings.set_quiet_hours(
            actor=house.actor(house.max),
            clinic=house.clinic,
            state=state,
            day_begins=time(begins),
            day_ends=time(ends),
        )

    settle("IL", 9, 20)
    settle(" il ", 9, 19)  # the same state again
    settle("Illinois", 9, 18)  # and again
    row = QuietHours.objects.get()
    assert (row.state, row.day_ends) == ("IL", time(18))
    for state, begins, ends, says in (
        ("OK", 7, 20, "day_begins: Begin at 08:00 or later"),
        ("OK", 9, 22, "day_ends: End at 21:00 or earlier"),
        ("OK", 9, 12, "day_ends: Leave at least 4 hours a day"),
        ("OK", 20, 9, "day_ends: Leave at least 4 hours a day"),
        ("OK", 20, 21, "day_ends: Leave at least 4 hours a day"),
        ("", 9, 20, "state: Give a state"),
        ("Ilinois", 9, 20, "state: Give a state"),
    ):
        with pytest.raises(Invalid, match=says):
            settle(state, begins, ends)
    assert QuietHours.objects.get() == row


@pytest.mark.parametrize("address", ["IL", " il ", "Illinois", "ILLINOIS", "I.L."])
def test_a_jurisdiction_is_the_same_however_an_address_spells_it(house: House, address: str) -> None:
    QuietHours.objects.create(clinic=house.clinic, state="Illinois", day_begins=time(9), day_ends=time(18))
    QuietHours.objects.create(clinic=house.clinic, state="zzz", day_begins=time(10), day_ends=time(14))
    settled = rule_settings.settings_of([house.clinic.pk])[house.clinic.pk]
    assert settled.daytime(address).ends == time(18)
    assert settled.daytime("") == settled.daytime("Wisconsin") == FEDERAL


def test_a_clinic_settles_its_caps_and_two_clinics_never_share_a_number(
    house: House, other_house: House
) -> None:
    def settle(house: House, **changes: Any) -> None:
        actor = house.actor(house.max)
        rule_settings.change_messaging(actor=actor, clinic=house.clinic, changes=changes)

    settle(house, sms_number="(312) 555-0199", most_a_day=2, most_a_week=4, moves_itself_hours=48)
    row = rule_settings.messaging_of(house.clinic)
    assert (str(row.sms_number), row.most_a_day, row.moves_itself_hours) == ("+13125550199", 2, 48)
    with pytest.raises(Invalid, match="Another clinic texts from this number"):
        settle(other_house, sms_number="+13125550199")
    with pytest.raises(Invalid, match="at least as many a week"):
        settle(house, most_a_week=1)
    with pytest.raises(Invalid, match="most_a_day"):
        settle(house, most_a_day=0)


def test_who_changed_what_is_told_to_their_own_clinic_alone(house: House, other_house: House) -> None:
    change(house, "T-3d", days=5)
    write(house, language="es")
    rule_settings.reset_rule(actor=house.actor(house.max), clinic=house.clinic, stage="T-3d")
    told = changes_of(house.clinic)
    assert {(change.subject, change.done, change.who) for change in told} == {
        ("Rule: Reminder that asks to confirm", "taken back", "Max Weber"),
        ("Words in Español: Reminder shortly before", "set", "Max Weber"),
        ("Rule: Reminder that asks to confirm", "set", "Max Weber"),
    }
    assert changes_of(other_house.clinic) == []


def test_every_stage_has_a_title_and_says_when_it_is_said() -> None:
    assert set(rules.STAGES) <= set(TITLES)
    said = {rule.stage: when(rule) for rule in rules.DEFAULTS}
    assert said["T-1d"] == "1 day before the visit, at its time of day"
    assert said["T-2h"] == "2 hours before the visit"
    assert said["same_day"] == "4 hours after going home, not after 20:30"
    assert said["next_morning"] == "1 day after going home, at 09:00"
