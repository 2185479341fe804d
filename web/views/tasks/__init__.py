"""Tasks for staff: the list of what waits for somebody, one task with what to do about it, and who is called.

What makes and closes tasks is clinic.work; whose turn it is to be called, notifications.escalating.
"""
