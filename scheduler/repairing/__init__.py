"""Mending a disrupted day: which visits it breaks, and the plan that disturbs the fewest people. Pure.

`day` says what a day and a disruption are, `breaking` which visits break, `choices` where a visit could be,
`programme` is the integer programme as the solver reads it, `planning` the costs and the plan. Nothing here
knows a database; `scheduler.repair` reads the day, keeps the proposal and carries it out.
"""
