"""Who works in a clinic and as what: invited, given roles, taken from them, let go.

`members` writes, `invitations` are the links with which people come in, `letters` what they are told by mail,
`queries` read. What a role may do is said in `clinic.access` and upstairs, never here.
"""
