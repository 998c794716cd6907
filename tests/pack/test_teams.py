"""The stack of one team is refused on what another team has, by kind; one account deploys the stacks of all teams."""

from typing import Any

import pytest

from pack.analyzer import PROJECT, UNKNOWN_STRING, Analyzer, Inputs, secret, urn
from pack.cases import changed
from policy_pack import teams
from policy_pack.environments import ENVIRONMENTS, Environments
from policy_pack.rules.namespaces import LIMITS, NAMESPACE, QUOTA
from policy_pack.rules.registry import REPOSITORY
from policy_pack.rules.secrets import VERSION
from policy_pack.rules.teams import (
    ACCOUNT,
    ACCOUNT_USER,
    BINDING,
    BUCKET_GRANT,
    KEY_GRANT,
    LOGIN,
    PROJECT_GRANT,
    SECRET,
    SECRET_GRANT,
)

PUSH = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
IDENTITY, PLATFORM = ("identity", "team-shop-sandbox"), ("platform", "namespaces-shop-sandbox")
READER = "roles/secretmanager.secretAccessor"
KEYS = f"projects/{PROJECT}/locations/europe-west4/keyRings/state/cryptoKeys"
API = "rbac.authorization.k8s.io"


def email(account: str) -> str:
    return f"{account}@{PROJECT}.iam.gserviceaccount.com"


def member(account: str) -> str:
    return f"serviceAccount:{email(account)}"


def of_account(account: str) -> str:
    return f"projects/{PROJECT}/serviceAccounts/{email(account)}"


def folder(team: str) -> Inputs:
    prefix = f"projects/_/buckets/{PROJECT}-state-apps/objects/{team}/"
    return {"title": "x", "expression": f'resource.name.startsWith("{prefix}")'}


def on_secret(secret_id: str, who: str, role: str = READER) -> Inputs:
    return {"project": PROJECT, "secretId": secret_id, "role": role, "member": who}


def on_state(account: str, team: str) -> Inputs:
    role = f"projects/{PROJECT}/roles/stateWriter"
    return {"bucket": f"{PROJECT}-state-apps", "role": role, "member": member(account), "condition": folder(team)}


def subject(account: str) -> Inputs:
    return {"apiGroup": API, "kind": "User", "name": email(account)}


Stack = tuple[str, str]
# Kind to stack, type, inputs of the own team's, the path in which another team's differ, and their value.
KINDS: dict[str, tuple[Stack, str, Inputs, str, Any]] = {
    "account of CI": (IDENTITY, ACCOUNT, {"accountId": "apps-shop-deploy"}, "accountId", "apps-billing-deploy"),
    "account of builds": (IDENTITY, ACCOUNT, {"accountId": "images-shop"}, "accountId", "images-billing"),
    "account of a layer": (IDENTITY, ACCOUNT, {"accountId": "apps-shop-preview"}, "accountId", "platform-preview"),
    "use of an account": (
        IDENTITY,
        ACCOUNT_USER,
        {
            "serviceAccountId": of_account("apps-shop-preview"),
            "role": "roles/iam.serviceAccountTokenCreator",
            "member": "group:shop-team@example.com",
        },
        "serviceAccountId",
        of_account("apps-billing-preview"),
    ),
    "contract's secret": (IDENTITY, SECRET, {"secretId": "contract-team-shop"}, "secretId", "contract-team-billing"),
    "contract's secret of the foundation": (
        IDENTITY,
        SECRET,
        {"secretId": "contract-namespaces-shop"},
        "secretId",
        "contract-foundation",
    ),
    "use of a contract": (
        IDENTITY,
        SECRET_GRANT,
        on_secret("contract-namespaces-shop", member("apps-shop-preview")),
        "secretId",
        "contract-namespaces-billing",
    ),
    "reader of a contract": (
        IDENTITY,
        SECRET_GRANT,
        on_secret("contract-namespaces-shop", member("apps-shop-preview")),
        "member",
        member("apps-billing-preview"),
    ),
    "folder in the state of the apps": (
        IDENTITY,
        BUCKET_GRANT,
        on_state("apps-shop-deploy", "shop"),
        "condition",
        folder("billing"),
    ),
    "access to the state of the apps": (
        IDENTITY,
        BUCKET_GRANT,
        on_state("apps-shop-deploy", "shop"),
        "member",
        member("apps-billing-deploy"),
    ),
    "another state": (
        IDENTITY,
        BUCKET_GRANT,
        on_state("apps-shop-deploy", "shop"),
        "bucket",
        f"{PROJECT}-state-team",
    ),
    "key of the state of the apps": (
        IDENTITY,
        KEY_GRANT,
        {
            "cryptoKeyId": f"{KEYS}/apps",
            "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
            "member": member("apps-shop-deploy"),
        },
        "member",
        member("apps-billing-deploy"),
    ),
    "role of an account on the project": (
        IDENTITY,
        PROJECT_GRANT,
        {"project": PROJECT, "role": "roles/container.clusterViewer", "member": member("apps-shop-deploy")},
        "member",
        member("apps-billing-deploy"),
    ),
    "contract of a team": (
        IDENTITY,
        VERSION,
        {"secret": f"projects/{PROJECT}/secrets/contract-team-shop", "secretData": "{}", "deletionPolicy": "ABANDON"},
        "secret",
        f"projects/{PROJECT}/secrets/contract-team-billing",
    ),
    "namespace": (
        PLATFORM,
        NAMESPACE,
        {"metadata": {"labels": {"prodfirst/team": "shop"}}},
        "metadata.labels",
        {"prodfirst/team": "billing"},
    ),
    "repository": (
        PLATFORM,
        REPOSITORY,
        {
            "repositoryId": "shop",
            "format": "DOCKER",
            "kmsKeyName": f"{KEYS}/registry",
            "dockerConfig": {"immutableTags": True},
        },
        "repositoryId",
        "billing",
    ),
    "push of images": (
        PLATFORM,
        PUSH,
        {"repository": "shop", "role": "roles/artifactregistry.writer", "member": member("images-shop")},
        "repository",
        "billing",
    ),
    "account that pushes images": (
        PLATFORM,
        PUSH,
        {"repository": "shop", "role": "roles/artifactregistry.writer", "member": member("images-shop")},
        "member",
        member("images-billing"),
    ),
    "login": (
        PLATFORM,
        LOGIN,
        {"name": f"app-storefront@{PROJECT}.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT", "deletionPolicy": "ABANDON"},
        "name",
        "database-team@example.com",
    ),
    "who is bound to a Role": (
        PLATFORM,
        BINDING,
        {"roleRef": {"name": "developer"}, "subjects": [subject("apps-shop-deploy")]},
        "subjects.0.name",
        email("apps-billing-deploy"),
    ),
    "contract of namespaces": (
        PLATFORM,
        VERSION,
        {"secret": f"projects/{PROJECT}/secrets/contract-namespaces-shop", "secretData": "{}"},
        "secret",
        f"projects/{PROJECT}/secrets/contract-team-shop",
    ),
}


