"""The machine room: PostgreSQL, Valkey and Chairside's own processes on one machine, from Python wheels.

`bin/run`, `bin/test` and the other commands in `bin/` come through here. Nothing in this package
imports the product or Django, and until the environment is made it runs on the standard library
alone. What the clinic does, and how its settings are read, does not belong in this room.
"""
