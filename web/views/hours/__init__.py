"""The hours' pages: who works when, a week, a day, absences and closures, and what a change would touch."""
