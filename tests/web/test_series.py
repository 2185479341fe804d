"""The desk books a whole series, is told where its spacing is broken, and mends it with one press."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from scheduler.models import Claim, Opening, Series, TreatmentPlan
from scheduler.visits import booking
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2, days=30)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def carried(form: Any, lines: str) -> dict[str, Any]:
    """What a proposal's hidden fields would send."""
    sent = {lines: form[lines].value()}
    return sent | {"id": str(form["id"].value())} if "id" in form.fields else sent


def test_the_desk_books_a_series_as_wished_with_one_press(stage: Stage, plan: TreatmentPlan) -> None:
    browser = browser_of(stage.house.ana)
    plan_page = reverse("plan", args=[plan.pk])
    address = reverse("book_series", args=[plan.pk])
    assert address in browser.get(plan_page).content.decode()

    asked = f"{address}?weekdays=0&weekdays=3&earliest=12:00&nurse={stage.nurses[1].pk}"
    page = browser.get(asked)
    told = words(page)
    assert "3 ways to do it" in told
    assert "Mon and Thu afternoons" in told
    assert "All with Nurse 2" in told
    assert "All as wished" in told

    sent = carried(page.context["offers"][0].form, "sessions")
    for _ in range(2):  # a second press books nothing more
        answer = browser.post(asked, sent, follow=True)
        assert answer.redirect_chain == [(plan_page, 302)]
    assert "6 visits are booked." in words(answer)
    assert "6 of 6 sessions booked" in words(answer)
    assert Series.objects.get().wish["weekdays"] == [0, 3]


def test_a_chair_that_is_wished_for_is_booked(stage: Stage, plan: TreatmentPlan) -> None:
    browser = browser_of(stage.house.ana)
    asked = f"{reverse('book_series', args=[plan.pk])}?count=2&chair={stage.chairs[1].pk}"
    page = browser.get(asked)
    browser.post(asked, carried(page.context["offers"][0].form, "sessions"))
    chairs = Claim.objects.filter(appointment__plan=plan, resource__kind="chair")
    assert [claim.resource for claim in chairs] == [stage.chairs[1]] * 2


def test_a_count_beyond_all_sense_comes_back_with_a_sentence(stage: Stage, plan: TreatmentPlan) -> None:
    page = browser_of(stage.house.ana).get(reverse("book_series", args=[plan.pk]), {"count": "1000000"})
    assert page.status_code == 400
    assert "Give at most 60 sessions at once." in words(page)


def test_proposals_have_titles_of_their_own(stage: Stage, plan: TreatmentPlan) -> None:
    page = browser_of(stage.house.ana).get(reverse("book_series", args=[plan.pk]), {"weekdays": [0, 3]})
    titles = [shown.offer.words[0] for shown in page.context["offers"]]
    assert len(set(titles)) == len(titles) == 3
    assert "nursing is taken" not in words(page)


def test_a_held_time_is_not_counted_as_booked(stage: Stage, plan: TreatmentPlan) -> None:
    ana = stage.house.actor(stage.house.ana)
    booking.hold(actor=ana, id=new_id(), plan=plan, start=stage.at("10:00"), now=NOW)
    browser = browser_of(stage.house.ana)
    for name in ("plan", "book_series"):
        assert "0 of 6 sessions booked, 1 held" in words(browser.get(reverse(name, args=[plan.pk])))


def test_a_series_of_which_one_time_is_gone_comes_back_with_other_proposals(
    stage: Stage, plan: TreatmentPlan
) -> None:
    browser = browser_of(stage.house.ana)
    address = reverse("book_series", args=[plan.pk])
    sent = carried(browser.get(address).context["offers"][0].form, "sessions")
    Opening.objects.filter(during__startswith=stage.at("9:00", TODAY + timedelta(days=2))).delete()
    answer = browser.post(address, sent)
    assert answer.status_code == 409
    told = words(answer)
    assert "Nothing was booked." in told
    assert "Wed, Jan 13, 09:00" in told
    assert "3 ways to do it" in told
    assert plan.appointments.count() == 0


def test_an_impossible_series_is_explained_and_leads_to_what_would_do(
    stage: Stage, plan: TreatmentPlan
) -> None:
    browser = browser_of(stage.house.ana)
    address = reverse("book_series", args=[plan.pk])
    page = browser.get(f"{address}?weekdays=1&only=on&count=3")
    told = words(page)
    assert "These 3 sessions don't fit" in told
    assert "The next has to be between" in told
    ways = {relaxation.code: link for relaxation, link in page.context["relaxations"]}
    assert ways["other_weekdays"] == "only=on&count=3"
    assert ways["fewer_sessions"] == "weekdays=1&only=on&count=1"
    assert ways["longer_gaps"] == ""
    for code in ("other_weekdays", "fewer_sessions"):
        assert browser.get(f"{address}?{ways[code]}").context["offers"], code


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("count=9", "Ask for 1 to 6 sessions"),
        ("first=2028-01-01", "The plan is valid until"),
        ("earliest=25:99", "Enter a valid time."),
    ],
)
def test_a_wish_that_can_not_be_is_shown_again_with_its_mend(
    stage: Stage, plan: TreatmentPlan, query: str, sentence: str
) -> None:
    page = browser_of(stage.house.ana).get(f"{reverse('book_series', args=[plan.pk])}?{query}&weekdays=4")
    assert page.status_code == 400
    assert sentence in words(page)
    assert page.context["form"]["weekdays"].value() == ["4"]


