"""Grants of the identity layer: whole sets, so that a new grant shows as a change of a test."""

import pytest

from identity_layer.foundation import organization_access
from sandbox.cloud import roles
from unit.identity.declared import (
    Grants,
    account,
    committed,
    committed_daily,
    committed_foundation,
    committed_team,
    custom,
    grants,
    group,
    job,
    program,
)
from unit.pulumi_mocks import PROJECT

ACCESSOR = "roles/secretmanager.secretAccessor"
USER = "roles/iam.workloadIdentityUser"
TOKENS = "roles/iam.serviceAccountTokenCreator"
USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
DECRYPT = "roles/cloudkms.cryptoKeyDecrypter"
STORAGE = "serviceAccount:service-100200300400@gs-project-accounts.iam.gserviceaccount.com"
ADMINISTRATORS = group("cloud-administrators")
KINDS = ("preview", "deploy")
# Owners of a pair of CI accounts that an environment has once.
OWNERS = ("identity", "team", "platform", "namespaces", "storage")


@pytest.fixture(scope="module")
def granted() -> Grants:
    return grants(committed())


def only(*roles: str) -> str:
    """The right to grant these roles."""
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'identityGrantor if api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly([{listed}])'


def test_the_project_grants_are_exactly_these(granted: Grants) -> None:
    assert granted[PROJECT] == {
        account("identity-deploy"): {
            "identityDeploy",
            only(
                custom("breakGlass"),
                custom("databaseAdministrator"),
                custom("platformDatabaseOperator"),
                custom("platformReader"),
                "roles/cloudsql.client",
                "roles/container.clusterViewer",
                "roles/iam.securityReviewer",
                "roles/logging.viewAccessor",
                "roles/logging.viewer",
                "roles/monitoring.viewer",
            ),
        },
        account("identity-preview"): {"identityPreview", "roles/iam.workloadIdentityPoolViewer"},
        account("team-deploy"): {
            "teamDeploy",
            only(
                custom("databaseLogin"),
                "roles/cloudprofiler.agent",
                "roles/cloudsql.client",
                "roles/cloudtrace.agent",
                "roles/container.clusterViewer",
                "roles/errorreporting.writer",
                "roles/monitoring.metricWriter",
            ),
        },
        account("team-preview"): {"teamPreview"},
        account("platform-deploy"): {
            "platformNetworkOperator",
            "platformClusterOperator",
            "platformClusterSetup",
            "platformGatewayOperator",
            "platformImageOperator",
        },
        account("platform-preview"): {"platformPreview"},
        account("namespaces-deploy"): {"namespacesDeploy"},
        account("namespaces-preview"): {"namespacesPreview"},
        account("storage-deploy"): {"platformDatabaseOperator", "platformDatabaseRestorer", "storagePreview"},
        account("storage-preview"): {"storagePreview"},
        account("apps-shop-deploy"): {"roles/container.clusterViewer"},
        account("apps-shop-preview"): {"roles/container.clusterViewer"},
        account("gke-nodes"): {"roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount"},
        account("app-storefront"): {"roles/cloudsql.client", "databaseLogin"},
        group("shop-team"): {"roles/container.clusterViewer"},
        group("database-team"): {
            "databaseAdministrator",
            "platformDatabaseOperator",
            "roles/cloudsql.client",
            "roles/monitoring.viewer",
        },
        group("platform-team"): {"platformReader", "roles/logging.viewer", "roles/monitoring.viewer"},
        group("security-team"): {
            "platformReader",
            "roles/iam.securityReviewer",
            "roles/logging.viewAccessor",
            "roles/logging.viewer",
        },
    }


def test_the_organisation_grants_are_exactly_these(granted: Grants) -> None:
    assert granted["123456789012"] == {
        account("identity-preview"): {
            "roles/iam.denyReviewer",
            "organizations/123456789012/roles/organizationPolicyReader.prodfirst_sandbox",
            "roles/orgpolicy.policyViewer",
        }
    }


