"""Logins into databases: what happens to what Pulumi no longer declares; their names are the kit's (kit/logins.py)."""


def deletion_policy(*, retired: bool) -> str:
    """A retired part of a datastore leaves Pulumi's state and nothing else: only break-glass deletes, by the API."""
    return "ABANDON" if retired else "PREVENT"
