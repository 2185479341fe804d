"""Another dose is ordered while an infusion runs: it keeps its own, and who orders and watches is told."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from sessions_app.infusing import superseded
from sessions_app.models import Session
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words

WHY = "Her pressure rose at the last one"


@pytest.fixture(autouse=True)
def wall() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        yield


def lower(house: House, session: Session) -> dict[str, object]:
    ordered = client_of(house.priya).post(
        f"/api/v1/plans/{session.appointment.plan_id}/doses/",
        {"id": str(new_id()), "ordered_dose": "0.4", "was": "0.5", "reason": WHY},
        format="json",
    )
    assert ordered.status_code == 201
    return ordered.json()


def test_the_answer_names_the_visit_that_is_in_the_chair(house: House) -> None:
    session = stories.infusing(house)
    assert lower(house, session)["in_the_chair"] == [str(session.appointment_id)]


def test_plan_station_and_session_tell_of_the_order_that_the_infusion_does_not_run_on(house: House) -> None:
    session = stories.infusing(house)
    plan, nils = reverse("plan", args=[session.appointment.plan_id]), browser_of(house.nils)
    pages = [reverse("nurse_station"), reverse("session", args=[session.pk])]
    assert "is ordered by now" not in "".join(words(nils.get(page)) for page in pages)

    lower(house, session)

    for page in pages:
        assert "0.4 mg/kg is ordered by now. This infusion keeps the dose" in words(nils.get(page))
    assert "An infusion runs now on the order of 0.5 mg/kg and keeps it." in words(
        browser_of(house.priya).get(plan)
    )


def test_one_that_has_not_started_or_is_over_is_none_of_these(house: House) -> None:
    session = stories.prepared(house)
    plan = session.appointment.plan
    plan.ordered_dose = Decimal("0.4")
    plan.save(update_fields=["ordered_dose"])
    assert (superseded.ordered_since(session), superseded.running_on_older(plan)) == ("", [])
