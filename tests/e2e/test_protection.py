"""The database's protections, each on its own: the engine's, the provider's, the missing permission, the deny policy.

The API's own is met in test_datastores.py, by those who may delete. All of them are tried with one taken away after
the other, on a copy of the state where the engine is asked.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import example_tenant as example
from cli.layout import Stack
from e2e.harness import ADMIN, NAMESPACES, STORAGE, Ran, Sandbox, acting_as, is_write
from e2e.inventory import INSTANCE, instances
from sandbox.cloud.errors import ApiError

# An instance and what is in it; the login of an app is in its team's stack.
PROTECTED = [
    pytest.param(STORAGE, "databaseInstance:DatabaseInstance", id="instance"),
    pytest.param(STORAGE, "database:Database", id="database"),
    pytest.param(STORAGE, "user:User", id="login-of-administrators"),
    pytest.param(NAMESPACES, "user:User", id="login-of-an-app"),
]


def _urn(sandbox: Sandbox, stack: Stack, kind: str) -> str:
    state = sandbox.state(stack)
    assert state
    return next(each.urn for each in state.resources if each.type == kind)


@pytest.fixture
def on_a_copy(shared: Sandbox, tmp_path: Path, stack: Stack) -> Callable[[str], Ran]:
    """Works on a copy of the stack's state without the contract, which depends on everything and would go first."""
    copy = tmp_path / "state"
    shutil.copytree(shared.path / "state" / stack.store, copy)

    def run(command: str) -> Ran:
        return shared.shell(stack.owner(), f"export PULUMI_BACKEND_URL='file://{copy}'; {command}")

    contract = _urn(shared, stack, "gcp:secretmanager/secretVersion:SecretVersion")
    run(f"pulumi state delete --yes --force '{contract}'").succeeded()
    return run


@pytest.fixture
def unprotected(on_a_copy: Callable[[str], Ran]) -> Callable[[str], Ran]:
    """Works on a copy of the stack's state in which the engine protects nothing any more."""
    on_a_copy("pulumi state unprotect --all --yes").succeeded()
    return on_a_copy


@pytest.mark.parametrize(("stack", "kind"), PROTECTED)
def test_the_engine_refuses_to_destroy_what_it_protects(
    shared: Sandbox, on_a_copy: Callable[[str], Ran], stack: Stack, kind: str
) -> None:
    urn = _urn(shared, stack, f"gcp:sql/{kind}")
    mark = shared.mark()

    done = on_a_copy(f"pulumi destroy --yes --skip-preview --non-interactive --target-dependents --target '{urn}'")

    assert done.code != 0
    assert "cannot be deleted" in done.text, done.text
    assert "protected" in done.text
    assert [call.method for call in shared.calls(mark) if is_write(call)] == []


@pytest.mark.parametrize(("stack", "kind"), PROTECTED)
def test_without_the_engines_protection_the_providers_refuses(
    shared: Sandbox, unprotected: Callable[[str], Ran], stack: Stack, kind: str
) -> None:
    state = shared.state(stack)
    assert state
    mark = shared.mark()
    children = [each.urn for each in state.resources if each.type in ("gcp:sql/database:Database", "gcp:sql/user:User")]
    urn = _urn(shared, stack, f"gcp:sql/{kind}")
    forget = [f"pulumi state delete --yes --force '{child}'" for child in children if child != urn]
    destroy = f"pulumi destroy --yes --skip-preview --target-dependents --target '{urn}'"

    done = unprotected("; ".join([*forget, destroy]))

    assert done.code != 0
    assert "cannot be destroyed: its deletion protection is on" in done.text, done.text
    assert [call.method for call in shared.calls(mark) if is_write(call)] == []


@pytest.mark.parametrize("account", ["storage-deploy", "namespaces-deploy"])
@pytest.mark.parametrize(
    ("method", "name", "permission"),
    [
        ("sql.instances.delete", INSTANCE, r"cloudsql\.instances\.delete"),
        ("sql.databases.delete", f"{INSTANCE}/databases/orders", r"cloudsql\.databases\.delete"),
        (
            "sql.users.delete",
            f"{INSTANCE}/users/app-storefront@{example.PROJECT}.iam",
            r"cloudsql\.users\.delete",
        ),
    ],
)
def test_the_platforms_identities_may_delete_nothing_of_it_by_the_api(
    shared: Sandbox, method: str, name: str, permission: str, account: str
) -> None:
    with shared.cloud() as cloud, pytest.raises(ApiError, match=permission) as caught:
        cloud.call(method, name, acting_as(account))

    assert caught.value.status == "PERMISSION_DENIED"


def test_the_deny_policy_protects_the_instance_from_the_projects_owner_too(shared: Sandbox) -> None:
    with shared.cloud() as cloud, pytest.raises(ApiError, match=r"cloudsql\.instances\.delete") as caught:
        cloud.call("sql.instances.delete", INSTANCE, ADMIN)

    assert caught.value.status == "PERMISSION_DENIED"
    assert instances(shared) == [INSTANCE]
