"""The checklist by protocol: what is asked, what blocks, and what the patient said beforehand."""

import pytest

from clinic.problems import Invalid
from scheduler.models import Protocol
from sessions_app.models import AnsweredBy, ChecklistAnswer, CheckResult, Session
from sessions_app.preparing import checklist
from sessions_app.preparing.checklist import Answer
from tests.cast import NOW, House
from tests.sessions_app import stories


def answer(house: House, session: Session, *answers: Answer) -> list[ChecklistAnswer]:
    return checklist.answer(actor=house.actor(house.nils), session=session, answers=answers, now=NOW)


def asking(house: House, *codes: str) -> Session:
    """A session under a protocol that asks these items."""
    stories.active_protocol(house, checklist=list(codes))
    return stories.arrived(house)


def test_a_protocol_that_does_not_say_asks_every_item() -> None:
    assert checklist.items_of(Protocol()) == checklist.ITEMS


def test_a_protocol_asks_its_items_in_our_order_and_its_own_under_their_name(house: House) -> None:
    session = asking(house, "cannula_photo", "fasting", "identity")
    asked = checklist.items_of(session.protocol)
    assert [item.label for item in asked] == [
        "Identity checked by two identifiers",
        "Fasting as the protocol asks",
        "Cannula photo",
    ]
    assert checklist.unmet(session)["checklist_complete"].endswith("Cannula photo.")
    answer(house, session, *(Answer(item.code, CheckResult.PASS) for item in asked))
    assert checklist.unmet(session) == {}


def test_an_item_that_this_protocol_does_not_ask_is_refused(house: House) -> None:
    session = asking(house, "fasting")
    with pytest.raises(Invalid, match=r"answers\.mood: This protocol asks no such item\. Items: fasting\."):
        answer(house, session, Answer("mood", CheckResult.PASS))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (CheckResult.FAIL, {"checklist_passed": "Failed: Fasting as the protocol asks."}),
        (CheckResult.UNKNOWN, {"checklist_passed": "Unknown: Fasting as the protocol asks."}),
        (CheckResult.NOT_APPLICABLE, {}),
        (CheckResult.PASS, {}),
    ],
)
def test_unknown_blocks_like_a_failure(house: House, result: CheckResult, said: dict[str, str]) -> None:
    session = asking(house, "fasting")
    answer(house, session, Answer("fasting", result, note="Doesn't remember breakfast"))
    assert checklist.unmet(session) == said


def test_an_unknown_answer_says_why(house: House) -> None:
    with pytest.raises(Invalid, match=r"answers\.fasting\.note: Write down why it is unknown"):
        answer(house, stories.arrived(house), Answer("fasting", CheckResult.UNKNOWN))


def patients_own(house: House) -> tuple[Session, ChecklistAnswer]:
    session = stories.arrived(house)
    line = ChecklistAnswer.objects.create(
        session=session,
        item="medicines",
        result=CheckResult.PASS,
        source=AnsweredBy.PATIENT,
        recorded_at=NOW,
        recorded_by=house.nils,
    )
    return session, line


def test_the_patients_answer_sent_along_unchanged_stays_the_patients(house: House) -> None:
    session, _ = patients_own(house)
    assert answer(house, session, Answer("medicines", CheckResult.PASS)) == []


def test_a_nurse_confirms_what_the_patient_said_and_both_lines_are_kept(house: House) -> None:
    session, said = patients_own(house)
    [line] = answer(house, session, Answer("medicines", CheckResult.PASS, confirmed=True))
    assert (line.source, line.corrects, line.correction_reason) == ("staff", said, checklist.AT_THE_CHAIR)
    assert answer(house, session, Answer("medicines", CheckResult.PASS, confirmed=True)) == []


def test_a_nurse_changes_what_the_patient_said_without_another_reason(house: House) -> None:
    session, said = patients_own(house)
    [line] = answer(house, session, Answer("medicines", CheckResult.FAIL, note="A new MAO inhibitor"))
    assert (line.corrects, line.correction_reason) == (said, checklist.AT_THE_CHAIR)
    assert "checklist_passed" in checklist.unmet(session)
