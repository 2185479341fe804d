"""Booking from the first letter to the visit: who is found, what is offered, what stands in the way and where
it is mended, and somebody who isn't on record yet."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Consent, ConsentScope, Patient
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan
from scheduler.prescribing import plans
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, plan_row, set_stage
from tests.web.pages import browser_of, words
from web.months import months_of
from web.views.booking.new_patient import guessed
from web.views.booking.place import on_board


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    """Half an hour before the first chair opens."""
    with time_machine.travel(NOW - timedelta(minutes=30), tick=False):
        yield


def search(stage: Stage, text: str, *, options: bool = False, **place: str) -> Any:
    headers = {"X-Chairside-Options": "1"} if options else {}
    return browser_of(stage.house.ana).post(reverse("book_find"), {"text": text, **place}, headers=headers)


def best(stage: Stage, plan: TreatmentPlan, **place: str) -> Any:
    return browser_of(stage.house.ana).get(reverse("book_best", args=[plan.pk]), place)


def sent(page: Any, number: int = 0, do: str = "book") -> dict[str, str]:
    """What the page's form sends when this offer is marked."""
    return {
        "id": str(page.context["form"]["id"].value()),
        "offer": page.context["offers"][number].value,
        "do": do,
    }


# --- Who ------------------------------------------------------------------------------------------------


def test_each_who_is_found_is_told_apart_in_one_query(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30", TODAY + timedelta(days=1))
    browser = browser_of(stage.house.ana)

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as done:
            page = browser.post(
                reverse("book_find"), {"text": "delgado"}, headers={"X-Chairside-Options": "1"}
            )
        told = words(page)
        assert "Delgado, Rosa born May 17, 1980" in told
        assert "MRN-ROSA" in told
        assert "(312) 555-0142" in told
        assert "Plan in force next Tue, Jan 12, 09:30" in told
        return [query["sql"] for query in done if "clinic_patient" in query["sql"]]

    [few] = queries()
    assert "scheduler_treatmentplan" in few
    for number in range(5):
        make_patient(stage.house.clinic, f"Ines{number}", "Delgado", consents=False)
    assert len(queries()) == 1
    assert "No plan in force no visit booked" in words(search(stage, "ines0", options=True))


def test_what_is_typed_stands_in_no_address(stage: Stage) -> None:
    """Neither the form's own nor any link that follows it."""
    page = search(stage, "delgado")
    body = page.content.decode()
    assert 'method="post"' in body
    assert not re.search(r'(href|action)="[^"]*elgado', body)
    assert browser_of(stage.house.ana).get(reverse("book_find"), {"text": "delgado"}).status_code == 405


def test_without_a_script_the_search_is_a_page_with_a_list(stage: Stage) -> None:
    page = search(stage, "delgado")
    assert "1 found" in words(page)
    assert reverse("book_patient", args=[stage.house.rosa.pk]) in page.content.decode()
    assert "Nobody fits" in words(search(stage, "zzz"))
    assert "Type a name" in words(search(stage, " "))


def test_another_clinics_patients_are_not_found(stage: Stage, other_house: House) -> None:
    Patient.objects.filter(pk=other_house.rosa.pk).update(family_name="Quintanilla")
    assert "Nobody fits" in words(search(stage, "quintanilla"))


# --- Under which plan -----------------------------------------------------------------------------------


def test_of_several_plans_one_is_chosen(stage: Stage) -> None:
    first, second = stage.plan(), plan_row(stage.house, stage.protocol, stage.house.rosa)
    page = browser_of(stage.house.ana).get(reverse("book_patient", args=[stage.house.rosa.pk]))
    body = page.content.decode()
    assert all(reverse("book_best", args=[plan.pk]) in body for plan in (first, second))
    assert AccessLog.objects.get().what == "plans to book"


def test_without_a_plan_it_says_what_is_missing_and_who_can_write_it(stage: Stage) -> None:
    plan = stage.plan()
    plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=plan, reason="Fever")
    page = browser_of(stage.house.ana).get(reverse("book_patient", args=[stage.house.rosa.pk]))
    told = words(page)
    assert "Rosa Delgado has no plan in force" in told
    assert "on hold: a prescriber can take it up again" in told.lower()
    assert "Priya Nair can write one here" in told
    assert reverse("new_plan", args=[stage.house.rosa.pk]) not in page.content.decode()