def findings(analyzer: Analyzer, stack: Stack, kind: str, inputs: Inputs) -> dict[str, str]:
    """Findings about a resource that is right otherwise, by rule; layer-… is the affair of other tests."""
    layer, name = stack
    found = analyzer.check(kind, inputs, layer=layer, stack=name, protect=True)
    assert all(finding.mandatory for finding in found)
    return {finding.policy: finding.message for finding in found if finding.policy.startswith(("team-", "iam-"))}


@pytest.mark.parametrize("name", KINDS)
def test_a_team_declares_what_is_its_own(analyzer: Analyzer, name: str) -> None:
    stack, kind, inputs, _, _ = KINDS[name]
    assert findings(analyzer, stack, kind, inputs) == {}


@pytest.mark.parametrize("name", KINDS)
def test_a_team_declares_nothing_of_another_team(analyzer: Analyzer, name: str) -> None:
    stack, kind, inputs, path, others = KINDS[name]
    found = findings(analyzer, stack, kind, changed(inputs, path, others))
    if path == "condition":
        assert "under a condition other than the listed one" in found["iam-grants-listed"]
    else:
        assert "is not of the team shop: this stack would change what another team has" in found["team-own-names"]


@pytest.mark.parametrize("unreadable", [UNKNOWN_STRING, secret("hunter2")], ids=["unknown", "secret"])
@pytest.mark.parametrize("name", KINDS)
def test_what_cannot_be_read_is_nobodys_and_refused(analyzer: Analyzer, name: str, unreadable: Any) -> None:
    stack, kind, inputs, path, _ = KINDS[name]
    found = findings(analyzer, stack, kind, changed(inputs, path, unreadable))
    assert found
    assert not any("hunter2" in message for message in found.values())


@pytest.mark.parametrize("stack", ["team-shop", "team-shop-staging", "team-sandbox"])
def test_a_stack_that_names_no_team_and_environment_is_refused(analyzer: Analyzer, stack: str) -> None:
    found = findings(analyzer, ("identity", stack), ACCOUNT, {"accountId": "apps-shop-deploy"})
    assert set(found) == {"team-own-names"}


@pytest.mark.parametrize("stack", ["sandbox", "foundation-sandbox", "my-team-sandbox"])
def test_other_stacks_are_no_teams(analyzer: Analyzer, stack: str) -> None:
    assert findings(analyzer, ("identity", stack), ACCOUNT, {"accountId": "platform-deploy"}) == {}


@pytest.mark.parametrize(
    ("stack", "team"),
    [
        ("team-shop-sandbox", "shop"),
        ("team-shop-eu-sandbox", "shop-eu"),
        ("team-team-prod", "team"),
        ("team-shop-nowhere", ""),
        ("sandbox", None),
    ],
)
def test_the_team_is_what_stands_before_the_environment(stack: str, team: str | None) -> None:
    assert teams.of(urn(ACCOUNT, "it", "identity", stack)) == team


