"""Thousands of record, correct, sign and amend steps in any order: what was frozen can be made again from the
tables, letter by letter, and the same calls sent again change nothing.

Three hundred steps run with the suite, ten thousand as a drill (bin/drills).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.idempotency import create_once
from clinic.problems import Problem
from clinic.signin import Proof
from sessions_app.models import Session, SideEffect, SignedRecord, VitalSigns
from sessions_app.observing import side_effects, vitals
from sessions_app.signing import amending, content, record, signing
from sessions_app.signing.verification import verify_chain
from tests.cast import NOW, PASSWORD, House
from tests.sessions_app import stories

STEPS_IN_A_STORY = 30
ACTS = ["vitals", "correct", "side_effect", "sign", "amend", "amend", "late"]
STORY = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(0, 40)),
    min_size=STEPS_IN_A_STORY,
    max_size=STEPS_IN_A_STORY,
)
HOW: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}


class _Undone(Exception):
    """The story is over: the next one begins where this one began."""


@dataclass
class Call:
    """One call as it was sent, to be sent again."""

    id: UUID
    noun: str
    body: dict[str, Any]
    make: Callable[[], Any]
    find: Callable[[], Any]


@dataclass
class Ward:
    """Three sessions, two of them Rosa's, and every call about them that was accepted."""

    house: House
    sessions: list[Session]
    calls: list[Call] = field(default_factory=list)
    count: int = 0
    proof: Proof = field(default_factory=lambda: Proof(PASSWORD))  # looked at once

    @property
    def now(self) -> datetime:
        return NOW + timedelta(days=10, minutes=self.count)

    def step(self, act: str, which: int, value: int) -> None:
        self.count += 1
        session = self.sessions[which]
        call = getattr(self, act)(session, value, self.now)
        if call is None:
            return
        try:
            self.send(call)
        except Problem:
            return
        self.calls.append(call)

    def send(self, call: Call) -> bool:
        """Whether the call was carried out now."""
        return create_once(
            actor=self.nils, noun=call.noun, id=call.id, body=call.body, make=call.make, find=call.find
        )[1]

    @property
    def nils(self) -> Any:
        return self.house.actor(self.house.nils)

    def vitals(self, session: Session, value: int, now: datetime, corrects: Any = None) -> Call:
        reading = stories.calm(session.arrived_at + timedelta(minutes=value), systolic_mmhg=100 + value)
        id = self.id_of(session)
        return Call(
            id,
            "vitalsigns",
            {"value": value, "corrects": corrects},
            lambda: vitals.record_vitals(
                actor=self.nils,
                id=id,
                session=session,
                reading=reading,
                corrects=corrects,
                correction_reason="Misread" if corrects else "",
                now=now,
            ),
            lambda: VitalSigns.objects.get(pk=id),
        )

    def correct(self, session: Session, value: int, now: datetime) -> Call:
        return self.vitals(session, value, now, corrects=self.one_line(session, value))

    def side_effect(self, session: Session, value: int, now: datetime) -> Call:
        id = self.id_of(session)
        report = self.report(session, value)
        return Call(
            id,
            "sideeffect",
            {"value": value},
            lambda: side_effects.record_side_effect(
                actor=self.nils, id=id, session=session, report=report, now=now
            ),
            lambda: SideEffect.objects.get(pk=id),
        )

    def sign(self, session: Session, value: int, now: datetime) -> Call:
        id = self.id_of(session)
        return Call(
            id,
            "signedrecord",
            {"meaning": "gave"},
            lambda: stories.sign(self.house, session, id=id, at=now, proof=self.proof),
            lambda: SignedRecord.objects.get(pk=id),
        )

    def amend(self, session: Session, value: int, now: datetime) -> Call:
        reading = stories.calm(session.arrived_at + timedelta(minutes=value), systolic_mmhg=110 + value)
        return self.amendment(session, value, now, reading, self.one_line(session, value))

    def late(self, session: Session, value: int, now: datetime) -> Call:
        kinds: list[amending.Content] = [
            self.report(session, value),
            amending.Note(text=f"Zoë said {value}."),
            stories.calm(session.arrived_at + timedelta(minutes=value)),
        ]
        return self.amendment(session, value, now, kinds[value % 3], None)

    def amendment(self, session: Session, value: int, now: datetime, line: Any, corrects: Any) -> Call:
        id = self.id_of(session)
        one = amending.Correction(id=uuid5(id, "line"), content=line, corrects=corrects)
        return Call(
            id,
            "signedrecord",
            {"value": value, "corrects": corrects},
            lambda: signing.amend(
                actor=self.nils,
                id=id,
                session=session,
                reason=f"Because of {value}",
                corrections=[one],
                proof=self.proof,
                now=now,
            ),
            lambda: SignedRecord.objects.get(pk=id),
        )

    def report(self, session: Session, value: int) -> side_effects.Report:
        onset = session.arrived_at + timedelta(minutes=value)
        return side_effects.Report(term="nausea", grade=1 + value % 2, onset_at=onset)

    def one_line(self, session: Session, value: int) -> Any:
        """Any reading of any of the sessions but mostly of this one: the others must be refused."""
        lines = list(VitalSigns.objects.filter(session=session).order_by("recorded_at", "id"))
        if value == 0:
            lines = list(VitalSigns.objects.exclude(session=session).order_by("recorded_at", "id"))
        return lines[value % len(lines)].pk

    def id_of(self, session: Session) -> UUID:
        return uuid5(session.pk, str(self.count))


