"""Reads about what one of the staff did: which charts they opened, what happened at their sign-ins, and who
looked at either. Whoever shows one of these lists writes that down (`access.log_staff_look`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from clinic import clock
from clinic.models import AccessLog, Clinic, Member, SignInLog, StaffLook, User
from clinic.problems import Invalid

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Days:
    """Local days of a clinic from the first through the last, a year at most."""

    first: date
    last: date
    zone: str

    @classmethod
    def of(cls, clinic: Clinic, first: date, last: date) -> "Days":
        """Raises `Invalid` at `last`."""
        if last < first:
            raise Invalid({"last": "The last day must not be before the first."})
        if last - first >= LONGEST:
            raise Invalid({"last": f"Ask for {LONGEST.days} days at most."})
        return cls(first, last, clinic.time_zone)

    @property
    def within(self) -> Q:
        """Of rows with `at`."""
        low, high = clock.day_bounds(self.first, self.zone)[0], clock.day_bounds(self.last, self.zone)[1]
        return Q(at__gte=low, at__lt=high)

    @property
    def words(self) -> str:
        return f"{_day(self.first)} to {_day(self.last)}"


def charts_opened(member: Member, days: Days) -> QuerySet[AccessLog]:
    """Every look of theirs at a patient of this clinic, the latest first; also of who has left."""
    looks = AccessLog.objects.filter(days.within, clinic=member.clinic_id, user=member.user_id)
    return looks.select_related("patient").order_by("-at", "-pk")


def sign_ins(member: Member) -> QuerySet[SignInLog]:
    """What happened at their sign-ins while they worked here, the latest first. One login opens every clinic
    of theirs, so each may know where it was used; before and after is no business of this clinic's."""
    if member.joined_at is None:
        return SignInLog.objects.none()
    here = Q(at__gte=member.joined_at)
    if member.left_at is not None:
        here &= Q(at__lte=member.left_at)
    return sign_ins_of(member.user).filter(here)


def sign_ins_of(user: User) -> QuerySet[SignInLog]:
    """All of somebody's, for themselves."""
    return SignInLog.objects.filter(user=user).select_related("by").order_by("-at", "-pk")


def looks_at(member: Member) -> QuerySet[StaffLook]:
    """Who looked at these lists in this clinic, the latest first."""
    looks = StaffLook.objects.filter(about=member.user_id, clinic=member.clinic_id)
    return looks.select_related("user").order_by("-at", "-pk")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
