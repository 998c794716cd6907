"""Daily work, which identity-deploy does: teams, apps with their accounts and secrets, contract secrets, break-glass.

Everything here is a loop over a map: the order of entries in the configuration never decides a name.
"""
