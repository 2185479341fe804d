"""The patient's pages behind the link in a message: no sign-in, plain words, one thing to a screen.

`frame` opens the link, asks for the birth year and speaks the patient's language; each other module is one
subject.
"""
