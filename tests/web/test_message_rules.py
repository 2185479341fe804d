"""The manager's pages of what is said to patients, as Max fills them."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Role
from notifications.models import (
    ClinicMessaging,
    Message,
    MessageRule,
    MessageText,
    QuietHours,
    SendingState,
)
from notifications.planning import rule_settings
from scheduler.models import Appointment
from tests.cast import NOW, House, client_of, make_user
from tests.notifications.planned import say
from tests.notifications.visits import book
from tests.web.pages import browser_of, send, words

RULE = {"enabled": "on", "days": "5", "at": "10:00", "forms": ["sms", "email"], "merges": "on"}
DAY = timedelta(days=1)
WORDS = {"subject": "Soon", "email": "We see you soon: {link}", "sms": "{sender}: soon. {link}"}


@pytest.fixture
def visit(house: House) -> Appointment:
    return book(house, house.rosa)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_all_stages_are_listed_in_words(house: House) -> None:
    said = words(browser_of(house.max).get(reverse("message_rules")))
    assert "Reminder that asks to confirm 3 days before the visit, at its time of day" in said
    assert "Nothing was changed yet" in said


def own_words(house: House, stage: str, language: str = "en", **changes: str) -> MessageText:
    """As they were written before more was refused."""
    return MessageText.objects.create(
        clinic=house.clinic, stage=stage, language=language, written_by=house.max, **{**WORDS, **changes}
    )


def test_words_that_are_refused_since_they_were_written_are_named_before_anything_is_sent_in_them(
    house: House,
) -> None:
    max_, page = browser_of(house.max), reverse("message_rules")
    own_words(house, "T-1d")
    assert "Not sent until you change the words" not in words(max_.get(page))
    own_words(house, "T-3d", subject="Your ketamine visit", sms="{sender}: Ketamine. {link}")
    own_words(house, "T-3d", "es", email="Su infusión: {link}")
    said = words(max_.get(page))
    reason = "tells a lock screen what the visit is about: leave it out."
    asks = "Reminder that asks to confirm"
    assert f"{asks}, English : “ketamine” {reason} “Ketamine” {reason} " in said
    assert f"{asks}, Español : “infusión” {reason}" in said
    assert "Reminder of the day before, English" not in said
    address = reverse("message_words", args=["T-3d", "es"])
    assert f'href="{address}"' in max_.get(page).content.decode()
    assert f"Nothing is sent in these words: “infusión” {reason}" in words(max_.get(address))
    listed = client_of(house.max).get(f"/api/v1/clinics/{house.clinic.pk}/message-texts/").json()
    assert sorted(len(row["refused"]) for row in listed) == [0, 1, 2]


def test_words_that_were_refused_since_and_replaced_are_named_no_more(house: House) -> None:
    own_words(house, "T-3d", subject="Your ketamine visit")
    own_words(house, "T-3d")
    assert "Not sent until" not in words(browser_of(house.max).get(reverse("message_rules")))


def test_the_rules_have_as_many_queries_for_one_refused_wording_as_for_ten(
    house: House, django_assert_num_queries: Any
) -> None:
    max_, page = browser_of(house.max), reverse("message_rules")
    own_words(house, "T-3d", subject="Ketamine")
    max_.get(page)  # what the frame knows of the machinery is kept for a moment
    with CaptureQueriesContext(connection) as few:
        max_.get(page)
    for stage in ("T-7d", "T-1d", "confirmation", "move", "cancellation"):
        for language in ("en", "es"):
            own_words(house, stage, language, subject="Ketamine")
    with django_assert_num_queries(len(few)):
        max_.get(page)


def test_a_rule_is_changed_and_taken_back_and_both_name_their_author(house: House) -> None:
    max_ = browser_of(house.max)
    page = reverse("message_rule", args=["T-3d"])
    said = words(send(max_, page, RULE, follow=True))
    assert "5 days before the visit, at 10:00" in said
    assert "Rule: Reminder that asks to confirm: set by Max Weber" in said
    said = words(max_.post(reverse("reset_message_rule", args=["T-3d"]), follow=True))
    assert "This is the default." in said
    assert not MessageRule.objects.exists()


def test_a_default_that_no_source_gives_says_so_on_its_page(house: House) -> None:
    max_ = browser_of(house.max)
    page = reverse("message_rule", args=["day_7"])
    own = "a default of this product, not from a source: have a prescriber settle it."
    said = words(max_.get(page))
    assert f"This is the default. After which visits it is asked is {own}" in said
    said = words(send(max_, page, {**RULE, "days": "7", "last_only": "on"}, follow=True))
    assert "7 days after going home, at 10:00, after the last visit of a series only." in said
    assert own not in said
    assert own not in words(max_.get(reverse("message_rule", args=["next_morning"])))


def test_a_refused_rule_comes_back_as_it_was_filled(house: House) -> None:
    answer = send(browser_of(house.max), reverse("message_rule", args=["T-3d"]), {**RULE, "days": "99"})
    assert answer.status_code == 400
    assert "Give 1 to 60 days." in words(answer)
    assert 'value="99"' in answer.content.decode()


def test_a_change_is_seen_on_a_real_visit_before_it_is_kept(house: House, visit: Appointment) -> None:
    sent = {**RULE, "preview": "yes", "visit": visit.pk}
    said = words(send(browser_of(house.max), reverse("message_rule", args=["T-3d"]), sent))
    assert "Sat, Jan 16, 10:00 Reminder that asks to confirm Being tried" in said
    assert "Please confirm that you are coming: {link}" in said
    assert not MessageRule.objects.exists()
    assert AccessLog.objects.filter(patient=house.rosa, what="message preview").exists()


def test_a_preview_on_a_visit_that_is_not_told_this_says_so(house: House, visit: Appointment) -> None:
    missed = "This visit's patient isn't told this any more."
    sent = {**RULE, "preview": "yes", "visit": visit.pk}
    assert missed not in words(send(browser_of(house.max), reverse("message_rule", args=["T-3d"]), sent))
    with time_machine.travel(visit.starts_at - timedelta(days=2), tick=False):
        Message.objects.create(
            clinic=house.clinic,
            patient=house.rosa,
            appointment=visit,
            kind="reminder",
            stage="T-3d",
            key="said",
            visit_starts_at=visit.starts_at,
            due_at=NOW,
            stale_at=visit.starts_at,
            status="sent",
        )
        assert missed in words(send(browser_of(house.max), reverse("message_rule", args=["T-3d"]), sent))


def test_words_are_checked_while_they_are_typed(house: House) -> None:
    address = reverse("check_message_words", args=["T-2h", "en"])
    page, max_ = reverse("message_words", args=["T-2h", "en"]), browser_of(house.max)
    answer = send(max_, address, {**WORDS, "sms": "{sender}: your ketamine. {link}"}, on=page)
    assert "“ketamine” tells a lock screen what the visit is about" in words(answer)
    fine = words(send(max_, address, WORDS, on=page))
    assert "characters at most, 1 text with your clinic's name, number and link. One text holds 160." in fine
    assert not MessageText.objects.exists()


def test_the_preview_follows_what_is_typed_and_counts_as_one_look(house: House, visit: Appointment) -> None:
    address = reverse("check_message_words", args=["T-3d", "en"])
    page = reverse("message_words", args=["T-3d", "en"])
    max_, sent = browser_of(house.max), {**WORDS, "visit": visit.pk}

    for greeting in ("Until then", "Until Saturday"):
        said = words(send(max_, address, {**sent, "email": f"{greeting}: {{link}}"}, on=page))
        assert f"{greeting}: {{link}}" in said
        assert "Being tried" in said
    refused = send(max_, address, {**sent, "sms": "{sender}: your ketamine. {link}"}, on=page)

    assert 'id="tried"' not in refused.content.decode()  # what stood there stays until the words can be said
    assert AccessLog.objects.filter(patient=house.rosa, what="message preview").count() == 1
    assert not MessageText.objects.exists()


def test_own_words_are_previewed_saved_and_taken_back(house: House, visit: Appointment) -> None:
    max_, page = browser_of(house.max), reverse("message_words", args=["T-2h", "en"])
    tried = words(send(max_, page, {**WORDS, "preview": "yes", "visit": visit.pk}))
    assert "We see you soon: {link}" in tried
    assert not MessageText.objects.exists()
    assert "English : your own, by Max Weber" in words(send(max_, page, WORDS, follow=True))
    max_.post(reverse("reset_message_words", args=["T-2h", "en"]))
    assert not MessageText.objects.exists()


def test_caps_number_and_quiet_hours_are_settled(house: House) -> None:
    max_ = browser_of(house.max)
    sent = {"sms_number": "312 555 0199", "most_a_day": "2", "most_a_week": "5", "moves_itself_hours": ""}
    assert "The settings are saved." in words(send(max_, reverse("message_settings"), sent, follow=True))
    assert ClinicMessaging.objects.get().most_a_week == 5
    hours = {"state": "IL", "day_begins": "09:00", "day_ends": "20:00"}
    assert "IL: 09:00 to 20:00" in words(max_.post(reverse("set_quiet_hours"), hours, follow=True))
    early = max_.post(reverse("set_quiet_hours"), {**hours, "day_begins": "07:00"})
    assert (early.status_code, "Begin at 08:00 or later" in words(early)) == (400, True)
    assert 'value="(312) 555-0199"' in early.content.decode()
    max_.post(reverse("drop_quiet_hours", args=[QuietHours.objects.get().pk]))
    assert not QuietHours.objects.exists()


def test_any_coming_visit_is_found_by_whose_it_is(house: House, visit: Appointment) -> None:
    """Omar's visit is the fortieth to come: no list of the next few holds it."""
    for day in range(11, 50):
        book(house, house.rosa, NOW + timedelta(days=day))
    omars = book(house, house.omar, NOW + timedelta(days=50))
    max_, page = browser_of(house.max), reverse("message_rule", args=["T-3d"])
    sent = {**RULE, "preview": "yes", "visit": ""}
    found = send(max_, page, {**sent, "whose": "haddad"})
    assert found.context["previewed"] == omars
    assert f'<option value="{omars.pk}" selected>' in found.content.decode()
    several = send(max_, page, {**sent, "whose": "delgado"})
    assert (several.status_code, several.context["previewed"]) == (400, None)
    assert "Several visits fit: choose one." in words(several)
    chosen = send(max_, page, {**sent, "whose": "delgado", "visit": visit.pk})
    assert chosen.context["previewed"] == visit
    nobody = words(send(max_, page, {**sent, "whose": "zzzz"}))
    assert "Nobody like this has a coming visit." in nobody
    assert 'value="5"' in send(max_, page, {**sent, "whose": "zzzz"}).content.decode()


