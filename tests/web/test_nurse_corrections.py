"""A medicine, a waste and a note corrected from the page before anybody signs."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from clinic.signin import Proof
from sessions_app.models import Session
from sessions_app.signing import amending, signing
from tests.cast import PASSWORD, House, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import Wall, hidden, send, wall

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too

ONDANSETRON = {"medicine": "Ondansetron", "amount": "4", "unit": "mg", "route": "IV", "reason": "Nausea"}
WASTED = {"vial": "LOT-7", "drawn_mg": "50.0", "wasted_mg": "14.0"}
# What is sent first, what is wrong with it, and what the page shows of the line that corrects it.
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("medicine", "medicines_given", ONDANSETRON, {"amount": "8"}, "8 mg, IV"),
    ("waste", "wastes", WASTED, {"vial": "LOT-8"}, "LOT-8"),
    ("note", "notes", {"text": "Slept through it."}, {"text": "Slept through half of it."}, "half of it"),
]


def shown_values(page: str, act: str) -> dict[str, str]:
    """What stands in the form's plain fields."""
    form = page.partition(f'id="{act}"')[2].partition("</form>")[0]
    tags = [tag.partition(">")[0] for tag in form.split("<input")[1:]]
    pairs = [(part(tag, "name"), part(tag, "value")) for tag in tags]
    return {name: value for name, value in pairs if value}


def part(tag: str, attribute: str) -> str:
    return tag.partition(f' {attribute}="')[2].partition('"')[0]


@pytest.fixture
def session(house: House, wall: Wall) -> Session:
    found = stories.infusing(house)
    wall.shows = STARTED_AT
    wall.after(minutes=40)
    return found


@pytest.mark.parametrize(("act", "lines", "first", "mended", "shown"), CASES, ids=[case[0] for case in CASES])
def test_a_line_is_corrected_with_a_reason_and_both_stay_readable(
    house: House,
    wall: Wall,
    session: Session,
    act: str,
    lines: str,
    first: dict[str, Any],
    mended: dict[str, Any],
    shown: str,
) -> None:
    if act == "medicine":
        first = {**first, "ordered_by": str(house.priya.pk)}
    if act == "waste":
        assert send(browser_of(house.nils), session, "stop", {}).status_code == 302
    nils, address = browser_of(house.nils), reverse("session", args=[session.pk])
    assert send(nils, session, act, first).status_code == 302
    line = getattr(session, lines).get()
    wall.after(minutes=1)
    correct = f"?correct={line.pk}"
    page = nils.get(address).content.decode()
    assert f'href="{correct}#part-{act}"' in page
    opened = nils.get(address + correct).content.decode()
    for name in ("vial", "amount", "medicine"):
        if name in first:
            assert shown_values(opened, act)[name].rstrip("0").rstrip(".") == first[name]
    silent = send(nils, session, act, {**first, **mended, "correction_reason": ""}, correct)
    assert silent.status_code == 400
    values = {**first, **mended, "correction_reason": "Read the wrong line"}
    assert send(nils, session, act, values, correct).status_code == 302
    new = getattr(session, lines).get(corrects=line)
    assert (new.correction_reason, new.recorded_by) == ("Read the wrong line", house.nils)
    after = nils.get(address)
    assert shown in words(after)
    assert "Correction: Read the wrong line" in words(after)
    assert f'href="{correct}#' not in after.content.decode()
    assert hidden(after.content.decode(), act).get("corrects", "") == ""


@pytest.mark.parametrize("act", ["medicine", "amend"])
def test_the_order_of_somebody_who_has_left_is_offered_where_their_line_is_corrected(
    house: House, wall: Wall, session: Session, act: str
) -> None:
    lena = make_user(house.clinic, "Lena Former", "prescriber")  # type: ignore[arg-type]
    nils, address = browser_of(house.nils), reverse("session", args=[session.pk])
    assert send(nils, session, "medicine", {**ONDANSETRON, "ordered_by": str(lena.pk)}).status_code == 302
    line = session.medicines_given.get()
    lena.is_active = False
    lena.save()
    signed = {}
    if act == "amend":
        Session.objects.filter(pk=session.pk).update(state="discharged", stopped_at=wall.shows)
        stories.account_for_the_vial(house, stories.fresh(session), at=wall.shows)
        stories.sign(house, stories.fresh(session), at=wall.shows)
        signed = {"password": PASSWORD, "given_at": "2027-01-11T10:00"}
    opened = nils.get(address, {"correct": str(line.pk)}).content.decode()
    form = opened.partition(f'id="{act}"')[2].partition("</form>")[0]
    assert f'<option value="{lena.pk}" selected>Lena Former</option>' in form
    ordered_by = {"medicine": "ordered_by", "amend": "ordered_by_id"}[act]
    values = {**ONDANSETRON, "amount": "8", ordered_by: str(lena.pk), "correction_reason": "Read again"}
    sent = send(nils, session, act, {**values, **signed}, f"?correct={line.pk}")
    assert sent.status_code == 302, words(sent)
    assert session.medicines_given.get(corrects=line).ordered_by == lena


def test_a_corrected_waste_wants_its_own_witness(house: House, wall: Wall, session: Session) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    send(nils, session, "stop", {})
    send(nils, session, "waste", WASTED)
    line = session.wastes.get()
    assert send(priya, session, "witness", {"waste": str(line.pk)}).status_code == 302
    values = {**WASTED, "wasted_mg": "13.5", "correction_reason": "Read again"}
    assert send(nils, session, "waste", values, f"?correct={line.pk}").status_code == 302
    new = session.wastes.get(corrects=line)
    assert not hasattr(new, "witness")
    assert send(priya, session, "witness", {"waste": str(new.pk)}).status_code == 302


def test_somebody_else_witnesses_the_waste_of_an_amendment_from_the_signed_page(
    house: House, wall: Wall
) -> None:
    session = stories.signed(house)
    wall.shows = session.arrived_at
    wall.after(minutes=140)
    wasted = amending.Wasted(vial="LOT-8", drawn_mg=Decimal("12"), wasted_mg=Decimal("12"))
    signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="Left out",
        corrections=[amending.Correction(id=new_id(), content=wasted)],
        proof=Proof(PASSWORD),
        now=wall.shows,
    )
    line = session.wastes.get(vial="LOT-8")
    values = {
        "vial": "LOT-8",
        "drawn_mg": "12",
        "wasted_mg": "12",
        "witness": "on",
        "correction_reason": "I was there",
        "password": PASSWORD,
    }
    own = send(browser_of(house.nils), session, "amend", values, f"?correct={line.pk}")
    assert own.status_code == 409
    assert "Somebody else must witness this" in words(own)
    seen = send(browser_of(house.priya), session, "amend", values, f"?correct={line.pk}")
    assert seen.status_code == 302, words(seen)
    assert session.wastes.get(pk=line.pk).witness.recorded_by == house.priya
