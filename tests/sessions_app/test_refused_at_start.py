"""A prescriber decides against treating Rosa while her plan is in force and she sits in the chair."""

import pytest
import time_machine
from django.urls import reverse

from clinic.problems import Conflict
from sessions_app.infusing import infusion
from sessions_app.models import Session
from tests.cast import House, new_id
from tests.scheduler.referred import decide
from tests.sessions_app import stories
from tests.web.pages import browser_of, words


def start(house: House, session: Session) -> None:
    infusion.start(
        actor=house.actor(house.nils), id=new_id(), session=stories.fresh(session), now=stories.STARTED_AT
    )


@pytest.mark.parametrize("word", ["deferred", "declined"])
def test_no_infusion_starts_after_a_no_until_a_later_yes(house: House, word: str) -> None:
    session = stories.prepared(house)
    no = decide(house, word, reason="Pressure 170/105")
    with pytest.raises(Conflict) as refused:
        start(house, session)
    [blocker] = refused.value.data["blockers"]
    assert blocker["code"] == "eligible"
    assert "170" not in blocker["detail"]
    decide(house, "eligible", supersedes=no.pk)
    start(house, session)
    assert stories.fresh(session).started_at == stories.STARTED_AT


@time_machine.travel(stories.STARTED_AT, tick=False)
def test_the_session_page_says_it_and_where_it_is_decided(house: House) -> None:
    session = stories.prepared(house)
    address = reverse("session", args=[session.pk])
    nils = browser_of(house.nils)
    said = "decided against treating for now: they decide again, or end the plan."
    assert said not in words(nils.get(address))
    decide(house, "declined", reason="Active psychosis")
    page = nils.get(address)
    assert said in words(page)
    assert reverse("patient_eligibility", args=[house.rosa.pk]) in page.content.decode()