def test_the_list_previews_the_visit_that_was_searched_for(house: House, visit: Appointment) -> None:
    page = browser_of(house.max).post(reverse("message_rules"), {"whose": "delgado", "preview": "yes"})
    assert page.context["previewed"] == visit
    assert AccessLog.objects.filter(patient=house.rosa, what="message preview").exists()


def test_another_clinics_patient_is_not_found_for_a_preview(
    house: House, other_house: House, visit: Appointment
) -> None:
    page = browser_of(other_house.max).post(reverse("message_rules"), {"whose": "delgado"})
    assert page.context["previewed"] is None
    assert str(visit.pk) not in page.content.decode()


def test_another_clinics_visit_can_not_be_previewed(
    house: House, other_house: House, visit: Appointment
) -> None:
    page = browser_of(other_house.max).get(reverse("message_rules"), {"visit": str(visit.pk)})
    assert "Rosa" not in words(page)


def test_the_list_asks_no_more_for_twenty_changes_than_for_none(
    house: House, django_assert_max_num_queries: object
) -> None:
    max_ = browser_of(house.max)
    for days in range(2, 22):
        rule_settings.change_rule(
            actor=house.actor(house.max), clinic=house.clinic, stage="T-3d", changes={"days": days}
        )
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        max_.get(reverse("message_rules"))


