"""The patients of a year, as domain.md 8.3 describes them: who asks for what, and what becomes of each visit.

All figures are domain.md's ([D], design defaults of a demo clinic), none is measured in a real one. The same
seed gives the same year, and what becomes of a visit hangs on the patient and the number of the try alone,
so two ways of booking meet the same cancellations and the same late arrivals. Pure: no database.

Days are numbered from the first Monday; weekends have numbers too. Minutes are of the clinic's wall.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from scheduler.finding.availability import Visit
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS

OPENS, CLOSES = 8 * 60, 17 * 60
CHAIRS: Final = 7
NURSES: Final = 3
UNITS: Final = 6
VISITS_A_DAY: Final = 14  # "target 13-15 sessions a day": on the day's list, second tries included

# Patients in a hundred by indication, put together by the protocol of domain.md 2.2: TRD 45, PTSD 12 and
# anxiety 10; cluster 3; chronic migraine 15 and persistent or tension-type headache 5; chronic pain 10.
PATIENTS_BY_PROTOCOL: Final = {"mood-40": 67, "cluster-60": 3, "headache-4h": 20, "pain-4h": 10}
SESSIONS_BY_STAGE: Final = {"induction": 0.60, "maintenance": 0.35, "first": 0.05}
LEAD_MEDIAN_DAYS, LEAD_MOST_DAYS = 5, 30
CANCELLED_EARLY, CANCELLED_LATE = 0.10, 0.05
NO_SHOW: Final = 0.08  # with a reminder
HELD_BY_PRE_CHECK: Final = 0.035
LATE, LATE_MEAN_MINUTES = 0.15, 12
OVERRUN_MEAN, OVERRUN_P95 = 4, 15
LONG_RECOVERY, LONG_RECOVERY_MINUTES = 0.08, 30

RECORDS: Final = {record["code"]: record for record in DEFAULT_PROTOCOLS}
SHAPES: Final = {
    code: Visit(
        preparation=record["preparation_minutes"],
        infusion=record["infusion_minutes"],
        observation=record["observation_minutes"],
        turnover=record["turnover_minutes"],
        preparation_units=record["preparation_units"],
        infusion_units=record["infusion_units"],
        observation_units=record["observation_units"],
    )
    for code, record in RECORDS.items()
}


@dataclass(frozen=True)
class Request:
    """A patient calls: so many sessions of this protocol, the first not before `earliest`.

    `latest` is the last day of a maintenance infusion: as many days after the one before as the protocol
    allows.
    """

    number: int
    day: int
    minute: int
    code: str
    stage: str
    sessions: int
    earliest: int
    latest: int | None

    @property
    def spacing(self) -> tuple[int, int]:
        record = RECORDS[self.code]
        return record["spacing_min_days"], record["spacing_max_days"]


@dataclass(frozen=True)
class Fate:
    """What becomes of a visit. `moment` says when it is cancelled, 0 to 1: of the time between the booking
    and 24 hours before the visit, or of these last 24 hours."""

    cancelled_early: bool
    cancelled_late: bool
    moment: float
    no_show: bool
    held_by_pre_check: bool
    late_minutes: int
    overrun_minutes: int
    longer_recovery_minutes: int


def working_days(weeks: int) -> Iterator[int]:
    return (day for day in range(7 * weeks) if day % 7 < 5)


def requests(*, weeks: int, growth: float, seed: int) -> list[Request]:
    """All calls of so many weeks, in the order in which they come.

    Calls come at random (Poisson) on working days, so many that on the average 14 visits a day stand on the
    list, times `growth`, when every session that is lost is asked for again.
    """
    random = Random(f"{seed} requests")
    rates = _calls_a_day()
    made: list[Request] = []
    for day in working_days(weeks):
        calls = [
            (random.randrange(OPENS, CLOSES), stage, code)
            for (stage, code), rate in rates.items()
            for _ in range(_poisson(random, rate * growth))
        ]
        for minute, stage, code in sorted(calls):
            made.append(_request(random, len(made), day, minute, stage, code))
    return made


def fate_of(request: Request, session: int, attempt: int, *, seed: int) -> Fate:
    """What becomes of this try of this session of the request."""
    random = Random(f"{seed} fate {request.number} {session} {attempt}")
    early = random.random() < CANCELLED_EARLY
    late = not early and random.random() < CANCELLED_LATE / (1 - CANCELLED_EARLY)
    sigma, mu = _lognormal(OVERRUN_MEAN, OVERRUN_P95)
    return Fate(
        cancelled_early=early,
        cancelled_late=late,
        moment=random.random(),
        no_show=random.random() < NO_SHOW,
        held_by_pre_check=random.random() < HELD_BY_PRE_CHECK,
        late_minutes=round(random.expovariate(1 / LATE_MEAN_MINUTES)) if random.random() < LATE else 0,
        overrun_minutes=round(random.lognormvariate(mu, sigma)),
        longer_recovery_minutes=LONG_RECOVERY_MINUTES if random.random() < LONG_RECOVERY else 0,
    )


def sessions_by_protocol() -> dict[str, float]:
    """Each protocol's share of the sessions that are asked for: what a day has to hold, on the average."""
    asked = dict.fromkeys(PATIENTS_BY_PROTOCOL, 0.0)
    for (stage, code), rate in _calls_a_day().items():
        asked[code] += rate * _sessions(stage, code)
    return {code: sessions / sum(asked.values()) for code, sessions in asked.items()}