# --- When -----------------------------------------------------------------------------------------------


def test_one_press_books_the_first_offer_once(stage: Stage) -> None:
    plan = stage.plan()
    page = best(stage, plan)
    told = words(page)
    assert "Mon, Jan 11, 09:00" in told
    assert "Rosa is told at once by e-mail." in told

    browser = browser_of(stage.house.ana)
    for _ in range(2):
        answer = browser.post(reverse("book_best", args=[plan.pk]), sent(page), follow=True)
    visit = Appointment.objects.get()
    assert answer.redirect_chain == [(reverse("visit", args=[visit.pk]), 302)]
    assert (visit.status, visit.starts_at) == (AppointmentStatus.BOOKED, NOW)
    assert "Rosa Delgado is booked: Mon, Jan 11, 09:00." in words(answer)


def test_an_offer_that_no_page_makes_is_asked_for_again(stage: Stage) -> None:
    plan = stage.plan()
    form = {**sent(best(stage, plan)), "offer": f"0001-01-01T00:00+14:00 {new_id()} -"}
    answer = browser_of(stage.house.ana).post(reverse("book_best", args=[plan.pk]), form)
    assert (answer.status_code, "Choose one of the times." in words(answer)) == (400, True)


def test_an_offer_can_be_held_instead(stage: Stage) -> None:
    plan = stage.plan()
    page = best(stage, plan)
    answer = browser_of(stage.house.ana).post(
        reverse("book_best", args=[plan.pk]), sent(page, 1, "hold"), follow=True
    )
    visit = Appointment.objects.get()
    assert visit.status == AppointmentStatus.PENDING
    assert "is held for Rosa Delgado until 08:40" in words(answer)


def test_the_place_clicked_on_the_board_comes_first_and_leads_back_there(stage: Stage) -> None:
    plan = stage.plan()
    place = {"start": "2027-01-12T10:35", "chair": str(stage.chairs[1].pk)}
    page = best(stage, plan, **place)
    first = page.context["offers"][0]
    assert (first.feasible.start, first.feasible.chair) == (
        stage.at("10:35", TODAY + timedelta(days=1)),
        stage.chairs[1],
    )
    assert "The time you chose" in words(page)
    address = re.search(r'<form method="post"\s+action="([^"]+)"\s+class="best-form"', page.content.decode())
    assert address is not None
    answer = browser_of(stage.house.ana).post(address[1].replace("&amp;", "&"), sent(page))
    assert answer["Location"] == on_board(TODAY + timedelta(days=1), Appointment.objects.get().pk)


def test_a_place_that_cant_be_is_explained_with_the_nearest(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "10:00", chair=stage.chairs[1])
    page = best(stage, stage.plan(), start="2027-01-11T10:30", chair=str(stage.chairs[1].pk))
    told = words(page)
    assert "Mon, Jan 11, 10:30 can't be booked." in told
    assert "Chair 2 is taken" in told
    assert "Near the time you chose" in told
    assert page.context["offers"][0].feasible.start.date() == TODAY


@pytest.mark.parametrize("start", ["soon", "2027-01-12T10:37", "2027-99-12"])
def test_a_place_that_was_never_clicked_is_no_place(stage: Stage, start: str) -> None:
    page = best(stage, stage.plan(), start=start)
    assert page.status_code == 200
    assert page.context["offers"][0].feasible.start == NOW


def test_every_blocker_comes_with_its_mend(stage: Stage) -> None:
    plan = stage.plan()
    Consent.objects.filter(patient=stage.house.rosa, scope=ConsentScope.TREATMENT).delete()
    page = best(stage, plan)
    assert "There is no current consent to treatment." in words(page)
    chart = reverse("patient", args=[stage.house.rosa.pk])
    assert f'href="{chart}#consents-title"' in page.content.decode()
    assert not page.context["offers"]


def test_a_mend_is_offered_to_those_who_may_go_there(stage: Stage) -> None:
    """A plan that is over: a prescriber could write a new one, the desk sees the old one."""
    plan = stage.plan(valid_until=TODAY)
    late = reverse("book_best", args=[plan.pk])
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        body = browser_of(stage.house.ana).get(late).content.decode()
    assert f'href="{reverse("plan", args=[plan.pk])}"' in body
    assert reverse("new_plan", args=[stage.house.rosa.pk]) not in body


