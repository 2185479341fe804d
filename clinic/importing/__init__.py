"""Patients out of other systems' files, FHIR R4 or a table: read, judged against the clinic, taken in."""
