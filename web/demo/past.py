"""The synthetic clinic's last three months: whole series with their records, what was missed or cancelled,
and invented scores before and after, so that charts and reports have something to show.

Small on purpose: everything goes through the functions that the pages call, and a start has to stay quick. So
one series has its six sessions, the others the fewest of an induction or still fewer. Among the patients is
each kind that a cohort report tells apart: who responded, lost it again, did not, got worse, stayed away, was
never asked before, or whose window is still open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from clinic import clock
from clinic.history import acting
from clinic.models import Patient
from scheduler.models import Appointment, CancellationReason
from scheduler.visits import attendance, booking, calling_off
from sessions_app.models import DiaryDay, Occasion
from sessions_app.outcomes import diary
from sessions_app.outcomes.diary_counts import PERIOD_DAYS
from sessions_app.outcomes.instruments import INSTRUMENTS
from web.demo.course import Chair, Felt, tell
from web.demo.house import House
from web.demo.outcomes import BESIDE, answers_of, read_out

FIRST_DAY: Final = -95
SEED: Final = 20261015
BEGINS: Final = (time(8), time(9), time(10, 15), time(11), time(13))
# Days of the sessions from the first on, in the spacing of mood-40: the fewest of an induction, and its six.
FOUR: Final = (0, 2, 4, 7)
SIX: Final = (*FOUR, 9, 11)
NO_SHOW: Final = "no-show"
# Of those who come: PHQ-9 17 (SD 5), headache on 20 days of 28 (domain.md 8.3 [D]). The others are ours.
MEAN_AND_SD: Final = {"phq-9": (17, 5), "gad-7": (14, 3), "pcl-5": (48, 8), "nrs-pain": (5, 2)}
LEAST: Final = {"phq-9": 10, "gad-7": 8, "pcl-5": 33, "nrs-pain": 2}
HEADACHE_DAYS: Final = 20
# How often patients come late or stay longer, and what is felt (domain.md 8.3 [D]); the rest is ours.
LATE: Final = 0.15
STAYS: Final = 0.08
WAITS: Final = (1.0, 0.8)
FELT: Final = {"dissociation": 0.40, "dizziness": 0.25, "headache": 0.12, "anxiety": 0.08}
MILD: Final = 0.8
TOLD_BY_PATIENT: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class Told:
    """One patient's series, in days from its first session, which was `began` days ago.

    `lost` are visits that didn't take place, with what became of them; `left` is how much of the scores was
    left, by day; `kept_diary` how many of ten days were entered in the headache diary, up to yesterday.
    On the days of `nausea` and `vomits` this is felt.
    """

    began: int
    days: tuple[int, ...] = FOUR
    lost: dict[int, str] = field(default_factory=dict)
    asked_before: bool = True
    left: dict[int, float] = field(default_factory=dict)
    safety_after: int = 0
    kept_diary: int = 0
    nausea: tuple[int, ...] = ()
    vomits: tuple[int, ...] = ()


# Which of them stays away and is waited for.
STAYS_AWAY: Final = 5
SERIES: Final = (
    Told(began=84, days=SIX, left={32: 0.3, 60: 0.35, 78: 0.3}, nausea=(2,), kept_diary=10),
    Told(began=79, left={28: 0.25, 56: 0.4, 77: 0.8}, nausea=(0,)),
    Told(
        began=77,
        days=(0, 2, 4, 8),
        lost={7: CancellationReason.PATIENT_NO_TRANSPORT},
        left={29: 0.75},
        kept_diary=6,
    ),
    Told(began=73, days=(0, 2, 5, 7), lost={4: NO_SHOW}, left={28: 0.45, 56: 0.65}, kept_diary=9),
    Told(began=69, days=(0, 2), left={23: 0.4}, asked_before=False, nausea=(2,)),
    Told(began=25, days=(0, 2), lost={4: NO_SHOW, 7: CancellationReason.FINANCIAL}),
    Told(began=60, days=(0, 3), left={24: 1.2}, safety_after=1, nausea=(0, 3)),
    Told(began=55, days=(0, 2), lost={4: CancellationReason.PATIENT_FEELING_BETTER}, left={23: 0.3}),
    Told(began=50, days=(0,), lost={3: NO_SHOW}),
    Told(began=26, left={23: 0.4}, kept_diary=8),
    Told(began=21, nausea=(2,)),
    Told(began=17, days=(0, 2, 4, 8), lost={7: CancellationReason.PATIENT}),
    Told(began=14, days=(0, 2, 4), lost={7: NO_SHOW}),
    Told(began=10, days=(0, 2), lost={4: CancellationReason.PATIENT_NO_TRANSPORT}, vomits=(2,)),
)


def tell_all(house: House, *, today: date, patients: list[UUID], now: datetime) -> None:
    """Every series, with a random source of its own, so that the story of today stays what it was."""
    past = replace(house, random=Random(SEED))  # noqa: S311 - the same past every time is the point
    for place, (patient, told) in enumerate(zip(patients, SERIES, strict=True)):
        _Series(past, patient, told, today, BEGINS[place % len(BEGINS)]).tell(now)


class _Series:
    def __init__(self, house: House, patient: UUID, told: Told, today: date, begins: time) -> None:
        self.house = house
        self.random = house.random
        self.chance = Random(SEED + told.began)  # noqa: S311 - of its own, so that scores stay what they were
        self.patient = patient
        self.told = told
        self.first = today - timedelta(days=told.began)
        self.begins = begins
        codes = ["phq-9", *filter(None, [BESIDE.get(house.people[patient].indication)]), "nrs-pain"]
        self.before = {code: self._severity(code) for code in codes}

    def tell(self, now: datetime) -> None:
        if self.told.asked_before:
            for code, total in self.before.items():
                self._ask(code, total, Occasion.BASELINE, self._at(-1, time(15)))
        booked_at = self._at(-7, time(16))
        for day in sorted([*self.told.days, *self.told.lost]):
            visit = self._booked(day, booked_at)
            self._come(visit, day, now)
            booked_at = self._at(day, time(17))
        for day, share in self.told.left.items():
            at = self._at(day, time(15))
            for code, total in self.before.items():
                self._ask(code, round(total * share), Occasion.MONTHLY, at, safety=self.told.safety_after)
            self._ask("pgic", 6 if share <= 0.5 else 5 if share < 1 else 3, Occasion.MONTHLY, at)
        if self.told.kept_diary:
            self._keep_diary(self._at(self.told.began - 1, time(18)))

    def _booked(self, day: int, booked_at: datetime) -> Appointment:
        visit = booking.book(
            actor=self.house.desk,
            id=self.house.new_id(),
            plan=self.house.plans[self.patient],
            start=self._at(day, self.begins),
            now=booked_at,
        )
        # The row is made by the database's clock; the reports ask how long ahead of the visit that was.
        Appointment.objects.filter(pk=visit.pk).update(created_at=booked_at)
        return visit

    def _come(self, visit: Appointment, day: int, now: datetime) -> None:
        became = self.told.lost.get(day)
        if became is None:
            chair = Chair(self.house, visit, **self._delays())
            nausea = 34 if day in self.told.nausea else None
            tell(chair.given(nausea_at=nausea, felt=self._felt(), vomits=day in self.told.vomits), until=now)
        elif became == NO_SHOW:
            late = visit.starts_at + timedelta(minutes=45)
            attendance.mark_no_show(actor=self.house.desk, appointment=visit, now=late)
        else:
            # The one without a ride says so an hour before, which is late; the others a day before.
            notice = timedelta(hours=1 if became == CancellationReason.PATIENT_NO_TRANSPORT else 25)
            calling_off.cancel(
                actor=self.house.desk,
                appointment=visit,
                reason=CancellationReason(became),
                now=visit.starts_at - notice,
            )

    def _delays(self) -> dict[str, int]:
        """Late by 12 minutes in the mean, some minutes from door to chair, now and then longer in it."""
        chance = self.chance
        return {
            "late": chance.randrange(6, 19) if chance.random() < LATE else 0,
            "waits": round(chance.lognormvariate(*WAITS)),
            "stays": chance.choice((15, 30, 45)) if chance.random() < STAYS else 0,
        }

    def _felt(self) -> list[Felt]:
        chance = self.chance
        return [
            Felt(term, grade=1 if chance.random() < MILD else 2, told=chance.random() < TOLD_BY_PATIENT)
            for term, share in FELT.items()
            if chance.random() < share
        ]

    def _ask(self, code: str, total: int, occasion: Occasion, at: datetime, *, safety: int = 0) -> None:
        asked = INSTRUMENTS[code]
        values = answers_of(total, asked, random=self.random, about_safety=safety if asked.safety_item else 0)
        read_out(self.house, self.patient, code, values, occasion=occasion, at=at)

    def _keep_diary(self, now: datetime) -> None:
        """From four weeks before the first session to yesterday; months of days are written together."""
        patient = Patient.objects.select_related("clinic").get(pk=self.patient)
        told = [self._day_told(day, ached) for day, ached in self._days_kept()]
        today = clock.local_date(now, patient.zone)
        for entry in told:
            diary.check(entry, born=patient.birth_date, today=today)
        with acting(self.house.first_nurse.user_id):
            DiaryDay.objects.bulk_create(
                DiaryDay(
                    id=self.house.new_id(),
                    clinic_id=patient.clinic_id,
                    patient=patient,
                    entered_at=now,
                    **{**vars(entry), "triggers": list(entry.triggers)},
                )
                for entry in told
            )

    def _day_told(self, day: date, ached: bool) -> diary.Entry:
        if not ached:
            return diary.Entry(day=day, headache=False)
        return diary.Entry(
            day=day,
            headache=True,
            peak=self.random.randrange(3, 9),
            hours=Decimal(self.random.randrange(2, 12)),
            migraine_features=self.random.random() < 0.5,
            triggers=tuple(self.random.sample(("stress", "sleep", "light", "weather"), k=1)),
        )

    def _days_kept(self) -> Iterator[tuple[date, bool]]:
        share = min(self.told.left.values(), default=1.0)
        for day in range(-PERIOD_DAYS, self.told.began):
            chance = HEADACHE_DAYS / PERIOD_DAYS * (1 if day <= self.told.days[-1] else share)
            kept, ached = self.random.random() < self.told.kept_diary / 10, self.random.random() < chance
            if kept:
                yield self.first + timedelta(days=day), ached

    def _severity(self, code: str) -> int:
        mean, sd = MEAN_AND_SD[code]
        asked = INSTRUMENTS[code]
        most = asked.high - (asked.highest_answer if asked.safety_item else 0)
        return min(max(round(self.random.gauss(mean, sd)), LEAST[code]), most)

    def _at(self, day: int, wall_time: time) -> datetime:
        return self.house.at(self.first + timedelta(days=day), wall_time)
