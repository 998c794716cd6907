"""`make history`: who did what, from the history of the states and from audit logs.

The history of a state says what an update was to do, of which commit, and what became of it; audit logs say what Google
Cloud was asked, by whom. Neither knows the other: they are joined by identity and time. Nothing here changes anything.
"""