def test_of_two_environments_the_longer_name_counts() -> None:
    listed = Environments.model_validate({"environments": [{"name": "dev"}, {"name": "eu-dev"}]})
    assert listed.of_stack("team-shop-eu-dev") == "eu-dev"
    assert listed.of_stack("team-eu-dev") == "eu-dev"
    assert ENVIRONMENTS.of_stack("team-shop-sandbox") == "sandbox"


Part = tuple[str, Inputs]
INSIDE = {"metadata": {"name": "it", "namespace": "storefront"}}
OF_IDENTITY: dict[str, Part] = {
    "account": (ACCOUNT, {"accountId": "app-storefront"}),
    "secret": (SECRET, {"secretId": "app-storefront-smtp"}),
    "contract": (SECRET, {"secretId": "contract-team-shop"}),
    "user": (ACCOUNT_USER, {"serviceAccountId": of_account("app-storefront"), "member": "serviceAccount:x"}),
    "reader": (SECRET_GRANT, on_secret("app-storefront-smtp", member("app-storefront"))),
    "role": (PROJECT_GRANT, {"role": "roles/cloudsql.client", "member": member("app-storefront")}),
}
OF_PLATFORM: dict[str, Part] = {
    "namespace": (NAMESPACE, {"metadata": {"name": "storefront", "labels": {"prodfirst/team": "shop"}}}),
    **{name: (kind, INSIDE) for name, kind in (("quota", QUOTA), ("limits", LIMITS), ("role", ROLE), ("deny", POLICY))},
    "binding": (BINDING, INSIDE),
    "login": (LOGIN, {"name": f"app-storefront@{PROJECT}.iam"}),
}
# Parts of a team's stack to what in them is another team's.
FOREIGN: dict[str, tuple[Stack, dict[str, Part], str, Any, str]] = {
    "account": (IDENTITY, OF_IDENTITY, "serviceAccountId", of_account("app-invoices"), "user"),
    "secret": (IDENTITY, OF_IDENTITY, "secretId", "app-invoices-smtp", "secret"),
    "grant on a secret": (IDENTITY, OF_IDENTITY, "secretId", "app-storefront-other", "reader"),
    "reader of a secret": (IDENTITY, OF_IDENTITY, "member", member("app-invoices"), "reader"),
    "role": (IDENTITY, OF_IDENTITY, "member", member("app-invoices"), "role"),
    **{
        f"{part} in a namespace": (PLATFORM, OF_PLATFORM, "metadata.namespace", "invoices", part)
        for part in ("quota", "limits", "role", "deny", "binding")
    },
    "namespace": (PLATFORM, OF_PLATFORM, "metadata.name", "invoices", "namespace"),
    "login": (PLATFORM, OF_PLATFORM, "name", f"app-invoices@{PROJECT}.iam", "login"),
}


def judged(analyzer: Analyzer, stack: Stack, parts: dict[str, Part]) -> set[str]:
    """Names of the parts that the rule on whole stacks refuses."""
    layer, name = stack
    listed: list[tuple[str, str, Inputs]] = []
    for part, (kind, inputs) in parts.items():
        analyzer.check(kind, inputs, name=part, layer=layer, stack=name)
        listed.append((urn(kind, part, layer, name), kind, {}))
    found = [finding for finding in analyzer.stack(listed) if finding.policy == "team-own-apps"]
    assert all(finding.mandatory and "is of the team shop" in finding.message for finding in found)
    return {finding.message.split("'")[1] for finding in found}


@pytest.mark.parametrize(
    ("stack", "parts"), [(IDENTITY, OF_IDENTITY), (PLATFORM, OF_PLATFORM)], ids=["identity", "platform"]
)
def test_a_teams_stack_is_about_its_own_apps(analyzer: Analyzer, stack: Stack, parts: dict[str, Part]) -> None:
    assert judged(analyzer, stack, parts) == set()


@pytest.mark.parametrize("name", FOREIGN)
def test_a_teams_stack_about_an_app_of_another_team_is_refused(analyzer: Analyzer, name: str) -> None:
    stack, parts, path, value, part = FOREIGN[name]
    kind, inputs = parts[part]
    refused = judged(analyzer, stack, {**parts, part: (kind, changed(inputs, path, value))})
    # Without its namespace, all that is in it is another team's; without its secret, so is the grant on it.
    also = {"namespace": set(OF_PLATFORM) - {"namespace"}, "secret": {"secret", "reader"}}
    assert refused == also.get(name, {part})


def test_an_account_that_only_the_update_knows_is_not_declared(analyzer: Analyzer) -> None:
    parts = {**OF_IDENTITY, "account": (ACCOUNT, {"accountId": UNKNOWN_STRING})}
    assert judged(analyzer, IDENTITY, parts) == {"secret", "user", "reader", "role"}
