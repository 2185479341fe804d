"""The synthetic clinic: made-up people and a running day, written through the same functions as real ones.

Numbers follow domain.md 8.3 [D], with differences that are ours: the clinic opens on all seven days and
lies in a time zone where it is noon, so that whoever tries it out finds a running day; and it has five
nurses, because a visit is one nurse's from beginning to end.
"""