def test_nonsense_in_the_hidden_fields_opens_the_page_afresh(stage: Stage, plan: TreatmentPlan) -> None:
    browser = browser_of(stage.house.ana)
    visit, before, first_of_all = new_id(), "2027-01-11T09:00Z", "0001-01-01T00:00+14:00"
    nonsense = {
        "sessions": (f"{first_of_all} - -", "- - -"),
        "moves": (f"{visit} {before} {first_of_all} -", f"{visit} {before} - -"),
    }
    for name, field in (("book_series", "sessions"), ("respace_series", "moves")):
        address = reverse(name, args=[plan.pk])
        for line in ("nonsense", "2027-01-11T09:00 -", "2027-13-41T09:00Z - - -", *nonsense[field]):
            answer = browser.post(address, {field: [line]})
            assert (answer.status_code, answer.headers["Location"]) == (302, address)
        assert "Open this page afresh." in words(browser.get(address))


def test_too_many_visits_at_once_are_told_so(stage: Stage, plan: TreatmentPlan) -> None:
    browser = browser_of(stage.house.ana)
    address = reverse("respace_series", args=[plan.pk])
    moved = f"{new_id()} 2027-01-11T09:00:00Z 2027-01-12T09:00:00Z -"

    page = browser.post(address, {"moves": [moved] * 61}, follow=True)

    assert "Move at most 60 visits at once: these first, the others after them." in words(page)


def test_a_broken_spacing_is_noted_and_mended_with_one_press(stage: Stage, plan: TreatmentPlan) -> None:
    browser = browser_of(stage.house.ana)
    visits = [stage.book(plan, "10:00", TODAY + timedelta(days=ahead)) for ahead in (1, 4, 8)]
    address = reverse("respace_series", args=[plan.pk])
    assert "The spacing is broken." not in words(browser.get(reverse("plan", args=[plan.pk])))
    assert "Nothing has to move." in words(browser.get(address))

    stage.cancel(visits[1])
    for noted in (reverse("plan", args=[plan.pk]), reverse("visit", args=[visits[2].pk])):
        shown = browser.get(noted)
        assert "The spacing is broken." in words(shown)
        assert address in shown.content.decode()

    page = browser.get(address)
    assert "7 days: too far apart" in words(page)
    assert "Move this visit" in words(page)
    answer = browser.post(address, carried(page.context["form"], "moves"), follow=True)
    assert "1 visit is moved. Book the 4 left" in words(answer)
    assert (
        f'<a href="{reverse("book_series", args=[plan.pk])}">Book the 4 left</a>' in answer.content.decode()
    )
    assert "The spacing is broken." not in words(answer)


def test_a_re_spacing_that_is_out_of_date_moves_nothing_and_shows_the_series_again(
    stage: Stage, plan: TreatmentPlan
) -> None:
    browser = browser_of(stage.house.ana)
    visits = [stage.book(plan, "10:00", TODAY + timedelta(days=ahead)) for ahead in (1, 8, 11)]
    address = reverse("respace_series", args=[plan.pk])
    sent = carried(browser.get(address).context["form"], "moves")
    stage.cancel(visits[1])
    answer = browser.post(address, sent)
    assert answer.status_code == 409
    assert "Nothing was moved." in words(answer)


def test_a_nurse_sees_the_note_and_a_prescriber_no_way_to_book(stage: Stage, plan: TreatmentPlan) -> None:
    for ahead in (1, 8):
        stage.book(plan, "10:00", TODAY + timedelta(days=ahead))
    shown = browser_of(stage.house.priya).get(reverse("plan", args=[plan.pk]))
    assert "The spacing is broken." in words(shown)
    assert reverse("respace_series", args=[plan.pk]) not in shown.content.decode()


def test_a_series_that_nobody_went_on_with_is_noted(stage: Stage, plan: TreatmentPlan) -> None:
    stage.book(plan, "10:00")
    with time_machine.travel(NOW + timedelta(days=6), tick=False):
        shown = browser_of(stage.house.ana).get(reverse("plan", args=[plan.pk]))
    assert "The next session was due by Sat, Jan 16 and none is booked." in words(shown)