def test_a_time_taken_meanwhile_is_refused_and_others_stand_ready(stage: Stage) -> None:
    plan = stage.plan()
    page = best(stage, plan)
    form = sent(page)
    for patient, chair in ((stage.house.omar, 0), (make_patient(stage.house.clinic, "Ida", "Koch"), 1)):
        stage.book(stage.plan(patient), "9:00", chair=stage.chairs[chair])
    refused = browser_of(stage.house.ana).post(reverse("book_best", args=[plan.pk]), form)
    assert refused.status_code == 409
    assert "Mon, Jan 11, 09:00 can't be booked." in words(refused)
    assert refused.context["offers"]
    assert not Appointment.objects.filter(plan=plan).exists()


@pytest.mark.parametrize("again", [(0, "hold"), (1, "book")])
def test_what_was_booked_is_not_sent_again_for_something_else(stage: Stage, again: tuple[int, str]) -> None:
    """Back in the browser, and then the same time is held, or another one booked."""
    plan = stage.plan()
    page = best(stage, plan)
    browser, address = browser_of(stage.house.ana), reverse("book_best", args=[plan.pk])
    browser.post(address, sent(page))
    answer = browser.post(address, sent(page, *again), follow=True)
    visit = Appointment.objects.get()
    assert (visit.status, visit.starts_at) == (AppointmentStatus.BOOKED, NOW)
    assert answer.redirect_chain == [(reverse("visit", args=[visit.pk]), 302)]
    assert "Nothing else was booked or held." in words(answer)


def test_an_id_that_booked_under_another_plan_leads_to_nobody_elses_visit(stage: Stage) -> None:
    of_omar, of_rosa = stage.plan(stage.house.omar), stage.plan()
    browser, used = browser_of(stage.house.ana), sent(best(stage, of_omar))
    browser.post(reverse("book_best", args=[of_omar.pk]), used)
    form = {**sent(best(stage, of_rosa)), "id": used["id"]}
    refused = browser.post(reverse("book_best", args=[of_rosa.pk]), form)
    assert refused.status_code == 409
    assert "already used for something else" in words(refused)
    assert not Appointment.objects.filter(plan=of_rosa).exists()


@pytest.mark.parametrize("offer", ["", "now x y", "2027-01-11T09:00 - -", "2027-01-11T09:00-06:00 - x"])
def test_what_was_never_offered_books_nothing(stage: Stage, offer: str) -> None:
    plan = stage.plan()
    answer = browser_of(stage.house.ana).post(
        reverse("book_best", args=[plan.pk]), {"id": str(new_id()), "offer": offer, "do": "book"}
    )
    assert answer.status_code == 400
    assert "Choose one of the times." in words(answer)
    assert not Appointment.objects.exists()


def test_the_page_of_the_best_times_costs_the_same_whatever_is_booked(stage: Stage) -> None:
    plan = stage.plan()

    def count() -> int:
        with CaptureQueriesContext(connection) as done:
            assert best(stage, plan).status_code == 200
        return len(done)

    few = count()
    for number, wall_time in enumerate(("9:00", "9:00", "12:00")):
        patient = make_patient(stage.house.clinic, f"P{number}", "More")
        stage.book(stage.plan(patient), wall_time, TODAY + timedelta(days=1))
    assert count() == few


# --- Somebody new ---------------------------------------------------------------------------------------

INES = {
    "given_names": "Ines",
    "family_name": "Castro",
    "birth_date": "1990-02-03",
    "language": "es",
    "phone": "",
    "email": "",
}


def register(stage: Stage, **changes: Any) -> Any:
    form = {"id": str(new_id()), **INES, **changes}
    return browser_of(stage.house.ana).post(reverse("book_new_patient"), form, follow=True)


def test_somebody_new_is_registered_and_told_what_is_missing(stage: Stage) -> None:
    answer = register(stage, start="2027-01-12T10:35")
    ines = Patient.objects.get(family_name="Castro")
    assert ines.language == "es"
    assert answer.redirect_chain[0][0].startswith(
        f"{reverse('book_patient', args=[ines.pk])}?start=2027-01-12"
    )
    assert "Ines Castro has no plan in force" in words(answer)


