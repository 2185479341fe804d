"""The manager's pages of who works here and as what.

`listing` is the list, `one` a person with what is changed about them, `inviting` and `leaving` the pages of
coming and going. What the floors decide (`clinic.staff`) is asked there, and only worded here.
"""