def test_identity_preview_sees_no_other_project_of_the_organisation() -> None:
    """Roles on the organisation are inherited by all of its projects."""
    [reader] = committed_foundation().of("gcp:organizations/iAMCustomRole:IAMCustomRole").values()
    assert set(reader.inputs["permissions"]) == {"iam.roles.get", "resourcemanager.organizations.getIamPolicy"}
    inherited = set(reader.inputs["permissions"]).union(*map(roles.permissions_of, organization_access.PREDEFINED))
    assert [name for name in sorted(inherited) if name.startswith("resourcemanager.projects.")] == []
    assert [name for name in sorted(inherited) if name.endswith(".getIamPolicy")] == [
        "resourcemanager.organizations.getIamPolicy"
    ]


@pytest.mark.parametrize("owner", [*OWNERS, "apps-shop"])
def test_a_deploy_account_is_used_by_one_job_and_by_nobody_else(granted: Grants, owner: str) -> None:
    assert granted[f"{owner}-deploy"] == {job(f"deploy.yml:environment:{owner}-sandbox:refs/heads/main"): {USER}}


@pytest.mark.parametrize(
    ("owner", "team"),
    [
        ("identity", "security-team"),
        ("team", "security-team"),
        ("platform", "platform-team"),
        ("namespaces", "platform-team"),
        ("storage", "database-team"),
        ("apps-shop", "shop-team"),
    ],
)
def test_a_preview_account_is_used_by_the_reading_jobs_and_by_its_owners_people(
    granted: Grants, owner: str, team: str
) -> None:
    assert granted[f"{owner}-preview"] == {
        job(f"preview.yml:environment:preview-{owner}-sandbox:pull_request"): {USER},
        job("drift.yml:refs/heads/main"): {USER},
        job("audit.yml:refs/heads/main"): {USER},
        job("deploy.yml:refs/heads/main"): {USER},
        group(team): {TOKENS},
    }


def test_the_nodes_account_is_attached_by_the_platforms_deployment_alone(granted: Grants) -> None:
    assert granted["gke-nodes"] == {account("platform-deploy"): {"roles/iam.serviceAccountUser"}}


def test_an_app_runs_as_its_account_in_its_own_namespace_alone(granted: Grants) -> None:
    for app in ("storefront", "reports"):
        assert granted[f"app-{app}"] == {f"serviceAccount:{PROJECT}.svc.id.goog[{app}/{app}]": {USER}}


def test_only_its_consumers_and_its_producer_reach_a_contract(granted: Grants) -> None:
    assert granted["contract-foundation"] == {
        account("identity-deploy"): {ACCESSOR},
        account("identity-preview"): {"contractReviewer"},
        account("team-deploy"): {ACCESSOR},
        account("team-preview"): {ACCESSOR},
    }
    assert granted["contract-identity"] == {
        account("identity-deploy"): {"contractPublisher"},
        account("identity-preview"): {"contractReviewer"},
        account("platform-deploy"): {ACCESSOR},
        account("platform-preview"): {ACCESSOR},
        account("storage-deploy"): {ACCESSOR},
        account("storage-preview"): {ACCESSOR},
    }
    assert granted["contract-network"] == {
        account("platform-deploy"): {"contractPublisher"},
        account("platform-preview"): {"contractReviewer"},
        account("storage-deploy"): {ACCESSOR},
        account("storage-preview"): {ACCESSOR},
    }
    assert granted["contract-storage"] == {
        account("storage-deploy"): {"contractPublisher"},
        account("storage-preview"): {"contractReviewer"},
        account("namespaces-deploy"): {ACCESSOR},
        account("namespaces-preview"): {ACCESSOR},
    }
    assert granted["contract-platform"] == {
        account("platform-deploy"): {"contractPublisher"},
        account("platform-preview"): {"contractReviewer"},
        account("namespaces-deploy"): {ACCESSOR},
        account("namespaces-preview"): {ACCESSOR},
    }


def test_a_teams_contracts_are_reached_by_its_namespaces_and_its_apps_alone(granted: Grants) -> None:
    assert granted["contract-team-shop"] == {
        account("team-deploy"): {"contractPublisher"},
        account("team-preview"): {"contractReviewer"},
        account("namespaces-deploy"): {ACCESSOR},
        account("namespaces-preview"): {ACCESSOR},
    }
    assert granted["contract-namespaces-shop"] == {
        account("namespaces-deploy"): {"contractPublisher"},
        account("namespaces-preview"): {"contractReviewer"},
        account("apps-shop-deploy"): {ACCESSOR},
        account("apps-shop-preview"): {ACCESSOR},
    }


