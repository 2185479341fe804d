"""Mending a disrupted day: which visits it breaks, and the plan that disturbs the fewest people.

`day` says what a day and a disruption are, `breaking` which visits break, `choices` where a visit could be,
`programme` is the integer programme as the solver reads it, `planning` the costs and the plan: none of these
knows a database. `reading` fetches the day, `proposal` keeps what is found, `repair` carries it out.
"""
