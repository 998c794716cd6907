"""Ways to more than was given: each class planted in clean layers is found, and what only looks like one is not."""

from collections.abc import Callable

import pytest

from unit.policies.layers_world import PROJECT, Layers, email, layers

BYSTANDER = "account bystander"
TO_DATA = {(BYSTANDER, "account data-admin")}
ANYBODY = ["principalSet://goog/public:all"]
_RUN = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "get"]}
_LOOK = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]}
_OTHERS = {"kind": "Group", "name": "others@example.com"}
_TOKEN = "roles/iam.serviceAccountTokenCreator"
_ON_DATA = "account data-admin"


def _only(*roles: str) -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly([{listed}])'


def test_in_clean_layers_nobody_comes_to_more_than_they_were_given() -> None:
    assert layers().ways() == set()


PLANTED: dict[str, tuple[Callable[[Layers], object], set[tuple[str, str]]]] = {
    "tokens of an account": (lambda made: made.grant(BYSTANDER, _TOKEN, _ON_DATA), TO_DATA),
    "keys of an account": (
        lambda made: made.holds(BYSTANDER, "iam.serviceAccountKeys.create", place=_ON_DATA),
        # Creating keys is a duty by itself, which it was given; what the key opens was not.
        TO_DATA,
    ),
    "the policy of an account": (
        lambda made: made.holds(BYSTANDER, "iam.serviceAccounts.setIamPolicy", place=_ON_DATA),
        TO_DATA,
    ),
    "running something as an account": (
        lambda made: (
            made.grant(BYSTANDER, "roles/iam.serviceAccountUser", _ON_DATA),
            made.holds(BYSTANDER, "compute.instances.create"),
        ),
        TO_DATA,
    ),
    "a listed role that lets it be any account": (
        lambda made: made.holds(BYSTANDER, "resourcemanager.projects.setIamPolicy", condition=_only(_TOKEN)),
        {(BYSTANDER, f"account {name}") for name in ("app-shop", "data-admin", "platform-deploy")},
    ),
    "a listed role with a duty": (
        lambda made: made.holds(
            BYSTANDER,
            "resourcemanager.projects.setIamPolicy",
            condition=_only(made.role("operator", "cloudsql.instances.update")),
        ),
        {(BYSTANDER, "role operator")},
    ),
    "secrets' policies": (
        lambda made: made.holds(BYSTANDER, "secretmanager.secrets.setIamPolicy"),
        {(BYSTANDER, "secret *")},
    ),
    "a bucket's policy": (
        lambda made: made.holds(BYSTANDER, "storage.buckets.setIamPolicy", place="bucket uploads"),
        {(BYSTANDER, "bucket uploads")},
    ),
    "another layer's state": (
        lambda made: made.holds(BYSTANDER, "storage.objects.create", place="bucket state-platform"),
        {(BYSTANDER, "account platform-deploy")},
    ),
    "workloads everywhere": (
        lambda made: made.holds(BYSTANDER, "container.deployments.create"),
        {(BYSTANDER, "account app-shop")},
    ),
    "roles in the cluster": (
        lambda made: made.holds(BYSTANDER, "container.clusterRoles.escalate"),
        {(BYSTANDER, "account app-shop")},
    ),
    "workloads in another team's namespace": (
        lambda made: made.bind(_OTHERS, "shop", _RUN),
        {("group others@example.com", "account app-shop")},
    ),
    "roles in another team's namespace": (
        lambda made: made.bind(_OTHERS, "shop", {"resources": ["roles"], "verbs": ["escalate"]}),
        {("group others@example.com", "account app-shop")},
    ),
    "a cluster role of unknown content": (
        lambda made: made.add(
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            "edit",
            metadata={"name": "edit"},
            roleRef={"kind": "ClusterRole", "name": "edit"},
            subjects=[_OTHERS],
        ),
        {("group others@example.com", "account app-shop")},
    ),
    "an account that may be an account that may be it": (
        lambda made: (
            made.account("between"),
            made.grant(BYSTANDER, _TOKEN, "account between"),
            made.holds("account between", "iam.serviceAccounts.signBlob", place=_ON_DATA),
        ),
        TO_DATA | {("account between", "account data-admin")},
    ),
    "a window that has yet to open": (
        lambda made: made.grant(
            BYSTANDER,
            _TOKEN,
            _ON_DATA,
            'request.time < timestamp("2026-03-05T00:00:00Z") && request.time >= timestamp("2026-03-04T00:00:00Z")',
        ),
        TO_DATA,
    ),
    "a window with a way around it": (
        lambda made: made.grant(
            BYSTANDER,
            _TOKEN,
            _ON_DATA,
            'request.time < timestamp("2026-01-01T00:00:00Z") || resource.matchTag("a/b", "c")',
        ),
        TO_DATA,
    ),
    "a condition that nobody understands": (
        lambda made: made.grant(BYSTANDER, _TOKEN, _ON_DATA, "resource.matchTag('a/b', 'c')"),
        TO_DATA,
    ),
    "a deny policy that spares it": (
        lambda made: (
            made.grant(BYSTANDER, _TOKEN, _ON_DATA),
            made.deny(
                [
                    f"iam.googleapis.com/serviceAccounts.{verb}"
                    for verb in ("getAccessToken", "signBlob", "signJwt", "implicitDelegation")
                ],
                ANYBODY,
                [f"principal://iam.googleapis.com/projects/-/serviceAccounts/{email('bystander')}"],
            ),
        ),
        TO_DATA,
    ),
    "a deny policy that holds at times only": (
        lambda made: (
            made.grant(BYSTANDER, _TOKEN, _ON_DATA),
            made.deny(
                [
                    f"iam.googleapis.com/serviceAccounts.{verb}"
                    for verb in ("getAccessToken", "signBlob", "signJwt", "implicitDelegation")
                ],
                ANYBODY,
                denialCondition={"expression": "resource.matchTag('a/b', 'c')"},
            ),
        ),
        TO_DATA,
    ),
}


