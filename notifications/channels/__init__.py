"""The ways out of the house, all alike: `send(envelope)` gives the provider's reference or raises.

Which message goes where, and when, is decided in `delivery` and `addressing`.
"""
