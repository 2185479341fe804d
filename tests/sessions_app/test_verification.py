"""A byte that a superuser changes is found, wherever it stands: a hundred times of a hundred."""

from datetime import timedelta
from random import Random
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from clinic.models import Patient
from sessions_app.infusing import dose_watch
from sessions_app.lines import PARTS
from sessions_app.models import Session, SignedRecord
from sessions_app.observing import alert_clocks
from sessions_app.signing.forms import NEWEST
from sessions_app.signing.verification import verify_chain
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers, full, without_keys

SEED = 20270111
TIMES = 100


class _Undone(Exception):
    """Rolls a change back once it was looked for."""


def test_a_byte_changed_anywhere_is_found_a_hundred_times_of_a_hundred(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    assert verify_chain(patient=house.rosa) is None
    without_keys()
    places = _places(session)
    random = Random(SEED)
    done, missed = 0, []
    while done < TIMES:
        model, row, column = random.choice(places)
        changed = _changed(house.rosa, model, row, column, random)
        if changed is None:  # an empty value, or one that the database itself would not take
            continue
        done += 1
        if not changed:
            missed.append(f"{model._meta.model_name}.{column}")
    assert not missed, missed


def test_a_removed_line_of_any_kind_is_found(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    without_keys()
    assert [part for part in PARTS if f"{part} (" not in _found_without(session, part)] == []


def test_the_first_of_two_broken_links_is_named(house: House) -> None:
    for days in (0, 3, 6):
        stories.signed(house, at=NOW + timedelta(days=days))
    behind_the_triggers("UPDATE sessions_app_signedrecord SET meaning = 'x' WHERE chain_position >= 2")
    broken = verify_chain(patient=house.rosa)
    assert broken is not None
    assert broken.chain_position == 2


def test_a_signed_session_that_was_set_back_is_found_and_takes_nothing_any_more(house: House) -> None:
    session = stories.signed(house)
    behind_the_triggers("UPDATE sessions_app_session SET state = 'infusing' WHERE id = %s", session.pk)
    broken = verify_chain(patient=house.rosa)
    assert broken is not None
    assert broken.what == f"session {session.pk} has a record but is not signed"
    nils, later = client_of(house.nils), session.arrived_at + timedelta(hours=9)
    lines = session.alerts.count()
    assert alert_clocks.run_clocks(now=later) == dose_watch.watch(now=later) == 0
    for act, body in {"notes": {"text": "Late"}, "stop": {}}.items():
        answer = nils.post(f"/api/v1/sessions/{session.pk}/{act}/", {"id": str(new_id()), **body})
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert session.alerts.count() == lines


def _rows(model: type[Any], session: Session) -> Any:
    return model.objects.filter(session=session)


def _found_without(session: Session, part: str) -> str:
    """What verification says with this part's lines removed; they are put back."""
    broken = None
    try:
        with transaction.atomic():
            table = PARTS[part]._meta.db_table
            behind_the_triggers(f"DELETE FROM {table} WHERE session_id = %s", session.pk)
            broken = verify_chain(patient=session.patient)
            raise _Undone
    except _Undone:
        return broken.what if broken else ""


def _places(session: Session) -> list[tuple[Any, Any, str]]:
    """Every signed column of every line, of the session's own row, and of the signature."""
    lines = [
        (model, row.pk, column)
        for part, model in PARTS.items()
        for row in _rows(model, session)
        for column in NEWEST.lines[part]
    ]
    heads = [(Session, session.pk, column) for column in NEWEST.session]
    signatures = [
        (SignedRecord, row.pk, column)
        for row in session.signed_records.all()
        for column in (
            "content",
            "sha256",
            "previous_sha256",
            "meaning",
            "reason",
            "version",
            "chain_position",
        )
    ]
    # The content is by far the longest: as likely as everything else together.
    content = (SignedRecord, session.signed_records.get().pk, "content")
    return [*lines, *heads, *signatures, *[content] * len(lines)]


def _changed(patient: Patient, model: Any, pk: Any, column: str, random: Random) -> bool | None:
    """Change one byte of this value past every trigger and key, look whether it is found, and undo it."""
    field = model._meta.get_field(column)
    found: bool | None = None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {field.column}::text FROM {model._meta.db_table} WHERE id = %s", [pk])
                text = cursor.fetchone()[0]
                if not text:
                    return None
                at = random.randrange(len(text))
                other = random.choice([sign for sign in "0123456789abcdeft" if sign != text[at]])
                kind, changed = field.db_type(connection), text[:at] + other + text[at + 1 :]
                cursor.execute(
                    f"SELECT CAST(%s AS {kind}) IS DISTINCT FROM CAST(%s AS {kind})", [text, changed]
                )
                if not cursor.fetchone()[0]:  # another spelling of the same value
                    return None
            behind_the_triggers(
                f"UPDATE {model._meta.db_table} SET {field.column} = CAST(%s AS {kind}) WHERE id = %s",
                changed,
                pk,
            )
            found = verify_chain(patient=patient) is not None
            raise _Undone
    except _Undone:
        return found
    except (DataError, IntegrityError):
        return None