@pytest.mark.parametrize("layer", OWNERS)
def test_a_state_is_reached_by_its_own_accounts_and_by_administrators(granted: Grants, layer: str) -> None:
    assert granted[f"{PROJECT}-state-{layer}"] == {
        account(f"{layer}-deploy"): {"stateLister", "stateWriter"},
        account(f"{layer}-preview"): {"stateLister", "stateReader"},
        ADMINISTRATORS: {"stateLister", "stateWriter"},
    }
    assert granted[f"state/{layer}"] == {
        # A new team is a new stack, whose key its first deployment makes.
        account(f"{layer}-deploy"): {USE if layer in ("team", "namespaces") else DECRYPT},
        account(f"{layer}-preview"): {DECRYPT},
        ADMINISTRATORS: {USE},
        STORAGE: {USE},
    }


def test_the_foundations_state_is_written_by_administrators_and_read_by_its_preview(granted: Grants) -> None:
    assert granted[f"{PROJECT}-state-foundation"] == {
        account("identity-preview"): {"stateLister", "stateReader"},
        ADMINISTRATORS: {"stateLister", "stateWriter"},
    }
    assert granted["state/foundation"] == {
        account("identity-preview"): {DECRYPT},
        ADMINISTRATORS: {USE},
        STORAGE: {USE},
    }


def test_identity_deploy_holds_nothing_beside_the_project_but_its_contracts_and_its_state(granted: Grants) -> None:
    places = {place for place, members in granted.items() if account("identity-deploy") in members}
    assert places == {
        PROJECT,
        "contract-foundation",
        "contract-identity",
        f"{PROJECT}-state-identity",
        "state/identity",
    }


def test_team_deploy_holds_of_the_foundation_its_contract_and_the_policies_of_the_apps_state(granted: Grants) -> None:
    places = {place for place, members in granted.items() if account("team-deploy") in members}
    assert places == {
        PROJECT,
        "contract-foundation",
        "contract-team-shop",
        f"{PROJECT}-state-team",
        "state/team",
        f"{PROJECT}-state-apps",
        "state/apps",
    }


def test_no_stack_that_ci_deploys_grants_to_the_accounts_that_bind_it_but_a_teams_contracts() -> None:
    accounts = {account(f"{owner}-{kind}") for owner in OWNERS for kind in KINDS}
    for engine, contracts in ((committed_daily(), set[str]()), (committed_team(), {"team-shop", "namespaces-shop"})):
        places = {place for place, members in grants(engine).items() if accounts & set(members)}
        assert places == {f"contract-{name}" for name in contracts}


def test_the_grants_to_people_name_groups_alone() -> None:
    assert [
        members for members in grants(committed_daily()).values() if not all("group:" in one for one in members)
    ] == []
    assert set(grants(committed_daily())) == {PROJECT}


@pytest.mark.parametrize("owner", ["identity", "team"])
def test_the_right_to_grant_comes_from_the_foundation(owner: str) -> None:
    granted = grants(committed_foundation())
    assert {role.partition(" if ")[0] for role in granted[PROJECT][account(f"{owner}-deploy")]} == {
        f"{owner}Deploy",
        "identityGrantor",
    }


def folder(team: str) -> str:
    """The condition of a team's access to the apps' state."""
    return f'resource.name.startsWith("projects/_/buckets/{PROJECT}-state-apps/objects/{team}/")'


def test_in_the_state_of_the_apps_a_team_opens_its_own_folder_and_lists_all(granted: Grants) -> None:
    assert granted[f"{PROJECT}-state-apps"] == {
        account("apps-shop-deploy"): {"stateLister", f"stateWriter if {folder('shop')}"},
        account("apps-shop-preview"): {"stateLister", f"stateReader if {folder('shop')}"},
        account("team-deploy"): {"stateGrantor"},
        ADMINISTRATORS: {"stateLister", "stateWriter"},
    }
    assert granted["state/apps"] == {
        account("apps-shop-deploy"): {USE},
        account("apps-shop-preview"): {DECRYPT},
        account("team-deploy"): {"keyGrantor"},
        ADMINISTRATORS: {USE},
        STORAGE: {USE},
    }


