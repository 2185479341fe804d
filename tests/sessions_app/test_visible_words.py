"""Where the record asks for words, somebody can read them: a character of no width is not an answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from clinic.signin import Proof
from clinic.visible_text import hides_something, said
from sessions_app import notes
from sessions_app.infusing import infusion, medicines, stopping, waste
from sessions_app.leaving import discharge
from sessions_app.observing import alerts
from sessions_app.preparing import checklist, overrides
from sessions_app.signing import amending, signing
from tests.cast import NOW, PASSWORD, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

NOTHING = "\u200b"
LATER = STARTED_AT + timedelta(minutes=10)


def an_override(house: House) -> Any:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=session.arrived_at + timedelta(minutes=12))
    return overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="checklist:fasting",
        about=line.pk,
        reason=NOTHING,
        now=LATER,
    )


def how_an_alert_ended(house: House) -> Any:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(LATER, systolic_mmhg=165))
    alert = alerts.open_of(session).get()
    return alerts.resolve(actor=house.actor(house.nils), id=new_id(), alert=alert, words=NOTHING, now=LATER)


def a_vial(house: House) -> Any:
    wasted = waste.Wasted(vial=NOTHING, drawn_mg=Decimal(50), wasted_mg=Decimal(15))
    session, nils = stories.infusing(house), house.actor(house.nils)
    return waste.waste(actor=nils, id=new_id(), session=session, wasted=wasted, now=LATER)


def a_note(house: House) -> Any:
    session, nils = stories.infusing(house), house.actor(house.nils)
    return notes.write(actor=nils, id=new_id(), session=session, note=notes.Note(text=NOTHING), now=LATER)


def why_nothing_was_given(house: House) -> Any:
    session, nils = stories.prepared(house), house.actor(house.nils)
    return stopping.not_given(actor=nils, id=new_id(), session=session, reason=NOTHING, now=LATER)


def why_a_line_is_corrected(house: House) -> Any:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW)
    return stories.weigh(house, session, at=NOW, corrects=first.pk, correction_reason=NOTHING)


def what_was_found(house: House) -> Any:
    answers = [checklist.Answer("fasting", "fail", note=NOTHING)]
    session, nils = stories.arrived(house), house.actor(house.nils)
    return checklist.answer(actor=nils, session=session, answers=answers, now=NOW)


def who_ordered_a_faster_rate(house: House) -> Any:
    return infusion.change_rate(
        actor=house.actor(house.nils),
        id=new_id(),
        session=stories.infusing(house),
        rate_ml_per_h=Decimal(600),
        reason=NOTHING,
        confirmed=True,
        now=LATER,
    )


def a_medicine(house: House, **unseen: str) -> Any:
    ordered: dict[str, Any] = {"unit": "mg", "route": "oral", "reason": "Headache", **unseen}
    medicine = medicines.Medicine(
        medicine="Ibuprofen", amount=Decimal(400), given_at=LATER, ordered_by_id=house.priya.pk, **ordered
    )
    session, nils = stories.infusing(house), house.actor(house.nils)
    return medicines.give(actor=nils, id=new_id(), session=session, medicine=medicine, now=LATER)


def the_route_of_a_medicine(house: House) -> Any:
    return a_medicine(house, route=NOTHING)


def the_reason_of_a_medicine(house: House) -> Any:
    return a_medicine(house, reason=NOTHING)


def who_took_the_patient_home(house: House) -> Any:
    session = stories.signed(house)
    facts = amending.DischargeFacts(escort_name=NOTHING, instructions_given=True)
    correction = amending.Correction(id=new_id(), content=facts, corrects=session.discharges.get().pk)
    return signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="It was her sister",
        corrections=[correction],
        proof=Proof(PASSWORD),
        now=stories.HOME_AT + timedelta(hours=1),
    )


@pytest.mark.parametrize(
    "asked",
    [
        who_ordered_a_faster_rate,
        the_route_of_a_medicine,
        the_reason_of_a_medicine,
        who_took_the_patient_home,
        an_override,
        how_an_alert_ended,
        a_vial,
        a_note,
        why_nothing_was_given,
        why_a_line_is_corrected,
        what_was_found,
    ],
)
def test_words_that_nobody_can_see_are_no_words(house: House, asked: Callable[[House], Any]) -> None:
    with pytest.raises(Invalid):
        asked(house)


@pytest.mark.parametrize("unseen", [{"escort_name": NOTHING}, {"escort_phone": NOTHING}])
def test_nobody_goes_home_with_somebody_invisible(house: House, unseen: dict[str, Any]) -> None:
    fit = replace(stories.FIT, **unseen)
    session = stories.observed(house)
    with pytest.raises(Conflict, match="Name the adult who takes the patient home"):
        discharge.discharge(
            actor=house.actor(house.nils),
            id=new_id(),
            session=session,
            assessment=fit,
            now=session.arrived_at + timedelta(minutes=120),
        )


def test_what_is_said_is_trimmed_and_emoji_and_accents_are_words() -> None:
    assert [said(text) for text in (" Zoë ", "\u2060", "👍", "\u3164", "\u0301")] == ["Zoë", "", "👍", "", ""]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ma\u200bria", "Maria"),
        ("\u202e021/081\u202c", "021/081"),
        ("calm\x07\x1b now", "calm now"),
        ("Anna \u0301\u0301Lee", "Anna Lee"),
        ("Maria\ufe0f", "Maria"),
        ("one\r\ntwo\tthree", "one\ntwo three"),
        ("e\u0301", "e\u0301"),
        ("❤\ufe0f", "❤\ufe0f"),
        (
            "\u0639\u0644\u06cc\u200c\u0632\u0627\u062f\u0647",
            "\u0639\u0644\u06cc\u200c\u0632\u0627\u062f\u0647",
        ),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("👨\u200d👩", "👨\u200d👩"),
    ],
)
def test_of_words_what_nobody_sees_is_left_out_and_what_writes_a_language_stays(
    written: str, kept: str
) -> None:
    assert said(written) == kept
    assert hides_something(written) is (written != kept)


HIDING = "Kim\u200b \u202eReyes"


def test_a_reason_is_kept_as_it_can_be_read(house: House) -> None:
    session, nils = stories.infusing(house), house.actor(house.nils)
    paused = infusion.pause(actor=nils, id=new_id(), session=session, reason=HIDING, now=LATER)
    first = stories.measure(house, session, stories.calm(LATER))
    reading = stories.calm(LATER, systolic_mmhg=121)
    why = {"corrects": first.pk, "correction_reason": HIDING}
    corrected = stories.measure(house, session, reading, **why)
    assert [paused.reason, corrected.correction_reason] == ["Kim Reyes", "Kim Reyes"]


@pytest.mark.parametrize(
    "unseen", [{"unit": "m\u200bg"}, {"route": "or\u202eal"}, {"medicine": "Ibu\x07profen"}]
)
def test_a_medicines_line_that_hides_something_is_refused_at_its_field(
    house: House, unseen: dict[str, str]
) -> None:
    session, nils = stories.infusing(house), house.actor(house.nils)
    ordered = {"medicine": "Ibuprofen", "unit": "mg", "route": "oral", "reason": "Headache", **unseen}
    medicine: Any = medicines.Medicine(
        amount=Decimal(400), given_at=LATER, ordered_by_id=house.priya.pk, **ordered
    )
    with pytest.raises(Invalid, match="without characters that can't be seen") as refused:
        medicines.give(actor=nils, id=new_id(), session=session, medicine=medicine, now=LATER)
    assert [error["field"] for error in refused.value.data["errors"]] == list(unseen)


@pytest.mark.parametrize("field", ["escort_name", "escort_phone"])
def test_who_takes_a_patient_home_hides_nothing(house: House, field: str) -> None:
    session, nils = stories.observed(house), house.actor(house.nils)
    unseen: Any = {field: "312\u2060 555 0101"}
    with pytest.raises(Invalid, match="without characters that can't be seen") as refused:
        discharge.discharge(
            actor=nils,
            id=new_id(),
            session=session,
            assessment=replace(stories.FIT, **unseen),
            now=session.arrived_at + timedelta(minutes=120),
        )
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
