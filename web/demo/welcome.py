"""What somebody reads who has just started Chairside: where to sign in, as whom, and what to try first."""

from typing import Final

from clinic.models import Clinic
from web.demo.people import PASSWORD, STAFF

TO_TRY: Final = """\
What to try first
  1. As the nurse, open Nurse station: an infusion is running, one is paused, a reading is overdue.
  2. As the front desk, open Day, choose a patient, and book the next session of the plan.
  3. Open Inbox: what the patients were sent. Follow a link (the birth year is on the patient's chart).
  4. Open Tasks: an answer and a text are alarming, and their clocks are running.
  5. As the manager, open Reports, then Outcomes: make a report. Every score in it is invented demo data.
  6. API: /api/docs/"""


def welcome(clinic: Clinic) -> str:
    """The text for a synthetic clinic; a real one has nothing to show to whoever reads the terminal."""
    if not clinic.synthetic:
        return "The tables are up to date."
    logins = "\n".join(
        f"  {person.role.label:<12} {person.email:<30} {PASSWORD}" for person in STAFF if person.signs_in
    )
    return (
        f"{clinic.name}: a synthetic clinic, everybody in it is made up.\n"
        f"Its clocks show {clinic.time_zone}.\n\n"
        f"Sign in as\n{logins}\n\n{TO_TRY}\n"
    )
