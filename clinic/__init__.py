"""The ground floor: clinics, people, consent, audit, tasks, time, errors. It knows nothing of infusions."""
