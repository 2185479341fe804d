"""One patient's outcomes over the series: scores, diary periods, infusions. Drawing them is upstairs."""

from dataclasses import dataclass
from datetime import date, datetime

from clinic import clock
from clinic.models import Patient
from sessions_app.models import DiaryDay, QuestionnaireResponse, ResponseStatus, Session
from sessions_app.outcomes import diary_counts
from sessions_app.outcomes.diary import as_day
from sessions_app.outcomes.diary_counts import CHRONIC_PERIODS, Counts
from sessions_app.outcomes.instruments import INSTRUMENTS, Instrument
from sessions_app.outcomes.scoring import band, change_words, in_remission


@dataclass(frozen=True)
class Point:
    """One completed questionnaire with a score."""

    response: QuestionnaireResponse
    on: date
    score: int
    band: str


@dataclass(frozen=True)
class Line:
    """The scores of one instrument in order, with the change since the last one before the first infusion."""

    instrument: Instrument
    points: list[Point]
    baseline: Point | None

    @property
    def newest(self) -> Point:
        return self.points[-1]

    @property
    def change(self) -> int | None:
        """Points from the baseline to the newest score."""
        if self.baseline is None or self.newest is self.baseline:
            return None
        return self.newest.score - self.baseline.score

    @property
    def in_remission(self) -> bool:
        """The newest score speaks of remission, held against a baseline that allows to say so."""
        if self.baseline is None or self.newest is self.baseline:
            return False
        told = in_remission(self.instrument, baseline=self.baseline.score, later=self.newest.score)
        return told is True

    @property
    def meaning(self) -> str:
        """What is known of such a change; empty without a baseline."""
        if self.baseline is None or self.newest is self.baseline:
            return ""
        return change_words(self.instrument, baseline=self.baseline.score, later=self.newest.score)


@dataclass(frozen=True)
class Chart:
    """Everything of one patient. `course` is told from the diary: chronic, episodic or unknown."""

    lines: list[Line]
    infusions: list[datetime]
    responses: list[QuestionnaireResponse]
    diary: list[Counts]
    course: str


def chart_of(patient: Patient, *, now: datetime) -> Chart:
    """A patient's outcomes up to now. Three queries; `patient.clinic` must be loaded."""
    zone = patient.clinic.time_zone
    responses = list(
        QuestionnaireResponse.objects.filter(patient=patient)
        .select_related("recorded_by")
        .order_by("started_at", "id")
    )
    started = Session.objects.filter(patient=patient, started_at__isnull=False)
    infusions = [at for at in started.order_by("started_at").values_list("started_at", flat=True) if at]
    days = [as_day(row) for row in DiaryDay.objects.filter(patient=patient).order_by("day")]
    periods: list[Counts] = []
    if days:
        periods = list(
            diary_counts.periods(days, last=clock.local_date(now, patient.zone), how_many=CHRONIC_PERIODS)
        )
    return Chart(
        lines=_lines(responses, infusions, zone),
        infusions=infusions,
        responses=responses,
        diary=periods,
        course=diary_counts.course(periods) if periods else "unknown",
    )


def _lines(responses: list[QuestionnaireResponse], infusions: list[datetime], zone: str) -> list[Line]:
    lines = []
    for code, instrument in INSTRUMENTS.items():
        scored = [
            (row.completed_at, row.score, row)
            for row in responses
            if row.instrument == code
            and row.status == ResponseStatus.COMPLETED
            and row.score is not None
            and row.completed_at is not None
        ]
        points = [
            Point(row, clock.local_date(at, zone), total, band(instrument, total))
            for at, total, row in sorted(scored, key=lambda each: each[0])
        ]
        if not points:
            continue
        before = [
            point
            for point in points
            if infusions and point.response.completed_at and point.response.completed_at < infusions[0]
        ]
        lines.append(Line(instrument, points, before[-1] if before else None))
    return lines