@pytest.mark.parametrize(("plant", "found"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_escalation_is_found(plant: Callable[[Layers], object], found: set[tuple[str, str]]) -> None:
    made = layers()
    plant(made)

    assert made.ways() == found


def test_whoever_may_grant_any_role_comes_to_everything() -> None:
    made = layers()
    made.holds(BYSTANDER, "resourcemanager.projects.setIamPolicy")

    assert (BYSTANDER, "everything") in made.ways()


def test_whoever_may_write_a_role_that_it_holds_comes_to_everything() -> None:
    made = layers()
    made.holds(BYSTANDER, "iam.roles.update")

    assert (BYSTANDER, "everything") in made.ways()


def test_whoever_changes_the_way_in_comes_to_every_account_behind_it() -> None:
    made = layers()
    made.holds(BYSTANDER, "iam.googleapis.com/workloadIdentityPoolProviders.update")
    job = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/github/attribute.job/x"
    made.add(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "job",
        role="roles/iam.workloadIdentityUser",
        member=job,
        serviceAccountId=f"projects/{PROJECT}/serviceAccounts/{email('data-admin')}",
    )

    assert (BYSTANDER, "account data-admin") in made.ways()


HARMLESS: dict[str, Callable[[Layers], object]] = {
    "acting as an account, with nothing to run": lambda made: made.grant(
        BYSTANDER, "roles/iam.serviceAccountUser", _ON_DATA
    ),
    "running something, as nobody": lambda made: made.holds(BYSTANDER, "compute.instances.create"),
    "tokens of an account without a duty": lambda made: (
        made.account("nobody"),
        made.grant(BYSTANDER, _TOKEN, "account nobody"),
    ),
    "reading": lambda made: made.holds(BYSTANDER, "iam.serviceAccounts.getIamPolicy", "cloudsql.instances.get"),
    "granting nothing": lambda made: made.holds(
        BYSTANDER, "resourcemanager.projects.setIamPolicy", condition=_only("roles/logging.viewer")
    ),
    "a window that has closed": lambda made: made.grant(
        BYSTANDER, _TOKEN, _ON_DATA, 'request.time < timestamp("2026-03-01T00:00:00Z")'
    ),
    "a window that has closed, with a way around it that leads nowhere": lambda made: made.grant(
        # An account tells conditions no type.
        BYSTANDER,
        _TOKEN,
        _ON_DATA,
        'request.time < timestamp("2026-01-01T00:00:00Z") || resource.type == "x"',
    ),
    "what a deny policy forbids everybody": lambda made: (
        made.holds(BYSTANDER, "iam.serviceAccounts.signBlob", place=_ON_DATA),
        made.deny(
            ["iam.googleapis.com/serviceAccounts.signBlob"], ANYBODY, ["principalSet://goog/group/x@example.com"]
        ),
    ),
    "what a deny policy forbids it": lambda made: (
        made.holds(BYSTANDER, "iam.serviceAccounts.signBlob", place=_ON_DATA),
        made.deny(
            ["iam.googleapis.com/serviceAccounts.signBlob"],
            [f"principal://iam.googleapis.com/projects/-/serviceAccounts/{email('bystander')}"],
        ),
    ),
    "its own team's workloads": lambda made: made.bind({"kind": "Group", "name": "shop@example.com"}, "shop", _RUN),
    "looking at another team's workloads": lambda made: made.bind(_OTHERS, "shop", _LOOK),
    "workloads in an empty namespace": lambda made: made.bind(_OTHERS, "empty", _RUN),
    "its own state": lambda made: made.holds(
        "account platform-deploy", "storage.objects.create", place="bucket state-platform"
    ),
    "its team's folder of the apps' states": lambda made: (
        made.account("apps-shop-deploy"),
        made.account("apps-other-deploy"),
        made.holds("account apps-other-deploy", "cloudkms.cryptoKeyVersions.destroy"),
        made.holds(
            "account apps-shop-deploy",
            "storage.objects.create",
            place="bucket state-apps",
            condition=f'resource.name.startsWith("projects/_/buckets/{PROJECT}-state-apps/objects/shop/")',
        ),
    ),
    "a preview's people": lambda made: (
        made.account("platform-preview"),
        made.grant("account platform-preview", "roles/secretmanager.secretAccessor", "secret contract-identity"),
        made.grant("group platform@example.com", _TOKEN, "account platform-preview"),
    ),
    "administrators": lambda made: made.grant("group cloud-administrators@example.com", _TOKEN),
}


@pytest.mark.parametrize("plant", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_only_looks_like_an_escalation_is_none(plant: Callable[[Layers], object]) -> None:
    made = layers()
    plant(made)

    assert made.ways() == set()


def test_another_teams_folder_is_a_way() -> None:
    made = layers()
    for name in ("apps-shop-deploy", "apps-other-deploy"):
        made.account(name)
    made.holds("account apps-other-deploy", "cloudkms.cryptoKeyVersions.destroy")
    made.holds("account apps-shop-deploy", "storage.objects.create", place="bucket state-apps")

    assert made.ways() == {("account apps-shop-deploy", "account apps-other-deploy")}


def test_a_folder_of_another_team_alone_is_a_way() -> None:
    made = layers()
    for name in ("apps-shop-deploy", "apps-other-deploy", "apps-third-deploy"):
        made.account(name)
        made.holds(f"account {name}", "cloudkms.cryptoKeyVersions.destroy", place=f"bucket {name}")
    inside = f'resource.name.startsWith("projects/_/buckets/{PROJECT}-state-apps/objects/other/")'
    made.holds("account apps-shop-deploy", "storage.objects.create", place="bucket state-apps", condition=inside)

    assert made.ways() == {("account apps-shop-deploy", "account apps-other-deploy")}


def test_a_way_is_told_hop_by_hop_with_the_resource_that_makes_it() -> None:
    made = layers()
    made.account("between")
    first = made.grant(BYSTANDER, _TOKEN, "account between")
    made.grant("account between", _TOKEN, _ON_DATA)

    [way] = [found for found in made.found("audit-no-escalation") if found.message.startswith(BYSTANDER)]
    by = f"iam.serviceAccounts.getAccessToken by {_TOKEN}"

    assert way.urn == first
    assert way.message.splitlines() == [
        "account bystander can come to account data-admin, and so to datastores (project), which it was not given:",
        f"  1. account bystander may act as account between ({by} on account between)",
        f"  2. account between may act as account data-admin ({by} on {_ON_DATA})",
    ]
