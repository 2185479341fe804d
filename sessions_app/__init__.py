"""The infusion session: checklist, dose, vitals, side effects, discharge, signature. It sends nothing."""
