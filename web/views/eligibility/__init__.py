"""From referral to plan: who sent a patient, what a prescriber found, and whether they may be treated."""
