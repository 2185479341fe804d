"""What is reckoned from a record's lines is signed with them, and read back as it was signed."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from clinic.signin import Proof
from sessions_app.infusing import infusion, stopping
from sessions_app.leaving import discharge
from sessions_app.models import Session
from sessions_app.signing import reckoned, sheet, signing
from sessions_app.signing.amending import Correction
from sessions_app.signing.frozen import Frozen
from tests.cast import PASSWORD, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers
from tests.sessions_app.stories import HOME_AT, STARTED_AT

MINUTE = timedelta(minutes=1)
ON_TOP = "38.5 mg in 110.00 mL, of 35.0 mg in the bag"


def with_a_bolus(house: House, *, formula: str = "") -> Session:
    """10 mL at once after 10 minutes, and signed; its worksheet is of this formula version, or the newest."""
    session, nils = stories.infusing(house), house.actor(house.nils)
    if formula:
        behind_the_triggers("UPDATE sessions_app_doseworksheet SET formula_version = %s", formula)
    infusion.give_bolus(
        actor=nils,
        id=new_id(),
        session=session,
        volume_ml=Decimal("10"),
        reason="Priya ordered it",
        confirmed=True,
        now=STARTED_AT + 10 * MINUTE,
    )
    stopping.stop(actor=nils, id=new_id(), session=session, now=stories.STOPPED_AT)
    for minutes in (85, 100):
        stories.measure(house, session, stories.calm(STARTED_AT + minutes * MINUTE, dissociation=0))
    discharge.discharge(actor=nils, id=new_id(), session=session, assessment=stories.FIT, now=HOME_AT)
    stories.account_for_the_vial(house, stories.fresh(session), at=HOME_AT)
    stories.sign(house, session)
    return stories.fresh(session)


def content_of(session: Session) -> Any:
    return json.loads(session.signed_records.latest("version").content)


def given_on_paper(session: Session) -> list[str]:
    """Of each version."""
    versions = list(session.signed_records.order_by("version"))
    sheets = [sheet.sheet_of(versions[:count]) for count in range(1, len(versions) + 1)]
    courses = [next(each for each in one.tables if each.title == "Course") for one in sheets]
    return [row.cells[1] for course in courses for row in course.rows if row.cells[0] == "Given"]


def test_what_was_given_is_signed_and_stays_whatever_is_reckoned_later(house: House) -> None:
    content = content_of(with_a_bolus(house))
    assert content["reckoned"]["given"] == {"mg": "35.0", "volume_ml": "100.00"}
    content["reckoned"]["given"] = {"mg": "34.9", "volume_ml": "99.71"}  # by the rules of another time
    assert reckoned.given(Frozen(content)) == "34.9 mg in 99.71 mL, of 35.0 mg in the bag"


def test_what_was_not_measured_is_signed_and_stays(house: House) -> None:
    content = content_of(with_a_bolus(house))
    assert len(content["reckoned"]["missed"]) == len(reckoned.missed(Frozen(content))) > 1
    [first, *_] = content["reckoned"]["missed"]
    content["reckoned"]["missed"] = [first]
    assert [f"{missed.at:%H:%M}" for missed in reckoned.missed(Frozen(content))] == [first[11:16]]


def test_a_session_of_an_earlier_formula_is_told_as_ever_on_paper_and_by_the_api(house: House) -> None:
    session = with_a_bolus(house, formula="2")
    late = stories.calm(STARTED_AT + 10 * MINUTE)
    signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="Found on paper",
        corrections=[Correction(id=new_id(), content=late)],
        proof=Proof(PASSWORD),
        now=HOME_AT + timedelta(days=1),
    )
    assert given_on_paper(session) == [ON_TOP, ON_TOP]
    told = client_of(house.nils).get(f"/api/v1/sessions/{session.pk}/").json()["given"]
    assert (told["mg"], told["volume_ml"]) == ("38.5", "110.00")


def test_an_earlier_form_holds_the_lines_only_and_goes_by_the_formula_of_its_worksheet(house: House) -> None:
    content = content_of(with_a_bolus(house))
    missed = reckoned.missed(Frozen(content))
    del content["reckoned"]
    assert reckoned.missed(Frozen(content)) == missed
    assert reckoned.given(Frozen(content)) == "35.0 mg in 100.00 mL, of 35.0 mg in the bag"
    content["dose"][0]["formula_version"] = "2"
    assert reckoned.given(Frozen(content)) == ON_TOP


def test_of_an_infusion_that_was_not_given_nothing_is_told(house: House) -> None:
    session, nils = stories.arrived(house), house.actor(house.nils)
    at = session.arrived_at + MINUTE
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="Fever", now=at)
    stories.sign(house, session, at=at, meaning="not_given")
    content = content_of(session)
    assert content["reckoned"] == {"given": None, "missed": []}
    assert (reckoned.given(Frozen(content)), reckoned.missed(Frozen(content))) == ("", [])
