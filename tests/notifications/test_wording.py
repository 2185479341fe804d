"""What messages say: nothing that tells a lock screen what the visit is about, and texts of one segment."""

import re
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.wording import gsm7, writing
from notifications.wording.filling import LINK, Words, fields_of
from notifications.wording.spanish import SPANISH
from notifications.wording.texts import ENGLISH, Language
from notifications.wording.writing import Fasting, OwnText
from tests.cast import ZONE, local

FORBIDDEN = re.compile(
    r"k?etamin|infusi|\bdos[ei]|\bmg\b|psi?ychiatr|depres|migra|\bpain|\bdolor|mood|score|diagn|treatment|"
    r"tratamiento|therapy|terapia|drug|suicid|PHQ|Rosa|Delgado|1980",
    re.IGNORECASE,
)
# A host name of 18 letters, and the token's 22.
LINK_LENGTH = len("https://visits.example.com/m/") + 22
VISIT = local(date(2027, 9, 22), "10:30")
SAID = [(language, stage) for language in (ENGLISH, SPANISH) for stage in language.texts]
ASKING = [(language, stage) for language, stage in SAID if "{link}" in language.texts[stage].email]
# The patient gets no link where nothing is asked; staff's page is in English alone.
LINKLESS = {
    "cancellation", "confirmed", "stopped", "started", "help", "to_a_person", "wrong_number"
}  # fmt: skip


def words_in(language: Language, sender: str = "Lakeside Clinic") -> Words:
    return writing.words_for(
        sender=sender,
        phone="(312) 555-0100",
        clinic_zone=ZONE,
        visit_starts_at=VISIT,
        visit_ends_at=local(date(2027, 9, 22), "12:30"),
        instead_of=local(date(2027, 9, 21), "12:50"),
        fasting=Fasting(light_meal_hours=6, clear_hours=2),
        language=language.code,
    )


def sms_of(language: Language, stage: str, sender: str = "Lakeside Clinic") -> str:
    words = words_in(language, sender)
    return writing.write_sms(stage, words, language=language.code, link_length=LINK_LENGTH)


def email_of(language: Language, stage: str) -> tuple[str, str]:
    return writing.write_email(stage, words_in(language), language=language.code)


def test_every_language_says_everything() -> None:
    assert set(SPANISH.texts) == set(ENGLISH.texts) - {"page"}


@pytest.mark.parametrize(("language", "stage"), SAID)
def test_no_message_says_what_the_visit_is_about(language: Language, stage: str) -> None:
    for text in (*email_of(language, stage), sms_of(language, stage)):
        assert not FORBIDDEN.search(text), text


def test_one_o_clock_is_singular_in_spanish() -> None:
    """ "A la 1:05 PM", and every other hour with "las"; also in words that a clinic wrote itself."""
    own = OwnText("Su visita a las {time}", "Lo esperamos a las {time}.", "Lo esperamos a las {time}.")
    for time, article in {"1:05 PM": "la", "2:05 PM": "las", "11:00 AM": "las"}.items():
        words = replace(words_in(SPANISH), time=time)
        for text in (
            *writing.write_email("T-2h", words, language="es"),
            *writing.write_email("T-2h", words, language="es", own=own),
            writing.write_sms("T-2h", words, language="es", own=own, link_length=LINK_LENGTH),
        ):
            assert f"a {article} {time}" in text


def test_a_message_can_only_be_given_the_allowed_fields() -> None:
    of_a_visit = {"day", "time", "end", "old_day", "old_date", "old_time", "preparation", "fasting"}
    of_a_series = {"count", "dates"}
    assert {field.name for field in fields(Words)} == {"sender", "phone", *of_a_visit, *of_a_series}


@pytest.mark.parametrize(("language", "stage"), SAID)
@given(sender=st.text(st.sampled_from(sorted(gsm7.ALPHABET - {"\n", "\r"})), min_size=1, max_size=40))
@example(sender="N" * 40)
def test_a_text_message_is_one_gsm_7_segment_with_the_longest_sender_name(
    language: Language, stage: str, sender: str
) -> None:
    text = sms_of(language, stage, sender).replace(LINK, "x" * LINK_LENGTH)
    assert gsm7.segments(text) == 1, (len(text), text)
    assert not gsm7.outside(text)


@pytest.mark.parametrize(("language", "stage"), SAID)
def test_every_wording_of_a_text_message_keeps_to_its_alphabet(language: Language, stage: str) -> None:
    for wording in language.texts[stage].sms:
        assert not gsm7.outside(wording)


@pytest.mark.parametrize(
    ("language", "stage"), [each for each in SAID if each[1] not in ("page", "wrong_number")]
)
def test_every_message_names_its_sender_and_a_number_to_call(language: Language, stage: str) -> None:
    for text in (email_of(language, stage)[1], sms_of(language, stage)):
        assert "Lakeside Clinic" in text
        assert "(312) 555-0100" in text


