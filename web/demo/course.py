"""How a visit goes in the chair, step by step at its minute, through the functions that nurses' pages call.

A course is told as a generator: it yields the moment of its next step and takes the step when it is asked
to go on. Whoever tells it stops at the present, so that a visit under way stands where it would stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from clinic import work
from clinic.access import Actor
from clinic.models import Role, WorkItem
from scheduler.models import Appointment
from scheduler.visits import attendance, queries
from sessions_app import arrival
from sessions_app.infusing import infusion, stopping, waste
from sessions_app.leaving import discharge
from sessions_app.leaving.home_readiness import Assessment
from sessions_app.models import SideEffect
from sessions_app.observing import alerts, side_effects, vitals
from sessions_app.preparing import checklist, dose, on_record
from sessions_app.signing import signing
from web.demo.house import House
from web.demo.people import Person

Course = Iterator[datetime]

STOCK_MG_PER_ML: Final = Decimal(50)
BAG_ML: Final = Decimal(100)
VIAL: Final = "DEMO-0001"
DRAWN_BY_MG: Final = Decimal(10)
# What the record can't answer itself.
ASKED: Final = tuple(item for item in checklist.LABELS if item not in on_record.ANSWERED)
LAST_ITEMS: Final = ("iv_access", "emergency_equipment", "clinician_on_site")
# Mean rise of pressure at each reading of the infusion: small, at its peak after half an hour
# (domain.md 8.3: +3 mmHg, peak at 30 min).
RISE: Final = {30: 2, 40: 3, 50: 4, 60: 3, 75: 2, 90: 1, 105: 0}

# Past the default limits of domain.md 3.3: start hold and caution, both at 160.
PAST_START: Final = 164
PAST_CAUTION: Final = 162
# What comes later waits for the chair.
ARRIVED_BY: Final = 1


def tell(course: Course, *, until: datetime) -> None:
    """Let the course happen as far as the moment."""
    for moment in course:
        if moment > until:
            break


@dataclass(frozen=True)
class Felt:
    """A side effect that comes while the infusion runs and is gone in recovery."""

    term: str
    grade: int = 1
    told: bool = False  # by the patient


class Chair:
    """One visit with those who look after it. `late` is how many minutes later than booked the patient comes,
    `waits` how many more it takes to the chair, `stays` how much longer the recovery is."""

    def __init__(
        self, house: House, visit: Appointment, *, late: int = 0, waits: int = 0, stays: int = 0
    ) -> None:
        self.house = house
        self.visit = visit
        self.late = late
        self.waits = waits
        self.stays = stays
        self.turns = queries.booked_visit(queries.visits().get(pk=visit.pk)).nurses
        self.person: Person = house.people[visit.patient_id]

    def minute(self, minutes: int) -> datetime:
        """So many minutes after the visit's start, when it goes as booked."""
        waits = self.waits if minutes > ARRIVED_BY else 0
        return self.visit.starts_at + timedelta(minutes=minutes + self.late + waits)

    def nurse_at(self, moment: datetime) -> Actor:
        """Whose turn it is, also a little before it begins and after discharge."""
        begun = [turn for turn in self.turns if turn.start <= moment] or self.turns[:1]
        return self.house.nurses[begun[-1].nurse.pk]

    def arrived(self, *, early: int = 6) -> Course:
        """At the desk so many minutes early, and the record opened."""
        yield self.minute(-early)
        attendance.arrive(actor=self.house.desk, appointment=self.visit, now=self.minute(-early))
        yield self.minute(1 - early)
        self.session = arrival.open_session(
            actor=self.nurse_at(self.minute(1 - early)),
            id=self.house.new_id(),
            appointment=self.visit,
            now=self.minute(1 - early),
        )

    def prepared(self, *, systolic_mmhg: int | None = None) -> Course:
        """Checklist but for the last items, dose, baseline."""
        yield from self.arrived()
        yield self.minute(4)
        self._answer([item for item in ASKED if item not in LAST_ITEMS], self.minute(4))
        yield self.minute(9)
        worksheet = dose.prepare_dose(
            actor=self.nurse_at(self.minute(9)),
            id=self.house.new_id(),
            session=self.session,
            weight_kg=self.person.weight_kg,
            weighed_at=self.minute(7),
            stock_mg_per_ml=STOCK_MG_PER_ML,
            bag_volume_ml=BAG_ML,
            confirmed=True,
            now=self.minute(9),
        )
        yield self.minute(11)
        dose.check_dose(
            actor=self.house.prescriber,
            id=self.house.new_id(),
            session=self.session,
            worksheet=worksheet.pk,
            figures=dose.figures_of(worksheet),
            now=self.minute(11),
        )
        yield self.minute(12)
        self._read(self.minute(12), systolic_mmhg=systolic_mmhg, temperature=True)

    def given(
        self,
        *,
        nausea_at: int | None = None,
        pause_at: int | None = None,
        caution_at: int | None = None,
        felt: Sequence[Felt] = (),
        vomits: bool = False,
        unread_from: int | None = None,
        sign: bool = True,
    ) -> Course:
        """From the door to the signature, 40 minutes in between; minutes count from the visit's start.

        Who `vomits` does so badly in recovery that the prescriber comes, and stays an hour longer. Of
        the readings up to minute 105 nobody takes those from `unread_from` on.
        """
        yield from self.prepared()
        yield self.minute(17)
        self._answer(list(LAST_ITEMS), self.minute(17))
        yield self.minute(20)
        infusion.start(
            actor=self.nurse_at(self.minute(20)),
            id=self.house.new_id(),
            session=self.session,
            now=self.minute(20),
        )
        nausea: SideEffect | None = None
        for minutes in (30, 40, 50):
            if nausea_at is not None and nausea is None and nausea_at <= minutes:
                yield self.minute(nausea_at)
                nausea = self._nausea(onset=nausea_at - 3, now=self.minute(nausea_at))
            yield self.minute(minutes)
            self._read(
                self.minute(minutes),
                rise=RISE[minutes],
                systolic_mmhg=PAST_CAUTION if minutes == caution_at else None,
            )
            if minutes == pause_at:
                infusion.pause(
                    actor=self.nurse_at(self.minute(minutes)),
                    id=self.house.new_id(),
                    session=self.session,
                    reason="Nausea; waits a few minutes.",
                    now=self.minute(minutes),
                )
                return
        effects = [self._effect(each, onset=38, now=self.minute(50)) for each in felt]
        yield self.minute(60)
        self._read(self.minute(60), rise=RISE[60])
        stopping.stop(
            actor=self.nurse_at(self.minute(60)),
            id=self.house.new_id(),
            session=self.session,
            now=self.minute(60),
        )
        yield self.minute(64)
        self._account_for_the_vial(self.minute(64))
        for minutes in (75, 90, 105):
            if vomits and minutes == 75:
                yield from self._vomits()
            yield self.minute(minutes)
            if unread_from is not None and minutes >= unread_from:
                continue
            self._read(self.minute(minutes), rise=RISE[minutes], dissociation=0)
            if minutes == 90:
                for effect in filter(None, [nausea, *effects]):
                    self._over(effect, self.minute(90))
        home = 120 + (60 if vomits else self.stays)
        for minutes in range(120, home, 15):
            yield self.minute(minutes)
            self._read(self.minute(minutes), dissociation=0)
        yield self.minute(home)
        self._discharge(self.minute(home))
        if sign:
            signed = self.minute(home + 4)
            yield signed
            signing.sign(
                actor=self.nurse_at(signed),
                id=self.house.new_id(),
                session=self.session,
                meaning="gave",
                proof=self.house.proof_of(self.nurse_at(signed)),
                now=signed,
            )

    def not_given(self) -> Course:
        """Pressure past the start limit, twice: nothing is infused, and the record says why."""
        yield from self.prepared(systolic_mmhg=PAST_START + 4)
        yield self.minute(22)
        self._read(self.minute(22), systolic_mmhg=PAST_START)
        yield self.minute(24)
        stopping.not_given(
            actor=self.nurse_at(self.minute(24)),
            id=self.house.new_id(),
            session=self.session,
            reason="Blood pressure past the start limit on two readings; prescriber informed.",
            now=self.minute(24),
        )
        yield self.minute(28)
        self._resolve("Seen by the prescriber: comes again when it has been treated.", self.minute(28))

    def _vomits(self) -> Course:
        """Severe, so that the prescriber is called; over before the patient goes home."""
        yield self.minute(66)
        severe = Felt("vomiting", grade=3, told=True)
        effect = self._effect(severe, onset=65, now=self.minute(66), action="On the side, drip kept open.")
        yield self.minute(68)
        for alert in alerts.open_of(self.session):
            alerts.acknowledge(
                actor=self.house.prescriber, id=self.house.new_id(), alert=alert, now=self.minute(68)
            )
        yield self.minute(74)
        self._over(effect, self.minute(74))
        self._resolve("Seen at the chair: over by itself, stays an hour longer.", self.minute(74))

    def _resolve(self, words: str, now: datetime) -> None:
        """The prescriber ends what this session has called them for."""
        prescriber = self.house.prescriber
        for alert in alerts.open_of(self.session):
            alerts.resolve(actor=prescriber, id=self.house.new_id(), alert=alert, words=words, now=now)
        calls = WorkItem.objects.filter(patient=self.visit.patient_id, role=Role.PRESCRIBER, closed_at=None)
        for call in calls:
            work.close(actor=prescriber, item=call, outcome=words, now=now)

    def _answer(self, items: list[str], now: datetime) -> None:
        notes = {
            "ride_home": f"{self.person.details['escort_name']}, {self.person.details['escort_phone']}",
            "clinician_on_site": self.house.prescriber.name,
            "pregnancy": "Not applicable by history.",
        }
        checklist.answer(
            actor=self.nurse_at(now),
            session=self.session,
            answers=[
                checklist.Answer(
                    item, "not_applicable" if item == "pregnancy" else "pass", notes.get(item, "")
                )
                for item in items
            ],
            now=now,
        )

    def _read(
        self,
        now: datetime,
        *,
        rise: int = 0,
        systolic_mmhg: int | None = None,
        temperature: bool = False,
        dissociation: int | None = None,
    ) -> None:
        """One set, a minute before it is entered, around the person's own values unless told otherwise."""
        random, person = self.house.random, self.person
        reading = vitals.Reading(
            measured_at=now - timedelta(minutes=1),
            systolic_mmhg=systolic_mmhg or person.systolic_mmhg + rise + random.randrange(-3, 4),
            diastolic_mmhg=person.diastolic_mmhg + rise // 3 + random.randrange(-2, 3),
            heart_rate_per_min=person.heart_rate_per_min + random.randrange(-3, 5),
            respiratory_rate_per_min=random.randrange(12, 17),
            oxygen_saturation_percent=random.randrange(96, 100),
            temperature_cel=Decimal(random.randrange(364, 371)) / 10 if temperature else None,
            pain_nrs=random.randrange(0, 3),
            dissociation=dissociation,
            rass=0 if temperature else None,
            absent_reason="" if temperature else "Temperature is measured at baseline.",
        )
        vitals.record_vitals(
            actor=self.nurse_at(now), id=self.house.new_id(), session=self.session, reading=reading, now=now
        )

    def _nausea(self, *, onset: int, now: datetime) -> SideEffect:
        return self._effect(Felt("nausea"), onset=onset, now=now, action="Head up, cool cloth.")

    def _effect(self, felt: Felt, *, onset: int, now: datetime, action: str = "") -> SideEffect:
        report = side_effects.Report(
            term=felt.term,
            onset_at=self.minute(onset),
            grade=felt.grade,
            source="patient" if felt.told else "observed",
            relatedness="Probably-Likely",
            action=action,
        )
        return side_effects.record_side_effect(
            actor=self.nurse_at(now),
            id=self.house.new_id(),
            session=self.session,
            report=report,
            now=now,
        )

    def _over(self, effect: SideEffect, now: datetime) -> None:
        over = side_effects.State(grade=effect.grade, outcome="resolved", ended_at=now)
        side_effects.record_course(
            actor=self.nurse_at(now),
            id=self.house.new_id(),
            session=self.session,
            course=side_effects.Course(effect=effect.pk, state=over),
            now=now,
        )

    def _account_for_the_vial(self, now: datetime) -> None:
        """What was drawn beyond what was given is wasted, and the prescriber sees it."""
        self.session.refresh_from_db()
        given = waste.still_to_tell(self.session) or Decimal(0)
        drawn = (given / DRAWN_BY_MG).to_integral_value(ROUND_CEILING) * DRAWN_BY_MG
        wasted = waste.Wasted(vial=VIAL, drawn_mg=drawn, wasted_mg=drawn - given)
        line = waste.waste(
            actor=self.nurse_at(now), id=self.house.new_id(), session=self.session, wasted=wasted, now=now
        )
        if line.wasted_mg:
            waste.witness(
                actor=self.house.prescriber,
                id=self.house.new_id(),
                session=self.session,
                waste=line.pk,
                now=now,
            )

    def _discharge(self, now: datetime) -> None:
        discharge.discharge(
            actor=self.nurse_at(now),
            id=self.house.new_id(),
            session=self.session,
            assessment=Assessment(
                oriented=True,
                steady_gait=True,
                nausea_pain_score=2,
                iv_site_score=2,
                intake_score=self.house.random.choice([1, 2, 2]),
                iv_removed=True,
                escort_name=str(self.person.details["escort_name"]),
                escort_phone=str(self.person.details["escort_phone"]),
                escort_seen=True,
                instructions_given=True,
            ),
            now=now,
        )