def frozen_again(signed: SignedRecord) -> str:
    """The content made anew from the tables as they are."""
    earlier = signed.session.signed_records.filter(version__lt=signed.version).values_list("pk", flat=True)
    return record.canonical(content.gather(signed.session, signed=signed, earlier=earlier))


def tell(house: House, steps: list[tuple[str, int, int]]) -> int:
    """Tell one story, look at its end, and undo it; returns how many calls were accepted."""
    accepted = 0
    try:
        with transaction.atomic():
            ward = Ward(
                house, [stories.fresh(session) for session in Session.objects.order_by("arrived_at", "id")]
            )
            for act, which, value in steps:
                ward.step(act, which, value)
            accepted = len(ward.calls)
            before = _everything()
            for signed in SignedRecord.objects.select_related("session"):
                assert frozen_again(signed) == signed.content
            for patient in (house.rosa, house.omar):
                assert verify_chain(patient=patient) is None
            assert not any(ward.send(call) for call in ward.calls)
            assert _everything() == before
            raise _Undone
    except _Undone:
        return accepted


def _everything() -> list[Any]:
    """Every row that a replay could touch."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Session, SignedRecord, VitalSigns, SideEffect)
    ]


def ward_of(house: House) -> None:
    stories.discharged(house)
    stories.discharged(house, at=NOW + timedelta(days=3))
    stories.discharged(house, house.omar)


def test_three_hundred_steps_replay_exactly(house: House) -> None:
    ward_of(house)
    accepted = []

    @settings(max_examples=10, **HOW)
    @given(steps=STORY)
    def stories_told(steps: list[tuple[str, int, int]]) -> None:
        accepted.append(tell(house, steps))

    stories_told()
    assert len(accepted) * STEPS_IN_A_STORY >= 300
    assert sum(accepted) > 100, "most steps were refused: the run shows nothing"


@pytest.mark.drill
@pytest.mark.timeout(3000)
def test_ten_thousand_steps_replay_exactly(house: House) -> None:
    ward_of(house)
    accepted = []

    @settings(max_examples=334, **HOW)
    @given(steps=STORY)
    def stories_told(steps: list[tuple[str, int, int]]) -> None:
        accepted.append(tell(house, steps))

    stories_told()
    assert len(accepted) * STEPS_IN_A_STORY >= 10_000
    assert sum(accepted) > 3_000, "most steps were refused: the run shows nothing"
