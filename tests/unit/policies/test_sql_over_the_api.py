"""An instance admits SQL over Google's API while security's list grants the permission to groups of people alone."""

import pytest

from iam import permitted
from iam.permitted import ACCESS, Access
from policy_pack.rules.sql import senders_of_sql


def _with(to: str, role: str, resource: str = "project", **custom_roles: frozenset[str]) -> Access:
    """Security's list with one more grant."""
    entry = permitted.Entry.model_validate({"to": to, "holds": {resource: [role]}})
    custom = {**ACCESS.custom_roles, **custom_roles}
    return ACCESS.model_copy(update={"grants": (*ACCESS.grants, entry), "custom_roles": custom})


def test_by_the_committed_list_groups_alone_send_sql() -> None:
    assert list(senders_of_sql(ACCESS)) == []
    assert "cloudsql.instances.executeSql" in ACCESS.custom_roles["databaseAdministrator"]


@pytest.mark.parametrize(
    ("to", "role", "resource"),
    [
        ("account app-{app}", "databaseAdministrator", "project"),
        ("account app-{app}", "databaseAdministrator", "instance *"),
        ("account apps-{team}-preview", "databaseAdministrator", "project"),
        ("account storage-deploy", "roles/cloudsql.admin", "project"),
        ("account app-{app}", "roles/cloudsql.instanceUser", "project"),
        ("workload {app}/{app}", "databaseAdministrator", "project"),
        ("job deploy.yml:environment:{owner}-{environment}:refs/heads/*", "databaseAdministrator", "project"),
        ("user:*", "databaseAdministrator", "project"),
    ],
)
def test_any_other_principal_of_the_list_is_named(to: str, role: str, resource: str) -> None:
    assert list(senders_of_sql(_with(to, role, resource))) == [(to, role)]


def test_a_custom_role_with_the_permission_counts_whatever_its_name() -> None:
    sends = frozenset({"cloudsql.instances.executeSql"})
    assert list(senders_of_sql(_with("account app-{app}", "helper", helper=sends))) == [("account app-{app}", "helper")]
    assert list(senders_of_sql(_with("account app-{app}", "helper", helper=frozenset()))) == []


def test_another_group_may() -> None:
    assert list(senders_of_sql(_with("group dba@example.com", "databaseAdministrator"))) == []