@pytest.mark.parametrize(
    ("key", "agent"),
    [
        ("backups", "gcp-sa-gkebackup"),
        ("cluster", "container-engine-robot"),
        ("databases", "gcp-sa-cloud-sql"),
        ("registry", "gcp-sa-artifactregistry"),
    ],
)
def test_a_key_for_data_is_used_by_its_services_agent_and_by_no_account_of_ours(
    granted: Grants, key: str, agent: str
) -> None:
    assert granted[f"data/{key}"] == {f"serviceAccount:service-100200300400@{agent}.iam.gserviceaccount.com": {USE}}


def test_nothing_else_is_granted_anywhere(granted: Grants) -> None:
    contracts = ("foundation", "identity", "network", "platform", "storage", "team-shop", "namespaces-shop")
    states = ("foundation", *OWNERS, "apps")
    assert set(granted) == {
        PROJECT,
        "123456789012",
        "gke-nodes",
        "images-shop",
        "app-storefront",
        "app-reports",
        "app-reports-signing-key",
        *(f"contract-{name}" for name in contracts),
        *(f"{owner}-{kind}" for owner in (*OWNERS, "apps-shop") for kind in KINDS),
        *(f"{PROJECT}-state-{state}" for state in states),
        *(f"state/{state}" for state in states),
        *(f"data/{key}" for key in ("backups", "cluster", "databases", "registry")),
    }


WISHES = {
    "databases": (["orders"], {"roles/cloudsql.client", "databaseLogin"}),
    "traces": (["traces"], {"roles/cloudtrace.agent"}),
    "metrics": (["metrics"], {"roles/monitoring.metricWriter"}),
    "errors": (["errors"], {"roles/errorreporting.writer"}),
    "profiles": (["profiles"], {"roles/cloudprofiler.agent"}),
}


@pytest.mark.parametrize("wish", WISHES)
def test_an_apps_account_has_what_its_entry_asks_for_and_no_more(wish: str) -> None:
    values, roles = WISHES[wish]
    entry = {"databases" if wish == "databases" else "access": values}
    assert grants(program({"apps": {"storefront": entry}}))[PROJECT][account("app-storefront")] == roles


def test_an_app_that_asks_for_nothing_has_no_account() -> None:
    engine = program({"apps": {"storefront": {}}})
    assert "app-storefront" not in engine.of("gcp:serviceaccount/account:Account")
    assert account("app-storefront") not in grants(engine)[PROJECT]


def test_an_apps_secret_is_read_by_the_app_and_filled_by_its_team_alone() -> None:
    bindings = grants(program({"apps": {"storefront": {"secrets": ["smtp"]}}}))
    assert bindings["app-storefront-smtp"] == {
        account("app-storefront"): {ACCESSOR},
        group("shop-team"): {"roles/secretmanager.secretVersionAdder"},
    }
    assert account("app-storefront") not in bindings[PROJECT]


def test_break_glass_holds_one_role_in_the_declared_window_alone() -> None:
    window = {"reason": "the old instance must go", "start": "2026-01-31T19:00:00+01:00", "end": "2026-01-31T20:00:00Z"}
    bindings = grants(program({"breakGlass": window}))
    condition = 'request.time >= timestamp("2026-01-31T18:00:00Z") && request.time < timestamp("2026-01-31T20:00:00Z")'
    assert bindings[PROJECT][group("break-glass")] == {f"breakGlass if {condition}"}


def test_apps_cannot_act_as_their_accounts_before_there_is_a_cluster() -> None:
    bindings = grants(program({"bindWorkloads": False}))
    assert not [member for members in bindings.values() for member in members if ".svc.id.goog[" in member]


# A key that a stack file leaves out has the default of Pulumi.yaml when the engine runs the program.
@pytest.mark.parametrize("left_out", [None, {}], ids=["missing", "default"])
def test_without_an_organisation_nothing_is_granted_or_set_there_and_breaking_glass_is_not_delegated(
    left_out: dict[str, str] | None,
) -> None:
    engine = program({"organization": left_out})
    bindings = grants(engine)
    kinds = {item.type for item in engine.declared}
    assert kinds.isdisjoint({"gcp:iam/denyPolicy:DenyPolicy", "gcp:orgpolicy/policy:Policy"})
    assert set(grants(committed())) - set(bindings) == {"123456789012"}
    assert not [role for role in bindings[PROJECT][account("identity-deploy")] if "breakGlass" in role]


def test_no_service_account_key_is_declared() -> None:
    assert not [item for item in committed().declared if item.type.startswith("gcp:serviceaccount/key")]
