"""Freezing the record: signatures, amendments, the chain, and proving it."""
