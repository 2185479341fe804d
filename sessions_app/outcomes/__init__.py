"""How the patient fares: questionnaires, the headache diary, one patient's course, reports about many."""
