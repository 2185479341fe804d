"""Pieces of the test run itself."""
