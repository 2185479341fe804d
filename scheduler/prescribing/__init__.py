"""What a prescriber decides: protocols, a patient's plan, the contraindication screen."""
