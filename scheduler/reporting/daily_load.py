"""The nurses' load day by day over a period: how high its busiest minute was beside the usual one, and how
long everything was taken. Reads, never writes.

It tells which days are worth a look at `level_report`, which searches one day and takes seconds for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection

from clinic.models import Clinic
from scheduler.models import ResourceKind
from scheduler.reporting.reports import STANDING, Period
from scheduler.reporting.use import LONGEST_VISIT

# Edges of openings and claims become steps: from each edge to the next the load and the duty are what all
# edges before come to. What reaches past the period is cut at its ends.
DAILY: Final = """
    WITH opened AS (
        SELECT opening.during * tstzrange(%(low)s, %(high)s) AS during, resource.capacity AS units
          FROM scheduler_opening opening
          JOIN scheduler_resource resource ON resource.id = opening.resource_id
         WHERE resource.clinic_id = %(clinic)s AND resource.kind = %(nurse)s
           AND opening.during && tstzrange(%(low)s, %(high)s)),
    held AS (
        SELECT claim.during * tstzrange(%(low)s, %(high)s) AS during,
               upper(claim.units) - lower(claim.units) AS units, visit.id AS visit
          FROM scheduler_appointment visit
          JOIN scheduler_claim claim ON claim.appointment_id = visit.id
          JOIN scheduler_resource resource ON resource.id = claim.resource_id
         WHERE visit.clinic_id = %(clinic)s AND visit.status = ANY(%(standing)s)
           AND lower(visit.during) >= %(begun)s AND lower(visit.during) < %(high)s
           AND resource.kind = %(nurse)s
           AND claim.during && tstzrange(%(low)s, %(high)s)),
    edge AS (
        SELECT lower(during) AS at, units AS load, 0 AS duty FROM held
         UNION ALL
        SELECT upper(during), -units, 0 FROM held
         UNION ALL
        SELECT lower(during), 0, units FROM opened
         UNION ALL
        SELECT upper(during), 0, -units FROM opened),
    step AS (
        SELECT at, sum(sum(load)) OVER through AS load, sum(sum(duty)) OVER through AS duty,
               extract(epoch FROM lead(at) OVER through - at) / 60 AS minutes
          FROM edge GROUP BY at
        WINDOW through AS (ORDER BY at)),
    busy AS (
        SELECT (at AT TIME ZONE %(zone)s)::date AS day,
               max(load)::int AS peak,
               (array_agg(duty ORDER BY load DESC, at))[1]::int AS peak_duty,
               (array_agg(at ORDER BY load DESC, at))[1] AS peak_at,
               (sum(load * minutes) / sum(minutes))::float8 AS mean_load,
               coalesce(sum(minutes) FILTER (WHERE load >= duty), 0)::float8 AS minutes_full
          FROM step
         WHERE duty > 0 AND minutes > 0
         GROUP BY 1),
    visits AS (
        SELECT (lower(during) AT TIME ZONE %(zone)s)::date AS day, count(DISTINCT visit) AS visits
          FROM held GROUP BY 1)
    SELECT day, visits, peak, peak_duty, peak_at, mean_load, minutes_full
      FROM busy JOIN visits USING (day)
     ORDER BY day
"""


@dataclass(frozen=True)
class DayLoad:
    """One day with visits, in nursing units, of which a nurse has six.

    `peak` is the load of the busiest minute, which began at `peak_at` with `peak_duty` units on duty;
    `mean_load` is of the minutes in which a nurse was on duty; in `minutes_full` every unit was taken.
    """

    day: date
    visits: int
    peak: int
    peak_duty: int
    peak_at: datetime
    mean_load: float
    minutes_full: float

    @property
    def unevenness(self) -> float:
        """How many times the usual load the busiest minute takes: 1 is a day without a peak."""
        return self.peak / self.mean_load if self.mean_load else 0.0


def daily_load(clinic: Clinic, period: Period) -> list[DayLoad]:
    """Each day of the period on which a nurse holds a visit, in order: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            DAILY,
            {
                "clinic": clinic.pk,
                "low": period.low,
                "high": period.high,
                "begun": period.low - LONGEST_VISIT,
                "zone": period.zone,
                "standing": [status.value for status in STANDING],
                "nurse": ResourceKind.NURSE.value,
            },
        )
        return [DayLoad(*row) for row in cursor.fetchall()]
