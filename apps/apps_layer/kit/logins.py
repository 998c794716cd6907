"""Logins into databases by IAM: their names in PostgreSQL."""

from collections.abc import Iterator, Mapping

# PostgreSQL cuts longer names off, and two logins could become one:
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS.
LONGEST = 63


def iam_user(service_account: str) -> str:
    """The PostgreSQL name of a service account, which leaves out the last part of its address."""
    return service_account.removesuffix(".gserviceaccount.com")


def too_long(logins: Mapping[str, str]) -> Iterator[str]:
    """Problems with logins that PostgreSQL would cut off.

    Args:
        logins: by the path of the name or the address that they follow from.
    """
    for path, login in logins.items():
        if len(login) > LONGEST:
            yield (
                f"{path}: its login {login!r} has more than the {LONGEST} characters that PostgreSQL takes, so nobody "
                "could log in as it; shorten the name."
            )
