"""The page of a patient's urgent answers: what was asked and said, and a prescriber's assessment of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from sessions_app.models import SafetyConcern
from sessions_app.outcomes import responses
from tests.cast import NOW, House, new_id
from tests.web.pages import browser_of, words


@pytest.fixture
def concern(house: House) -> Iterator[SafetyConcern]:
    """Rosa has said "several days" to the ninth question of PHQ-9."""
    with time_machine.travel(NOW, tick=False):
        nils = house.actor(house.nils)
        row = responses.begin(
            actor=nils,
            id=new_id(),
            patient=house.rosa,
            instrument="phq-9",
            how="interview",
            occasion="baseline",
            now=NOW,
        )
        responses.answer(actor=nils, id=new_id(), response=row, item=9, value=1, now=NOW)
        yield SafetyConcern.objects.get()


def test_the_page_tells_the_question_and_what_was_said_to_it(house: House, concern: SafetyConcern) -> None:
    page = words(browser_of(house.priya).get(f"/patients/{house.rosa.pk}/safety/"))
    assert "or of hurting yourself in some way”: Several days. PHQ-9" in page
    assert "holds the next start" in page


def test_a_refused_assessment_comes_back_and_a_written_one_ends_the_hold(
    house: House, concern: SafetyConcern
) -> None:
    priya = browser_of(house.priya)
    address = f"/safety-concerns/{concern.pk}/assess/"
    refused = priya.post(address, {"id": new_id(), "words": ""})
    assert refused.status_code == 400
    assert "Write down what you found and what was agreed." in words(refused)
    priya.post(address, {"id": new_id(), "words": "No intent, safe at home"})
    page = words(priya.get(f"/patients/{house.rosa.pk}/safety/"))
    assert "No intent, safe at home" in page
    assert "holds the next start" not in page
    assert "An urgent answer holds" not in words(priya.get(f"/patients/{house.rosa.pk}/"))


def test_what_a_second_prescriber_found_is_refused_aloud_and_not_lost(
    house: House, concern: SafetyConcern
) -> None:
    priya, address = browser_of(house.priya), f"/safety-concerns/{concern.pk}/assess/"
    priya.post(address, {"id": new_id(), "words": "No intent, safe at home"})
    late = priya.post(address, {"id": new_id(), "words": "A plan, her brother keeps the tablets"})
    assert late.status_code == 409
    assert "This answer is assessed already." in words(late)
    assert "A plan, her brother keeps the tablets" in words(late)
    assert "No intent, safe at home" in words(late)


def test_of_two_answers_the_refused_assessment_comes_back_at_its_own(
    house: House, concern: SafetyConcern
) -> None:
    responses.answer(
        actor=house.actor(house.nils),
        id=new_id(),
        response=concern.answer.response,
        item=9,
        value=2,
        now=NOW + timedelta(minutes=1),
    )
    assert SafetyConcern.objects.count() == 2
    address = f"/safety-concerns/{concern.pk}/assess/"
    refused = browser_of(house.priya).post(address, {"id": new_id(), "words": ""})
    assert [each for each, *_, form in refused.context["rows"] if form.errors] == [concern]
