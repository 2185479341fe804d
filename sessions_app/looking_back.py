"""How each of a patient's sessions went, for whoever decides on the next one: what was given, how the
pressure went, what the patient felt, whether it is signed.

A reading of what stands now, corrections counted. What was signed stands in the signed record, which is
another thing (`signing`). Nothing is written, and no figure is judged: the limits are the protocol's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet

from clinic.models import Patient
from sessions_app.infusing import progress
from sessions_app.models import (
    AlertStep,
    AlertStepKind,
    InfusionEvent,
    Session,
    SessionState,
    SideEffect,
    VitalSigns,
)
from sessions_app.observing import effect_history
from sessions_app.observing.effect_history import TELLING_GRADE, Again, Episode

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Pressure:
    """One measured blood pressure, mmHg; `minutes` from the infusion's start, below 0 for one before it."""

    systolic_mmhg: int
    diastolic_mmhg: int | None
    minutes: int


@dataclass(frozen=True)
class Went:
    """One session as it went.

    `ordered_mg` is what the worksheet came to, `given_mg` what has run in by now, never copied from the order
    (domain.md 1.4); None where nothing was prepared, or given. `ran_minutes` is how long the pump ran until
    the stop, `paused_minutes` how long it stood in between. `before` is the last pressure until the start,
    `highest` the one with the highest systolic value since, `lowest_saturation` likewise in %. `alerts` were
    raised, `unresolved` are open.
    """

    session: Session
    ordered_mg: Decimal | None
    given_mg: Decimal | None
    ran_minutes: int | None
    paused_minutes: int | None
    before: Pressure | None
    highest: Pressure | None
    lowest_saturation: int | None
    episodes: tuple[Episode, ...]
    alerts: int
    unresolved: int
    version: int  # of the signed record; 0: not signed

    @property
    def worst(self) -> Episode | None:
        """The side effect with the worst grade; of several the first."""
        return max(self.episodes, key=lambda each: each.worst, default=None)

    @property
    def telling(self) -> list[Episode]:
        """The side effects that whoever gives the next one must read of: moderate or worse."""
        return [each for each in self.episodes if each.worst >= TELLING_GRADE]

    @property
    def rise(self) -> int | None:
        """By how many mmHg the systolic pressure rose above that before the start; 0 where it didn't."""
        if self.before is None or self.highest is None:
            return None
        return max(0, self.highest.systolic_mmhg - self.before.systolic_mmhg)

    @property
    def under_way(self) -> bool:
        ended = (SessionState.DISCHARGED, SessionState.NOT_GIVEN, SessionState.SIGNED)
        return self.session.state not in ended


@dataclass(frozen=True)
class LookedBack:
    """A patient's sessions, the latest first, and which side effects came again."""

    sessions: tuple[Went, ...]
    came_again: tuple[Again, ...]

    @property
    def by_visit(self) -> Mapping[UUID, Went]:
        return {went.session.appointment_id: went for went in self.sessions}

    @property
    def given(self) -> list[Went]:
        """Those in which an infusion ran, the latest first."""
        return [went for went in self.sessions if went.session.started_at is not None]


def look_back(patient: Patient, *, now: datetime) -> LookedBack:
    """All sessions of one patient up to now: seven queries, however many there are."""
    sessions = list(_sessions(patient))
    highest = _pressures(patient, since_start=True)
    before = _pressures(patient, since_start=False)
    saturation = _lowest_saturation(patient)
    return LookedBack(
        sessions=tuple(
            _went(
                session,
                before=before.get(session.pk),
                highest=highest.get(session.pk),
                lowest_saturation=saturation.get(session.pk),
                now=now,
            )
            for session in sessions
        ),
        came_again=tuple(effect_history.came_again(sessions)),
    )


def _sessions(patient: Patient) -> QuerySet[Any]:
    """With what was given and felt, and how many alerts there were: four queries."""
    resolved = AlertStep.objects.filter(alert=OuterRef("alerts__pk"), kind=AlertStepKind.RESOLVED)
    return (
        Session.objects.filter(patient=patient)
        .select_related("protocol")
        .prefetch_related(
            "dose_worksheets",
            Prefetch("infusion_events", InfusionEvent.objects.order_by("recorded_at", "id")),
            Prefetch(
                "side_effects", SideEffect.objects.select_related("medicine").order_by("recorded_at", "id")
            ),
        )
        .annotate(
            signed_version=Max("signed_records__version"),
            raised=Count("alerts", distinct=True),
            unresolved=Count("alerts", distinct=True, filter=Q(~Exists(resolved))),
        )
        .order_by("-arrived_at", "-id")
    )


def _standing_signs(patient: Patient) -> QuerySet[VitalSigns]:
    """What was measured in the sessions in which an infusion ran, of the sets that no other corrects."""
    return VitalSigns.objects.filter(
        session__patient=patient, session__started_at__isnull=False, corrected_by__isnull=True
    )


def _pressures(patient: Patient, *, since_start: bool) -> dict[UUID, Pressure]:
    """By session the pressure with the highest systolic value since the start, or the last one before it."""
    rows = _standing_signs(patient).filter(systolic_mmhg__isnull=False)
    if since_start:
        rows = rows.filter(measured_at__gt=F("session__started_at"))
        rows = rows.order_by("session", "-systolic_mmhg", "measured_at")
    else:
        rows = rows.filter(measured_at__lte=F("session__started_at"))
        rows = rows.order_by("session", "-measured_at", "-recorded_at")
    columns = ("session", "systolic_mmhg", "diastolic_mmhg", "measured_at", "session__started_at")
    return {
        session: Pressure(systolic, diastolic, _minutes(started_at, measured_at))
        for session, systolic, diastolic, measured_at, started_at in rows.distinct("session").values_list(
            *columns
        )
    }


def _lowest_saturation(patient: Patient) -> dict[UUID, int]:
    """By session the lowest saturation since the start, in %."""
    rows = _standing_signs(patient).filter(
        oxygen_saturation_percent__isnull=False, measured_at__gt=F("session__started_at")
    )
    lowest = rows.order_by("session", "oxygen_saturation_percent").distinct("session")
    found = lowest.values_list("session", "oxygen_saturation_percent")
    return {session: percent for session, percent in found if percent is not None}


def _went(
    session: Any,
    *,
    before: Pressure | None,
    highest: Pressure | None,
    lowest_saturation: int | None,
    now: datetime,
) -> Went:
    worksheet = progress.worksheet_of(session)
    stands = progress.progress(session, now)
    ran, paused = _minutes_of_pump(session)
    return Went(
        session=session,
        ordered_mg=worksheet.dose_mg if worksheet else None,
        given_mg=stands.mg if stands else None,
        ran_minutes=ran,
        paused_minutes=paused,
        before=before,
        highest=highest,
        lowest_saturation=lowest_saturation,
        episodes=tuple(effect_history.episodes(session)),
        alerts=session.raised,
        unresolved=session.unresolved,
        version=session.signed_version or 0,
    )


def _minutes_of_pump(session: Session) -> tuple[int | None, int | None]:
    """For how many whole minutes the pump ran, and for how many it stood between start and stop."""
    started, stopped = session.started_at, session.stopped_at
    if started is None or stopped is None:
        return None, None
    ran = progress.infusing_time(list(session.infusion_events.all()), stopped)
    return ran // MINUTE, (stopped - started - ran) // MINUTE


def _minutes(since: datetime, until: datetime) -> int:
    return (until - since) // MINUTE
