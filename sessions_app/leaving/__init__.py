"""Recovery and the way home: readiness, scored and witnessed."""