def test_a_possible_duplicate_is_shown_before_anything_is_saved(stage: Stage) -> None:
    rosa = {"given_names": "Roza", "family_name": "Delgado", "birth_date": "1980-05-17"}
    id = str(new_id())
    asked = register(stage, id=id, **rosa)
    assert asked.status_code == 409
    assert "Is it one of these? Nothing is saved yet." in words(asked)
    assert "Has the same birth date and a similar name" in words(asked)
    assert f'href="{reverse("book_patient", args=[stage.house.rosa.pk])}"' in asked.content.decode()
    assert asked.context["form"]["given_names"].value() == "Roza"
    assert not Patient.objects.filter(given_names="Roza").exists()

    for _ in range(2):  # a second press registers nobody else
        register(stage, id=id, different_from=[str(stage.house.rosa.pk)], **rosa)
    assert Patient.objects.filter(given_names="Roza").count() == 1


def test_somebody_else_who_looks_like_them_is_shown_as_well(stage: Stage) -> None:
    """A different person from Rosa isn't thereby different from Omar."""
    answer = register(stage, phone="312 555 0142", different_from=[str(stage.house.rosa.pk)])
    assert answer.status_code == 409
    assert not Patient.objects.filter(family_name="Castro").exists()


def test_one_question_asks_who_it_is_and_whether_they_share_the_telephone(stage: Stage) -> None:
    number = str(stage.house.omar.phone)
    asked = register(stage, phone=number)
    assert asked.status_code == 409
    assert "They share this telephone" in words(asked)
    known = asked.context["alike"]
    different = [str(one.patient.pk) for one in known]
    assert register(stage, phone=number, different_from=different).status_code == 409
    assert not Patient.objects.filter(family_name="Castro").exists()
    register(stage, phone=number, different_from=different, shared="on")
    assert str(Patient.objects.get(family_name="Castro").phone) == number


def test_a_refused_registration_comes_back_as_it_was_filled(stage: Stage) -> None:
    answer = register(stage, phone="12", birth_date="")
    assert answer.status_code == 400
    assert "Give the date of birth." in words(answer)
    late = register(stage, phone="12")
    assert "This isn't a number that can be dialled." in words(late)
    assert late.context["form"]["family_name"].value() == "Castro"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("ines castro", {"given_names": "Ines", "family_name": "Castro"}),
        ("Castro, Ines Maria", {"given_names": "Ines Maria", "family_name": "Castro"}),
        ("castro", {"given_names": "", "family_name": "Castro"}),
        ("(312) 555-0199", {"phone": "(312) 555-0199"}),
    ],
)
def test_what_was_searched_for_is_in_the_new_form(text: str, known: dict[str, str]) -> None:
    assert guessed(text) == known


def test_a_birth_date_that_was_searched_for_is_in_the_new_form(stage: Stage) -> None:
    page = browser_of(stage.house.ana).post(reverse("book_new_patient"), {"text": "ines castro 2/3/1990"})
    assert page.context["form"]["birth_date"].value().isoformat() == "1990-02-03"


# --- A series on its months -----------------------------------------------------------------------------


def test_the_days_of_a_series_stand_on_their_months_by_number() -> None:
    days = [TODAY + timedelta(days=ahead) for ahead in (0, 2, 28)]
    january, february = months_of(days)
    assert (january.title, february.title) == ("January 2027", "February 2027")
    cells = [cell for month in (january, february) for week in month.weeks for cell in week if cell]
    assert [(cell.day, cell.number) for cell in cells if cell.number] == [
        (day, number) for number, day in enumerate(days, start=1)
    ]
    assert january.weeks[0][:4] == [None, None, None, None]  # the first was a Friday


def test_proposals_say_what_sets_them_apart(stage: Stage) -> None:
    page = browser_of(stage.house.ana).get(reverse("book_series", args=[stage.plan().pk]), {"count": "2"})
    told = words(page)
    assert "visit 1" in told
    assert "January 2027" in told
    lasts = [shown.offer.sessions[-1].start.date() for shown in page.context["offers"]]
    said = [shown.apart for shown in page.context["offers"]]
    for last, phrases in zip(lasts, said, strict=True):
        ends = [phrase for phrase in phrases if phrase.startswith("Ends ")]
        later = (last - min(lasts)).days
        if len(set(lasts)) == 1:
            assert not ends
        else:
            assert ends == [f"Ends {later} day{'s' if later > 1 else ''} later" if later else "Ends first"]
