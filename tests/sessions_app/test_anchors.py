"""What a chain alone can't show, an anchor kept elsewhere does: its last link cut off, or written anew."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from sessions_app.models import Session, SignedRecord
from sessions_app.signing import anchors, content, record
from sessions_app.signing.anchors import Anchor
from sessions_app.signing.verification import BrokenLink, verify_chain
from tests.cast import NOW, House
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers, full, without_keys

SEED = 20270111
TIMES = 100
EVENING = NOW + timedelta(hours=8)

# Lines of any record, and what a superuser might want them to have said.
LIES = {
    "sessions_app_sessionnote": "text",
    "sessions_app_medicinegiven": "reason",
    "sessions_app_waste": "reason",
    "sessions_app_vitalsigns": "absent_reason",
    "sessions_app_sideeffect": "action",
    "sessions_app_prescriberoverride": "reason",
    "sessions_app_signedrecord": "meaning",
}


class _Undone(Exception):
    """Rolls a crime back once it was looked for."""


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _Undone
    except _Undone:
        pass


def anchored() -> Anchor:
    return anchors.read(anchors.text_of(Anchor(EVENING, tuple(anchors.heads()))))


def cut(session: Session, random: Random) -> str:
    """The last link is taken off, and the session made to look as if it was never signed."""
    behind_the_triggers("DELETE FROM sessions_app_signedrecord WHERE session_id = %s", session.pk)
    behind_the_triggers("UPDATE sessions_app_session SET state = 'discharged' WHERE id = %s", session.pk)
    return "is gone"


def write_anew(session: Session, random: Random) -> str:
    """A line is changed, and the whole link written again to fit it, hash and all."""
    table = random.choice(list(LIES))
    lie = f"{random.random():.6f}"
    behind_the_triggers(f"UPDATE {table} SET {LIES[table]} = %s WHERE session_id = %s", lie, session.pk)
    signed = SignedRecord.objects.get(session=session)
    told = record.canonical(content.gather(stories.fresh(session), signed=signed, earlier=[]))
    behind_the_triggers(
        "UPDATE sessions_app_signedrecord SET content = %s, sha256 = %s WHERE id = %s",
        told,
        record.chain_hash(signed.previous_sha256, told),
        signed.pk,
    )
    return "was written anew"


def test_what_leaves_no_trace_in_the_chain_is_found_a_hundred_times_of_a_hundred(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    stories.signed(house, house.omar)
    anchor = anchored()
    assert not list(anchors.departures(anchor))
    without_keys()
    random, missed = Random(SEED), []
    crimes: list[Callable[[Session, Random], str]] = [cut, write_anew]
    for _ in range(TIMES):
        with undone():
            what = random.choice(crimes)(session, random)
            assert verify_chain(patient=house.rosa) is None, "the chain alone was expected not to tell"
            found = list(anchors.departures(anchor))
            if found != [BrokenLink(house.rosa.pk, 1, f"since {record.plain(EVENING)} this link {what}")]:
                missed.append(what)
    assert not missed


def test_a_chain_that_has_grown_since_holds_its_anchor(house: House) -> None:
    stories.signed(house)
    anchor = anchored()
    stories.signed(house, at=NOW + timedelta(days=3))
    assert [head.length for head in anchors.heads()] == [2]
    assert not list(anchors.departures(anchor))


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(" 1 ", " 2 ", 1),
        lambda text: "".join(text.splitlines(keepends=True)[:1] + text.splitlines(keepends=True)[2:]),
    ],
)
def test_an_anchor_that_is_not_whole_is_refused(house: House, harm: Any) -> None:
    stories.signed(house)
    text = anchors.text_of(Anchor(EVENING, tuple(anchors.heads())))
    with pytest.raises(anchors.Unreadable):
        anchors.read(harm(text))


def verify(*arguments: Any) -> str:
    heard = io.StringIO()
    call_command("verify_records", *map(str, arguments), stdout=heard)
    return heard.getvalue()


def test_the_command_writes_an_anchor_once_and_compares_with_it_later(house: House, tmp_path: Path) -> None:
    session = stories.signed(house)
    kept = tmp_path / "monday"
    assert "All 1 chains hold." in verify("--write-anchor", kept)
    with pytest.raises(CommandError, match="can't be written"):
        verify("--write-anchor", kept)
    assert "All 1 chains hold." in verify("--anchor", kept, "--write-anchor", tmp_path / "tuesday")
    without_keys()
    cut(session, Random(SEED))
    assert "All 0 chains hold." in verify()
    with pytest.raises(CommandError, match="1 chains left their anchor"):
        verify("--anchor", kept, "--write-anchor", tmp_path / "wednesday")
    assert not (tmp_path / "wednesday").exists()


def test_the_command_says_what_is_wrong_with_a_file_that_is_no_anchor(house: House, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read as an anchor"):
        verify("--anchor", tmp_path / "nothing")
