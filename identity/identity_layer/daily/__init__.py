"""Grants to people, which identity-deploy makes: capabilities of teams, and break-glass.

Everything here is a loop over a map: the order of entries in the configuration never decides a name.
"""
