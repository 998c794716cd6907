"""Rights inside of the databases follow from the stack files of the example environment."""

from cli.databases import declared


def test_an_app_connects_to_the_databases_of_its_entry_and_creates_schemas_in_them() -> None:
    [instance] = declared.instances("sandbox")
    login = "app-storefront@prodfirst-sandbox.iam"

    assert (instance.name, instance.apps) == ("orders", {"orders": (login,)})
    assert [str(right) for right in sorted(instance.rights()) if right.who == login] == [
        f"database orders: {login} {privilege}" for privilege in ("CONNECT", "CREATE", "TEMPORARY")
    ]


def test_everything_is_cloud_sqls_own_roles_and_administrators_are_its_members() -> None:
    [instance] = declared.instances("sandbox")

    others = [str(right) for right in sorted(instance.rights()) if "storefront" not in right.who]
    assert others == [
        "database orders: cloudsqlsuperuser OWNER",
        "database postgres: cloudsqlsuperuser OWNER",
        "database template1: cloudsqlsuperuser OWNER",
        "role cloudsqlsuperuser: database-team@example.com MEMBER",
    ]


def test_nobody_else_is_declared_to_have_anything() -> None:
    whole = {right.who for right in declared.instances("sandbox")[0].rights()}
    assert whole == {"app-storefront@prodfirst-sandbox.iam", "cloudsqlsuperuser", "database-team@example.com"}
