"""The manager's pages of what is said to patients: the rules, their words, and what holds for all of them."""