def _calls_a_day() -> dict[tuple[str, str], float]:
    """Calls by stage and protocol. A series is one call for several sessions; a protocol without maintenance
    (cluster) has no calls for it."""
    kept = 1 - CANCELLED_EARLY
    infused = (1 - CANCELLED_EARLY - CANCELLED_LATE) * (1 - NO_SHOW) * (1 - HELD_BY_PRE_CHECK)
    asked_a_day = VISITS_A_DAY * infused / kept
    everybody = sum(PATIENTS_BY_PROTOCOL.values())
    rates: dict[tuple[str, str], float] = {}
    for stage, share in SESSIONS_BY_STAGE.items():
        patients = {
            code: count / everybody
            for code, count in PATIENTS_BY_PROTOCOL.items()
            if stage != "maintenance" or "maintenance_min_days" in RECORDS[code]
        }
        sessions = sum(part * _sessions(stage, code) for code, part in patients.items())
        for code, part in patients.items():
            rates[stage, code] = asked_a_day * share * part / sessions
    return rates


def _sessions(stage: str, code: str) -> int:
    return RECORDS[code]["series_typical"] if stage == "induction" else 1


def _request(random: Random, number: int, day: int, minute: int, stage: str, code: str) -> Request:
    # Exponential about its median, cut at the longest: half within 5 days, all within 30.
    lead = min(LEAD_MOST_DAYS, round(random.expovariate(math.log(2) / LEAD_MEDIAN_DAYS)))
    latest = None
    if stage == "maintenance":
        record = RECORDS[code]
        shortest, longest = record["maintenance_min_days"], record["maintenance_max_days"]
        latest = day + lead + longest - random.randint(shortest, longest)
    return Request(number, day, minute, code, stage, _sessions(stage, code), day + lead, latest)


def _poisson(random: Random, mean: float) -> int:
    """How many exponential waits fit into one unit of time."""
    count, left = 0, random.random()
    while left > math.exp(-mean):
        count += 1
        left *= random.random()
    return count


def _lognormal(mean: float, p95: float) -> tuple[float, float]:
    """Sigma and mu of the lognormal with this mean and 95th percentile."""
    z = 1.6448536
    sigma = z - math.sqrt(z * z - 2 * math.log(p95 / mean))
    return sigma, math.log(mean) - sigma * sigma / 2
