"""Patients: finding one, who they are, the chart with a module for each of its sections, who looked."""
