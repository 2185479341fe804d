"""A plan's spacing and status on its page, and the manager's pages of chairs and staff."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Membership, Role, User
from scheduler.models import Resource, TreatmentPlan
from tests.cast import NOW, House, client_of, make_user, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, send, words


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_prescriber_spaces_a_plan_and_everybody_sees_why(stage: Stage) -> None:
    plan = stage.plan()
    spacing = {"id": str(new_id()), "min_days": "1", "max_days": "7", "reason": "Lives far away"}

    answer = browser_of(stage.house.priya).post(reverse("plan_spacing", args=[plan.pk]), spacing, follow=True)

    assert "1 to 7, the prescriber's own" in words(answer)
    desk = words(browser_of(stage.house.ana).get(reverse("plan", args=[plan.pk])))
    assert "1 to 7 days Lives far away Priya Nair" in desk
    assert "Another spacing" not in desk


def test_a_spacing_that_is_refused_comes_back_as_it_was_filled(stage: Stage) -> None:
    plan = stage.plan()
    spacing = {"id": str(new_id()), "min_days": "9", "max_days": "7", "reason": "Lives far away"}

    page = browser_of(stage.house.priya).post(reverse("plan_spacing", args=[plan.pk]), spacing)

    assert page.status_code == 400
    assert "must not be fewer than the fewest" in words(page)
    assert "Lives far away" in page.content.decode()


def test_a_plan_rests_and_goes_on(stage: Stage) -> None:
    plan = stage.plan()
    browser = browser_of(stage.house.priya)

    resting = browser.post(reverse("plan_hold", args=[plan.pk]), {"reason": "Ill"}, follow=True)
    going_on = browser.post(reverse("plan_resume", args=[plan.pk]), {"reason": "Well"}, follow=True)

    assert "The plan is on hold" in words(resting)
    assert "The plan is active again." in words(going_on)


def test_before_a_plan_rests_its_page_lists_the_visits_and_says_what_happens(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    browser = browser_of(stage.house.priya)

    page = browser.get(reverse("plan", args=[plan.pk]))
    resting = browser.post(reverse("plan_hold", args=[plan.pk]), {"reason": "Ill"}, follow=True)
    at_the_desk = browser_of(stage.house.ana).post(reverse("visit_check_in", args=[visit.pk]))

    assert "this visit stays booked and messages about it are still sent, but nobody is" in words(page)
    assert "This visit is still booked." in words(resting)
    assert at_the_desk.status_code == 409
    assert "The plan is on hold, so nobody is checked in under it." in words(at_the_desk)
    assert "A prescriber can take it up again." in words(at_the_desk)


def test_a_plan_does_not_end_over_visits_to_come(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "9:30")

    page = browser_of(stage.house.priya).post(
        reverse("plan_end", args=[plan.pk]), {"end_reason": "completed", "reason": "Remission"}
    )

    assert page.status_code == 409
    assert "1 visit is still to come under this plan." in words(page)
    assert TreatmentPlan.objects.get().status == "active"


def test_a_course_that_ends_is_told_on_its_page_and_in_the_chart(stage: Stage) -> None:
    plan = stage.plan()
    browser, address = browser_of(stage.house.priya), reverse("plan_end", args=[plan.pk])

    unsaid = browser.post(address, {"end_reason": "", "reason": "She had hoped for more"})
    assert unsaid.status_code == 400
    assert "Choose how it ends." in words(unsaid)
    assert "She had hoped for more" in unsaid.content.decode()
    kept = words(browser.post(address, {"end_reason": "no-response", "reason": "After six"}, follow=True))
    chart = words(browser.get(reverse("patient", args=[plan.patient_id])))

    assert "Ended No response: After six" in kept
    assert "Priya Nair" in kept
    assert "No response, 0 of 6 sessions" in chart


def test_a_manager_adds_a_chair_once_however_often_it_is_sent(stage: Stage) -> None:
    browser = browser_of(stage.house.max)
    filled = {
        "id": str(new_id()),
        "kind": "chair",
        "name": "Chair 9",
        "capacity": "1",
        "features": "private-room, recliner",
    }

    for _ in range(2):
        page = browser.post(reverse("resources"), filled, follow=True)

    chair = Resource.objects.get(name="Chair 9")
    assert chair.features == ["private-room", "recliner"]
    assert "Declare its hours" in words(page)


def test_a_name_that_is_taken_is_said_at_its_field(stage: Stage) -> None:
    filled = {"id": str(new_id()), "kind": "chair", "name": "Chair 1", "capacity": "1"}

    page = browser_of(stage.house.max).post(reverse("resources"), filled)

    assert page.status_code == 400
    assert "The clinic has a chair of this name." in page.context["form"].errors["name"][0]


def test_what_visits_stand_against_is_refused_with_these_visits(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    filled = {"name": "Chair 1", "capacity": "1", "features": ""}

    page = send(browser_of(stage.house.max), reverse("resource", args=[stage.chairs[0].pk]), filled)

    assert page.status_code == 409
    assert "Chair 1 has visits to come." in words(page)
    assert reverse("visit", args=[visit.pk]) in page.content.decode()


def test_a_nurse_has_no_features(stage: Stage) -> None:
    page = browser_of(stage.house.max).get(reverse("resource", args=[stage.nurses[0].pk]))

    assert "Offers" not in words(page)


def test_another_nurse_takes_over_a_place_in_the_schedule_with_its_visits(stage: Stage) -> None:
    place, house = stage.nurses[0], stage.house
    visit = stage.book(stage.plan(), "10:00")
    nora = make_user(house.clinic, "Nora Neu", Role.NURSE)
    browser = browser_of(house.max)
    filled = {"name": place.name, "capacity": place.capacity, "active": "on", "user": str(nora.pk)}

    saved = send(browser, reverse("resource", args=[place.pk]), filled, follow=True)

    assert "The change is saved." in words(saved)
    assert "Nora Neu" in words(saved)
    visit.refresh_from_db()
    assert visit.claims.filter(resource__user=nora).exists()
    Membership.objects.filter(user=nora).delete()
    assert "Nora Neu Works here no more" in words(browser.get(reverse("resources")))


ALREADY = "This person stands behind Nils already. Choose somebody else, or change Nils first."


def a_nurse(house: House, name: str, user: User | None, **more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "clinic": str(house.clinic.pk),
        "kind": "nurse",
        "name": name,
        "capacity": "6",
        "user": str(user.pk) if user else None,
        **more,
    }


def test_one_person_is_one_nurse_over_the_api(house: House) -> None:
    manager = client_of(house.max)
    assert manager.post("/api/v1/resources/", a_nurse(house, "Nils", house.nils), "json").status_code == 201
    second, clinician = a_nurse(house, "Nora", None), a_nurse(house, "Dr Berg", house.nils, kind="clinician")

    refused = manager.post("/api/v1/resources/", a_nurse(house, "Nils II", house.nils), "json")

    assert refused.status_code == 400
    told = {"field": "user", "code": "invalid", "detail": ALREADY}
    assert refused.json()["errors"] == [told]
    assert manager.post("/api/v1/resources/", second, "json").status_code == 201
    changed = manager.patch(f"/api/v1/resources/{second['id']}/", {"user": str(house.nils.pk)}, "json")
    assert (changed.status_code, changed.json()["errors"]) == (400, [told])
    # Supervising is another thing than nursing, and has its own bound.
    assert manager.post("/api/v1/resources/", clinician, "json").status_code == 201


def test_out_of_use_somebodys_place_is_free_and_does_not_come_back_beside_the_next(house: House) -> None:
    manager = client_of(house.max)
    first, second = a_nurse(house, "Nils I", house.nils), a_nurse(house, "Nils", house.nils)
    old = f"/api/v1/resources/{first['id']}/"
    manager.post("/api/v1/resources/", first, "json")
    assert manager.patch(old, {"active": False}, "json").status_code == 200
    assert manager.post("/api/v1/resources/", second, "json").status_code == 201

    back = manager.patch(old, {"active": True}, "json")

    assert (back.status_code, back.json()["errors"][0]["detail"]) == (400, ALREADY)
    assert manager.patch(old, {"active": True, "user": None}, "json").status_code == 200


def test_one_person_is_one_nurse_on_the_pages_and_what_stands_double_can_be_renamed(house: House) -> None:
    browser, nils = browser_of(house.max), house.nils
    rows = {"clinic": house.clinic, "kind": "nurse", "capacity": 6}
    Resource.objects.create(name="Nils", user=nils, **rows)
    nora = Resource.objects.create(name="Nora", **rows)
    filled = {"name": "Nora", "capacity": "6", "active": "on", "user": str(nils.pk)}

    added = browser.post(reverse("resources"), a_nurse(house, "Nils II", nils))
    changed = send(browser, reverse("resource", args=[nora.pk]), filled)

    for page in (added, changed):
        assert page.status_code == 400
        assert page.context["form"].errors["user"] == [ALREADY]
        assert page.context["form"]["user"].value() == str(nils.pk)
    assert Resource.objects.filter(user=nils).count() == 1
    Resource.objects.filter(pk=nora.pk).update(user=nils)  # as it could be before
    renamed = send(browser, reverse("resource", args=[nora.pk]), {**filled, "name": "Nils too"})
    assert renamed.status_code == 302


def test_nobody_stands_behind_a_chair_and_no_stranger_behind_a_nurse(
    stage: Stage, other_house: House
) -> None:
    manager, chair, nurse = client_of(stage.house.max), stage.chairs[0], stage.nurses[0]
    for resource, user in ((chair, stage.house.nils), (nurse, other_house.nils)):
        refused = manager.patch(f"/api/v1/resources/{resource.pk}/", {"user": str(user.pk)})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "user"
    assert manager.patch(f"/api/v1/resources/{nurse.pk}/", {"user": None}).json()["user"] is None
