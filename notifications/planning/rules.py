"""Which messages a visit asks for, as data, and when each is due and no longer of use. Pure: no Django.

The stages are the defaults of domain.md 6.1 (all [D]). What has been said already is not this room's to
know; `planning` compares.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from notifications.planning import timing

CONFIRMATION = "confirmation"
MOVE = "move"
CANCELLATION = "cancellation"
REMINDER = "reminder"
CHECK_IN = "check_in"
NEXT_MORNING = "next_morning"
OFFER = "offer"


@dataclass(frozen=True)
class Reminder:
    """One stage before a visit: calendar days before, at the visit's wall-clock time, or hours before."""

    stage: str
    days: int = 0
    hours: int = 0
    first_visit_only: bool = False

    def due(self, starts_at: datetime, zone: str) -> datetime:
        if self.days:
            return timing.days_before(starts_at, self.days, zone)
        return starts_at - timedelta(hours=self.hours)


# Earliest first: each is of use until the next one takes over, the last until the visit begins.
REMINDERS = (
    Reminder("T-7d", days=7, first_visit_only=True),
    Reminder("T-3d", days=3),
    Reminder("T-1d", days=1),
    Reminder("T-2h", hours=2),
)
# Pushed nearer to the visit than this, a reminder is of no use: fasting and the way there have begun. [D]
LEAST_NOTICE = timedelta(hours=1)
NEXT_MORNING_AT = time(9)
# A check-in's link stays open for a late answer, which still alarms. [D]
CHECK_IN_OPEN_FOR = timedelta(hours=48)


@dataclass(frozen=True)
class Visit:
    """A booked visit as the rules see it. `zone` is the patient's."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    first: bool


@dataclass(frozen=True)
class Wanted:
    """Something that should be said at `due_at`, and from `stale_at` on no longer."""

    stage: str
    kind: str
    visit_starts_at: datetime
    due_at: datetime
    stale_at: datetime
    link_expires_at: datetime | None = None
    instead_of: datetime | None = None
    short_notice: bool = False  # quiet hours leave less than `LEAST_NOTICE`

    def too_late(self, now: datetime) -> bool:
        """Quiet hours or a delay moved it past its use."""
        return max(self.due_at, now) >= self.stale_at


def notice(*, true: datetime | None, told: datetime | None) -> str | None:
    """The stage that leads from the start that a patient was told to the true one; None for no visit, and
    for nothing to say."""
    if true == told:
        return None
    if true is None:
        return CANCELLATION
    return CONFIRMATION if told is None else MOVE


def for_booked(visit: Visit, told: datetime | None, noticed_at: datetime) -> list[Wanted]:
    """A confirmation or the notice of a move, where there is one to give, and the reminders due after it.

    `told` is the start that the patient goes by, `noticed_at` when the true one was first planned. A reminder
    due before that would only repeat the notice, so a visit booked for tomorrow isn't announced four times at
    once.
    """
    confirm_at = timing.out_of_quiet_hours(noticed_at, visit.zone)
    stage = notice(true=visit.starts_at, told=told)
    wanted = []
    if stage is not None:
        wanted.append(
            Wanted(stage, stage, visit.starts_at, confirm_at, visit.starts_at, visit.ends_at, instead_of=told)
        )
    applying = [rule for rule in REMINDERS if visit.first or not rule.first_visit_only]
    moments = [rule.due(visit.starts_at, visit.zone) for rule in applying]
    for rule, moment, stale_at in zip(applying, moments, [*moments[1:], visit.starts_at], strict=True):
        if moment > confirm_at:
            due_at = timing.out_of_quiet_hours(moment, visit.zone)
            short = due_at > moment and visit.starts_at - due_at < LEAST_NOTICE
            wanted.append(
                Wanted(
                    rule.stage,
                    REMINDER,
                    visit.starts_at,
                    due_at,
                    stale_at,
                    visit.ends_at,
                    short_notice=short,
                )
            )
    return wanted


def for_cancelled(told: datetime, zone: str, noticed_at: datetime) -> Wanted:
    """A notice that a visit won't take place, naming the start that was told; of use until then."""
    due_at = timing.out_of_quiet_hours(noticed_at, zone)
    return Wanted(CANCELLATION, CANCELLATION, told, due_at, told)


def for_offered(visit: Visit, offered_at: datetime, expires_at: datetime) -> Wanted:
    """A time that is held for somebody on the waitlist: said at once, of use until the offer runs out.

    The link outlives the offer, so that whoever comes too late reads what became of it.
    """
    due_at = timing.out_of_quiet_hours(offered_at, visit.zone)
    return Wanted(OFFER, OFFER, visit.starts_at, due_at, expires_at, visit.starts_at)


def for_discharged(visit_starts_at: datetime, discharged_at: datetime, zone: str) -> Wanted:
    """The check-in at 9:00 on the morning after, of use until that day's quiet hours."""
    due_at = timing.next_day_at(discharged_at, NEXT_MORNING_AT, zone)
    return Wanted(
        NEXT_MORNING,
        CHECK_IN,
        visit_starts_at,
        due_at,
        timing.day_end(due_at, zone),
        due_at + CHECK_IN_OPEN_FOR,
    )
