"""Reads about what one of the staff did: which charts they opened, what happened at their sign-ins, and who
looked at either. Whoever shows one of the first two writes that down (`access.log_staff_look`).
"""

from django.db.models import Q, QuerySet

from clinic.models import AccessLog, Member, SignInLog, StaffLook, User
from clinic.periods import Period


def charts_opened(member: Member, period: Period) -> QuerySet[AccessLog]:
    """Every look of theirs at a patient of this clinic, the latest first; also of who has left."""
    looks = AccessLog.objects.filter(clinic=member.clinic_id, user=member.user_id)
    looks = looks.filter(at__gte=period.low, at__lt=period.high)
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


def words_of(period: Period) -> str:
    """As a look at these days is written down."""
    return " to ".join(f"{day.day} {day:%b %Y}" for day in (period.first, period.last))
