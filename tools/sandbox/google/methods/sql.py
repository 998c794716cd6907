"""Cloud SQL: replacements of settings, and users, whose names are in the query.

https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4
"""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google import answers, changes
from sandbox.google.exchange import Exchange

_INSTANCES, _USERS = "sql.instances", "sql.users"


def _update(asked: Exchange) -> Json:
    """Replaces the settings whole; other fields that the body lacks stay, as in Cloud SQL."""
    change = changes.fields_of(asked.body)
    return answers.shaped(asked, asked.stem, asked.call(f"{_INSTANCES}.update", asked.stem, change=change))


def _update_user(asked: Exchange) -> Json:
    name = _user(asked)
    change = changes.fields_of(asked.body)
    return answers.shaped(asked, name, asked.call(f"{_USERS}.update", name, change=change))


def _delete_user(asked: Exchange) -> Json:
    name = _user(asked)
    return answers.shaped(asked, name, asked.call(f"{_USERS}.delete", name))


def _user(asked: Exchange) -> str:
    return f"{asked.stem}/{asked.parameter('name')}"


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_INSTANCES}.update": _update,
    f"{_USERS}.update": _update_user,
    f"{_USERS}.delete": _delete_user,
}