# --- Looked through while it is typed ----------------------------------------------------------------------


def typed(house: House, stage: str = "T-3d", **changed: Any) -> Any:
    sent = {**RULE, **changed, "check": "typing"}
    return send(browser_of(house.max), reverse("message_rule", args=[stage]), sent)


def test_a_rule_says_while_it_is_typed_whom_it_would_touch_and_keeps_nothing(
    house: House, visit: Appointment
) -> None:
    said = words(typed(house))
    assert "5 days before the visit, at 10:00. As the patient prefers." in said
    assert "It would be said of 1 visit to come: 1 at another time than now." in said
    assert "The next is due Sat, Jan 16, 10:00." in said
    off = words(typed(house, enabled=""))
    assert "It isn't said any more. It would be said of no visit to come." in off
    assert "1 visit to come is no longer told" in off
    assert not MessageRule.objects.exists()


def test_a_rule_says_how_many_messages_go_out_with_the_save(house: House, visit: Appointment) -> None:
    """The notice was said on Monday; on Saturday six days before the visit is yesterday."""
    say(NOW)
    say(NOW + 3 * DAY)
    with time_machine.travel(NOW + 5 * DAY, tick=False):
        said = words(typed(house, days="6"))
        later = words(typed(house, days="4"))
        SendingState.objects.create(
            name="all", paused_at=NOW, paused_by_name="Ada", paused_why="A look first"
        )
        paused = words(typed(house, days="6"))
    assert "1 message goes out as soon as you save: its time has passed already." in said
    assert "The next is due" not in said
    assert "as soon as you save" not in later
    assert "The next is due Sun, Jan 17, 10:00." in later
    assert "1 message would go out as soon as you save" in paused
    assert "Sending is paused, so it waits until it goes on." in paused


