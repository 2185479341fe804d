"""What messages say: nothing that tells a lock screen what the visit is about, and SMS of one segment."""

import re
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.planning import rules
from notifications.wording import writing
from notifications.wording.writing import TEXTS, Words
from tests.cast import ZONE, local

FORBIDDEN = re.compile(
    r"ketamine|infusion|\bdose|\bmg\b|psychiatr|depress|migraine|\bpain|mood|score|diagnos|treatment|"
    r"therapy|drug|suicid|PHQ|Rosa|Delgado|1980",
    re.IGNORECASE,
)
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# A host name of 18 letters, and the token's 22.
LONGEST_LINK = "https://visits.example.com/m/" + "k" * 22
WORDS = writing.words_for(
    sender="Lakeside Clinic",
    phone="(312) 555-0100",
    visit_starts_at=local(date(2027, 9, 22), "10:30"),
    clinic_zone=ZONE,
    instead_of=local(date(2027, 9, 21), "12:50"),
)


def test_every_stage_of_the_rules_has_its_words() -> None:
    stages = {rule.stage for rule in rules.REMINDERS}
    notices = {rules.CONFIRMATION, rules.MOVE, rules.CANCELLATION}
    assert stages | notices | {rules.OFFER, rules.NEXT_MORNING} == set(TEXTS)


@pytest.mark.parametrize("stage", TEXTS)
def test_no_message_says_what_the_visit_is_about(stage: str) -> None:
    subject, body = writing.write_email(stage, WORDS)
    for text in (subject, body, writing.write_sms(stage, WORDS)):
        assert not FORBIDDEN.search(text), text


def test_a_message_can_only_be_given_the_allowed_fields() -> None:
    allowed = {"sender", "phone", "day", "time", "old_day", "old_date", "old_time"}
    assert {field.name for field in fields(Words)} == allowed
    named = {
        name
        for text in TEXTS.values()
        for part in (text.subject, text.email, text.sms)
        for name in re.findall(r"{(\w*)", part)
    }
    assert named <= {*allowed, "link"}


@pytest.mark.parametrize("stage", TEXTS)
@given(sender=st.text(st.sampled_from(sorted(GSM_7 - {"\n", "\r"})), min_size=1, max_size=40))
def test_a_text_message_is_one_gsm_7_segment_with_the_longest_sender_name(stage: str, sender: str) -> None:
    words = replace(WORDS, sender=sender)
    text = writing.write_sms(stage, words).replace(writing.LINK, LONGEST_LINK)
    assert len(text) <= 160, text
    assert set(text) <= GSM_7


@pytest.mark.parametrize("stage", TEXTS)
def test_every_message_names_its_sender_and_a_number_to_call(stage: str) -> None:
    for text in (writing.write_email(stage, WORDS)[1], writing.write_sms(stage, WORDS)):
        assert "Lakeside Clinic" in text
        assert "(312) 555-0100" in text


@pytest.mark.parametrize("stage", sorted(set(TEXTS) - {rules.CANCELLATION}))
def test_every_message_that_asks_something_carries_a_link(stage: str) -> None:
    assert writing.write_email(stage, WORDS)[1].count(writing.LINK) == 1
    assert writing.write_sms(stage, WORDS).count(writing.LINK) == 1


def test_the_time_is_the_clock_on_the_clinics_wall() -> None:
    words = writing.words_for(
        sender="x", phone="y", visit_starts_at=local(date(2027, 3, 14), "12:05"), clinic_zone=ZONE
    )
    assert (words.day, words.time) == ("Sun 14 Mar", "12:05 PM")


def test_a_moved_visits_message_names_the_old_time_and_the_new() -> None:
    subject, body = writing.write_email(rules.MOVE, WORDS)
    assert subject == "Your visit has moved to Wed 22 Sep"
    assert "Your visit has moved: now Wed 22 Sep at 10:30 AM, instead of Tue 21 Sep at 12:50 PM." in body
    sms = writing.write_sms(rules.MOVE, WORDS)
    assert "visit now Wed 22 Sep 10:30 AM, not 21 Sep 12:50 PM." in sms
