"""Visits in other people's calendars: iCalendar files, and feeds by secret address."""
