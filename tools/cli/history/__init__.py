"""`make history`: updates and audited calls with their authors, from the history of the states and from audit logs.

The history of a state records the commit, the operations and the result of each update; audit logs record the calls of
Google Cloud's APIs and their callers. Neither refers to the other, so they are correlated by identity and time. All
access is read-only.
"""
