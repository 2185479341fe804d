"""Every create call of the API, by its path: a story that makes it possible, and what is then sent.

A module for each floor; `test_resend` sends each of them twice.
"""

from tests.create_calls import clinic, notifications, scheduler, sessions_app

CALLS = {**clinic.CALLS, **scheduler.CALLS, **sessions_app.CALLS, **notifications.CALLS}
MOMENTS = sessions_app.MOMENTS
