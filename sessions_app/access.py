"""Who may do what to a session. Who may write is read from the one table of `states`."""

from collections.abc import Mapping
from typing import Final

from clinic.access import CLINICAL, Permission, roles
from clinic.models import Role
from sessions_app import states

READ_SESSIONS: Final[Permission] = CLINICAL | roles(Role.MANAGER)
OPEN_SESSION: Final[Permission] = CLINICAL
CONFIRM_READINESS: Final[Permission] = CLINICAL
MAY: Final[Mapping[str, Permission]] = {
    name: frozenset(Role(role) for role in act.roles) for name, act in states.ACTS.items()
}
# Somebody who may do anything at all to a session.
RECORD_SESSIONS: Final[Permission] = frozenset[Role]().union(*MAY.values())
# Questionnaires and the diary, read out by staff; reports about many patients.
RECORD_OUTCOMES: Final[Permission] = CLINICAL
ASSESS_SAFETY: Final[Permission] = roles(Role.PRESCRIBER)
# A monitor is wheeled from chair to chair by whoever is there; which monitors there are is the manager's.
PLACE_MONITORS: Final[Permission] = CLINICAL | roles(Role.MANAGER)
CHANGE_MONITORS: Final[Permission] = roles(Role.MANAGER)
COHORT_REPORTS: Final[Permission] = roles(Role.MANAGER, Role.PRESCRIBER)
