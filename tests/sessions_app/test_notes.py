"""Notes: what fits nowhere else, in words, corrected by a new note."""

from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from sessions_app import notes
from sessions_app.models import Session, SessionNote
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories


def write(house: House, session: Session, text: str, **options: Any) -> SessionNote:
    return notes.write(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        note=notes.Note(text=text),
        **{"now": NOW, **options},
    )


def test_a_note_is_a_line_of_the_record(house: House) -> None:
    session = stories.arrived(house)
    line = write(house, session, "Rosa would like the blinds down.")
    assert (line.text, line.recorded_by, line.revision) == (
        "Rosa would like the blinds down.",
        house.nils,
        stories.fresh(session).revision,
    )


def test_a_correction_names_the_note_and_why(house: House) -> None:
    session = stories.arrived(house)
    wrong = write(house, session, "Blinds up.")
    with pytest.raises(Invalid, match="correction_reason"):
        write(house, session, "Blinds down.", corrects=wrong.pk)
    right = write(house, session, "Blinds down.", corrects=wrong.pk, correction_reason="Mixed up")
    wrong.refresh_from_db()
    assert (right.corrects, wrong.text) == (wrong, "Blinds up.")


@pytest.mark.parametrize("text", [" \n", "x" * 4001])
def test_a_note_says_something_and_is_no_report(house: House, text: str) -> None:
    with pytest.raises(Invalid, match="text"):
        write(house, stories.arrived(house), text)


def test_a_signed_session_takes_no_note(house: House) -> None:
    with pytest.raises(Conflict):
        write(house, stories.signed(house), "Too late")