def test_a_stage_without_a_moment_of_its_own_says_what_goes_out_with_the_save(house: House) -> None:
    missed = book(house, house.rosa, NOW - DAY)
    Appointment.objects.filter(pk=missed.pk).update(status="noshow")
    rule_settings.change_rule(
        actor=house.actor(house.max), clinic=house.clinic, stage="missed", changes={"enabled": False}
    )
    said = words(typed(house, "missed", hours="2", days=""))
    assert "1 message goes out as soon as you save: its time has passed already." in said
    address = f"/api/v1/clinics/{house.clinic.pk}/message-rules/check/"
    told = client_of(house.max).post(address, {"stage": "missed", "enabled": True}, format="json")
    assert (told.status_code, told.json()["at_once"], told.json()["visits"]) == (200, 1, 0)


def test_what_is_out_of_bounds_is_told_at_its_box_while_it_is_typed(house: House, visit: Appointment) -> None:
    page = typed(house, days="99")
    assert (page.status_code, 'data-at="days"' in page.content.decode()) == (200, True)
    assert "Give 1 to 60 days." in words(page)
    assert "then what it touches stands here again" in words(page)


def test_the_visit_that_was_chosen_is_played_through_while_the_rule_is_typed_and_is_one_look(
    house: House, visit: Appointment
) -> None:
    for days in ("5", "4"):
        said = words(typed(house, days=days, visit=visit.pk))
        assert "Reminder that asks to confirm Being tried" in said
    assert "Sun, Jan 17, 10:00" in said
    assert AccessLog.objects.filter(patient=house.rosa, what="message preview").count() == 1


def test_without_a_script_the_check_button_shows_the_same_on_the_page(
    house: House, visit: Appointment
) -> None:
    page = send(browser_of(house.max), reverse("message_rule", args=["T-3d"]), {**RULE, "check": "yes"})
    assert (page.status_code, 'value="5"' in page.content.decode()) == (200, True)
    assert "1 at another time than now" in words(page)
    assert not MessageRule.objects.exists()


def test_a_notice_says_that_it_touches_no_visit_before_something_happens(
    house: House, visit: Appointment
) -> None:
    assert "no visit to come is touched before" in words(typed(house, "move"))


def test_the_words_page_says_whom_the_words_reach(house: House, visit: Appointment) -> None:
    max_ = browser_of(house.max)
    english = words(max_.get(reverse("message_words", args=["T-3d", "en"])))
    assert "1 visit to come of patients who are written to in English will be told these words." in english
    spanish = words(max_.get(reverse("message_words", args=["T-3d", "es"])))
    assert "Nobody is to be told these words yet" in spanish


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("\N{RIGHT SINGLE QUOTATION MARK}", "right single quotation mark"),
        ("\N{NO-BREAK SPACE}", "no-break space"),
    ],
)
def test_a_letter_that_makes_a_text_dear_is_named_so_that_it_can_be_found(
    house: House, letter: str, name: str
) -> None:
    address = reverse("check_message_words", args=["T-2h", "en"])
    sent = {**WORDS, "sms": f"{{sender}}: it{letter}s soon. {{link}}"}
    page = reverse("message_words", args=["T-2h", "en"])
    said = words(send(browser_of(house.max), address, sent, on=page))
    assert f"({name})" in said or f"have {name}:" in said
    assert "with one such letter it holds 70 in place of 160. Write it another way." in said


def test_a_text_longer_than_one_segment_says_how_long_it_is(house: House) -> None:
    address = reverse("check_message_words", args=["T-2h", "en"])
    sent = {**WORDS, "sms": "{sender}: " + "soon " * 40 + "{link}"}
    page = reverse("message_words", args=["T-2h", "en"])
    said = words(send(browser_of(house.max), address, sent, on=page))
    assert "characters at most, 2 texts with your clinic's name, number and link. One text holds 160." in said


def test_words_that_another_manager_wrote_meanwhile_are_not_written_over_unseen(house: House) -> None:
    page = reverse("message_words", args=["T-2h", "en"])
    max_, olga = browser_of(house.max), browser_of(make_user(house.clinic, "Olga Petrova", Role.MANAGER))
    shown = {
        name: max_.get(page).context["form"][name].value() for name in ("subject", "email", "sms", "were")
    }
    assert olga.post(page, {**shown, "subject": "See you soon"}).status_code == 302

    # As a browser sends it: with its own line ends.
    sent = {**shown, "email": shown["email"].replace("\n", "\r\n"), "sms": WORDS["sms"]}
    stale = max_.post(page, sent)

    assert stale.status_code == 412
    assert "Subject of the e-mail is now “See you soon” (Olga Petrova)." in unescape(words(stale))
    again = {name: stale.context["form"][name].value() for name in shown}
    assert (again["subject"], again["sms"]) == ("See you soon", WORDS["sms"])
    assert max_.post(page, again).status_code == 302
    newest = MessageText.objects.order_by("-created_at", "-pk").first()
    assert newest is not None
    assert {(row.subject, row.sms) for row in MessageText.objects.all()} >= {("See you soon", WORDS["sms"])}
