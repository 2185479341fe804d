"""Who may see what was said to patients and what they answered."""

from clinic.access import CLINICAL, EVERYONE, roles
from clinic.models import Role

VIEW_MESSAGES = EVERYONE
VIEW_INBOX = EVERYONE
VIEW_CHECK_INS = CLINICAL
VIEW_ON_CALL = EVERYONE
PLAN_ON_CALL = roles(Role.MANAGER, Role.PRESCRIBER)
