"""Who may see what was said to patients and what they answered."""

from clinic.access import CLINICAL, DESK, EVERYONE, WRITE_PATIENTS, roles
from clinic.models import Role

VIEW_MESSAGES = EVERYONE
VIEW_INBOX = EVERYONE
VIEW_CHECK_INS = CLINICAL
VIEW_ON_CALL = EVERYONE
PLAN_ON_CALL = roles(Role.MANAGER, Role.PRESCRIBER)
PAUSE_SENDING = roles(Role.MANAGER)
# Whether a message arrived is found out by calling.
SETTLE_MESSAGES = DESK | CLINICAL
READ_TEXTS = EVERYONE
REPLY = EVERYONE
CORRECT_NUMBER = WRITE_PATIENTS