def test_what_asks_something_carries_a_link_and_the_rest_none() -> None:
    assert {stage for _, stage in SAID} - {stage for _, stage in ASKING} == LINKLESS


@pytest.mark.parametrize(("language", "stage"), ASKING)
def test_the_link_stands_once_in_an_email_and_once_in_a_text_message(language: Language, stage: str) -> None:
    assert email_of(language, stage)[1].count(LINK) == 1
    assert sms_of(language, stage).count(LINK) == 1


def test_the_longest_wording_that_fits_is_sent() -> None:
    assert "STOP to end" in sms_of(ENGLISH, "T-3d", sender="Lakeside")
    long = sms_of(ENGLISH, "T-3d", sender="Lakeside Clinic of Northern Illinois")
    assert "STOP" not in long
    assert "Confirm:" in long


def test_the_confirmation_of_an_opt_out_is_the_one_that_the_rules_allow() -> None:
    assert sms_of(ENGLISH, "stopped", sender="Northside Clinic") == (
        "Northside Clinic: you are unsubscribed and will get no more texts. Call (312) 555-0100 for help "
        "with visits. Reply START to rejoin."
    )


def test_the_time_is_the_clock_on_the_clinics_wall() -> None:
    words = writing.words_for(
        sender="x", phone="y", visit_starts_at=local(date(2027, 3, 14), "12:05"), clinic_zone=ZONE
    )
    assert (words.day, words.time) == ("Sun 14 Mar", "12:05 PM")


def test_a_changed_visits_message_names_its_end_and_how_to_prepare() -> None:
    subject, body = email_of(ENGLISH, "change")
    assert subject == "Your visit on Wed 22 Sep has changed"
    assert "stays on Wed 22 Sep at 10:30 AM" in body
    assert "It ends at 12:30 PM." in body
    assert "Eat nothing from 4:30 AM on Wed 22 Sep." in body
    text = sms_of(ENGLISH, "change")
    assert "visit Wed 22 Sep 10:30 AM now ends 12:30 PM. Ride home?" in text


def test_a_moved_visits_message_names_the_old_time_and_the_new() -> None:
    subject, body = email_of(ENGLISH, "move")
    assert subject == "Your visit has moved to Wed 22 Sep"
    assert "Your visit has moved: now Wed 22 Sep at 10:30 AM, instead of Tue 21 Sep at 12:50 PM." in body
    assert "visit now Wed 22 Sep 10:30 AM, not 21 Sep 12:50 PM." in sms_of(ENGLISH, "move")


def test_a_spanish_patient_reads_spanish() -> None:
    _, body = writing.write_email("confirmation", words_in(SPANISH), language="es-MX")
    assert "Su visita es el mié 22 sep a las 10:30 AM." in body


def test_a_language_that_is_not_spoken_here_gets_english() -> None:
    assert writing.language_of("pl") is ENGLISH


def test_preparing_names_hours_of_the_protocol_in_clock_time_over_a_night_of_23_hours() -> None:
    words = writing.words_for(
        sender="x",
        phone="y",
        clinic_zone=ZONE,
        visit_starts_at=local(date(2027, 3, 14), "7:30"),  # the clocks went from 2:00 to 3:00
        fasting=Fasting(light_meal_hours=6, clear_hours=2),
    )
    assert words.preparation.splitlines() == [
        "Eat nothing from 12:30 AM on Sun 14 Mar.",
        "Drink only clear liquids until 5:30 AM, then nothing.",
        "Arrange a ride home: you must not drive until the next day.",
    ]
    assert words.fasting == "No food from 12:30 AM."


def test_without_fasting_hours_the_text_has_no_gap() -> None:
    words = replace(words_in(ENGLISH), fasting="", preparation=ENGLISH.ride)
    text = writing.write_sms("prepare", words, link_length=LINK_LENGTH)
    assert "10:30 AM. Ride home?" in text


def test_an_accent_that_text_messages_lack_is_dropped_and_not_the_letter() -> None:
    assert gsm7.plain("Clínica Ávila 😀 Peña") == "Clinica Avila  Peña"


