"""Pages about oneself, beside those of the sign-in: invitations to answer, one's own details.

Whoever is signed in opens them, in whichever clinic or none yet; nothing of anybody else is here.
"""
