"""Who may see what was said to patients and what they answered."""

from clinic.access import CLINICAL, EVERYONE

VIEW_MESSAGES = EVERYONE
VIEW_INBOX = EVERYONE
VIEW_CHECK_INS = CLINICAL
