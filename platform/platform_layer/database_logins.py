"""Logins into databases by IAM: their names in PostgreSQL, and what happens to what Pulumi no longer declares."""

from collections.abc import Iterator, Mapping

# PostgreSQL cuts longer names off, and two logins could become one.
LONGEST_LOGIN = 63


def iam_user(service_account: str) -> str:
    """The PostgreSQL name of a service account, which leaves out the last part of its address."""
    return service_account.removesuffix(".gserviceaccount.com")


def deletion_policy(*, retired: bool) -> str:
    """A retired part of a datastore leaves Pulumi's state and nothing else: only break-glass deletes, by the API."""
    return "ABANDON" if retired else "PREVENT"


def too_long(logins: Mapping[str, str]) -> Iterator[str]:
    """Problems with logins that PostgreSQL would cut off.

    Args:
        logins: by the path in the contract that they come from.
    """
    for path, login in logins.items():
        if len(login) > LONGEST_LOGIN:
            yield (
                f"{path}: its login {login!r} has more than the {LONGEST_LOGIN} characters that PostgreSQL takes, so "
                "nobody could log in as it; shorten the name."
            )
