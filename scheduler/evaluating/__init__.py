"""What comes before a plan: who sent the patient, what a prescriber found, whether they may be treated."""