class TestOwnWords:
    """What a clinic writes itself is held to the same."""

    GOOD = writing.OwnText("Your visit", "Come on {day}: {link}", "{sender}: {day} {time} {link} {phone}")

    def faults(self, **changes: str) -> dict[str, list[str]]:
        words = writing.longest_words(sender="Lakeside Clinic", phone="(312) 555-0100")
        own = replace(self.GOOD, **changes)
        return writing.faults_of_own(own, stage="T-3d", words=words, link_length=LINK_LENGTH)

    def test_good_words_have_no_fault(self) -> None:
        assert self.faults() == {}

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{drug} {link}", "A message never says what the patient is given: take {drug} out."),
            ("{condition} {link}", "A message never says what the patient is treated for"),
            ("{score} {link}", "A message never says how the patient is"),
            ("{full_name} {link}", "A message never says who it is"),
            ("{birth_date} {link}", "A message never says the second factor of the link"),
            ("{wether} {link}", "There is no field {wether}. Use {sender}, {phone}"),
            ("Your ketamine visit {link}", "“ketamine” tells a lock screen what the visit is about"),
            ("Su infusión {link}", "“infusión” tells a lock screen"),
            ("{day.year} {link}", "Write a field as its name in braces"),
            ("{day!r} {link}", "Write a field as its name in braces"),
            ("{day:>99} {link}", "Write a field as its name in braces"),
            ("{0} {link}", "Write a field as its name in braces"),
            ("{day {link}", "A brace is open or closed too often."),
            ("no link", "Put {link} into the text, once"),
            ("{link} {link}", "Put {link} into the text, once"),
            ("{{link}} {link}", "Write a field as its name in braces"),
            ("{link}}}", "Write a field as its name in braces"),
            ("Your antidepressant {link}", "“antidepressant” tells a lock screen"),
            ("Su antidepresivo, {link}", "“antidepresivo” tells a lock screen"),
            ("Bring Zofran. {link}", "“Zofran” tells a lock screen"),
            ("No lorazepam today {link}", "“lorazepam” tells a lock screen"),
            ("Ketalar {link}", "“Ketalar” tells a lock screen"),
            ("Your ke\u00adta\u200bmine {link}", "“ketamine” tells a lock screen"),
            ("\uff4b\uff45\uff54amine {link}", "“ketamine” tells a lock screen"),
            ("k\u00e9tamine {link}", "“k\u00e9tamine” tells a lock screen"),
            ("depressi\u00f8n {link}", "“depressi\u00f8n” tells a lock screen"),
            ("keta-mine {link}", "“keta-mine” tells a lock screen"),
            ("k.e.t.a.m.i.n.e {link}", "“k.e.t.a.m.i.n.e” tells a lock screen"),
            ("k e t a m i n e {link}", "“k e t a m i n e” tells a lock screen"),
            ("_ketamine_ {link}", "“_ketamine_” tells a lock screen"),
            ("Your k\u0435tamine {link}", "“k\u0435tamine” has letters that English and Spanish don't have"),
            ("\u1d0betamine {link}", "“\u1d0betamine” has letters that English"),
            ("K\u039eTAMINE {link}", "“K\u039eTAMINE” has letters that English"),
            ("  ", "Write what the message says."),
        ],
    )
    def test_a_text_that_cannot_be_sent_says_why_and_the_mend(self, text: str, says: str) -> None:
        found = self.faults(email=text)["email"]
        assert any(fault.startswith(says) for fault in found), found

    @pytest.mark.parametrize(
        "text",
        [
            "Ellos lo arreglan el martes, {day}. {link}",
            "Señora Núñez, ¿vendrá? Le esperamos. {link}",
            "Søren and Łukasz are here on {day} \u2013 see you! {link}",
            "Take exit 4 B, 2 C or 3 A: {link}",
        ],
    )
    def test_ordinary_words_of_both_languages_are_let_through(self, text: str) -> None:
        assert self.faults(email=text) == {}

    @pytest.mark.parametrize("subject", ["Tap {link}", "{link}"])
    def test_a_subject_line_has_no_link(self, subject: str) -> None:
        assert self.faults(subject=subject) == {"subject": ["There is no link here: take {link} out."]}

    def test_a_message_without_a_link_is_given_none(self) -> None:
        words = writing.longest_words(sender="Lakeside Clinic", phone="(312) 555-0100")
        own = writing.OwnText("Cancelled", "Cancelled: {link}", "{sender}: cancelled {phone}")
        found = writing.faults_of_own(own, stage="cancellation", words=words, link_length=LINK_LENGTH)
        assert found == {"email": ["There is no link here: take {link} out."]}

    def test_a_text_message_of_two_segments_says_how_long_it_is(self) -> None:
        found = self.faults(sms="{sender}: " + "x" * 80 + " {link} {phone}")
        assert found == {"sms": [writing.TOO_LONG.format(length=164, most=160)]}

    def test_a_letter_that_text_messages_lack_is_named(self) -> None:
        found = self.faults(sms="Él {link} á\N{ZERO WIDTH SPACE}")
        named = "á (latin small letter a with acute), zero width space"
        assert found["sms"][0].startswith(
            f"A text message can't have {named}: with one such letter it holds 70 "
        )

    def test_what_was_stored_with_a_forbidden_field_is_never_filled(self) -> None:
        with pytest.raises(ValueError, match="never says"):
            writing.write_email("T-3d", words_in(ENGLISH), own=replace(self.GOOD, email="{drug} {link}"))


def test_field_names_are_read_in_order() -> None:
    assert fields_of("{a} and {b} and {a}") == ["a", "b", "a"]
