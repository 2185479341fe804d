"""Who may do what on this floor. `clinic.access` explains how these are asked."""

from typing import Final

from clinic.access import CLINICAL, DESK, EVERYONE, Permission, roles
from clinic.models import Role

VIEW_PROTOCOLS: Final[Permission] = EVERYONE
# Drafts to look at: nothing is in force until a prescriber signs it.
ADOPT_PROTOCOLS: Final[Permission] = roles(Role.PRESCRIBER, Role.MANAGER)
DRAFT_PROTOCOL: Final[Permission] = ADOPT_PROTOCOLS
ACTIVATE_PROTOCOL: Final[Permission] = roles(Role.PRESCRIBER)
RETIRE_PROTOCOL: Final[Permission] = roles(Role.PRESCRIBER)
VIEW_PLANS: Final[Permission] = EVERYONE
WRITE_PLAN: Final[Permission] = roles(Role.PRESCRIBER)
# The desk takes referrals in and asks for records; what a consultation found is read by whoever treats.
VIEW_REFERRALS: Final[Permission] = EVERYONE
RECORD_REFERRAL: Final[Permission] = DESK
VIEW_EVALUATIONS: Final[Permission] = CLINICAL | roles(Role.MANAGER)
EVALUATE: Final[Permission] = roles(Role.PRESCRIBER)
CHANGE_PRESCRIBING: Final[Permission] = roles(Role.MANAGER)
VIEW_RESOURCES: Final[Permission] = EVERYONE
CHANGE_RESOURCES: Final[Permission] = roles(Role.MANAGER)
VIEW_SCHEDULE: Final[Permission] = EVERYONE
# Asking what is free or what stands in the way, booking, cancelling, confirming by phone, checking in.
BOOK: Final[Permission] = DESK | roles(Role.NURSE)
# Hours and closures: the manager's. An absence is also the desk's: the call comes at seven.
CHANGE_HOURS: Final[Permission] = roles(Role.MANAGER)
RECORD_ABSENCE: Final[Permission] = DESK
# How booking works in the clinic as a whole: notice, holds, offers, whose holidays.
CHANGE_BOOKING_SETTINGS: Final[Permission] = roles(Role.MANAGER)
REPAIR: Final[Permission] = DESK
OVERRIDE_SPACING: Final[Permission] = roles(Role.PRESCRIBER)
VIEW_REPORTS: Final[Permission] = roles(Role.MANAGER, Role.PRESCRIBER)
MANAGE_FEEDS: Final[Permission] = roles(Role.MANAGER)
