"""Before the start: the checklist, what the patient said beforehand, and the dose."""
