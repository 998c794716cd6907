"""The foundation: what binds identity-deploy itself, and is therefore changed by administrators only.

Custom roles, the layers' own accounts and their roles, the way in from GitHub, states and keys, audit, alerts, deny and
organisation policies. All of it is below one component, so that a plan shows at a glance whether it touches the
foundation: an administrator applies such a plan, and to identity-deploy Google refuses it.
What changes day by day (teams, apps, contract secrets) is in layer.py.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import encryption_keys, federation, grants, names, state_store
from identity_layer.alerts import Alerts, AlertsArgs
from identity_layer.apis import Apis
from identity_layer.audit import Audit, AuditArgs
from identity_layer.base import Base
from identity_layer.ci_account import KINDS, ci_account
from identity_layer.custom_roles import CustomRoles, CustomRolesArgs
from identity_layer.deny_policy import DenyPolicy, DenyPolicyArgs
from identity_layer.encryption_keys import KeyRing, KeyRingArgs, KeyUser
from identity_layer.federation import Federation
from identity_layer.grantor import Grantor, GrantorArgs
from identity_layer.organization_access import OrganizationAccess, OrganizationAccessArgs
from identity_layer.organization_policies import OrganizationPolicies, OrganizationPoliciesArgs
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs
from identity_layer.settings import Settings
from identity_layer.state_store import StateAccess, StateAccessArgs, StateStore, StateStoreArgs, StateUser

ACCOUNT_USER = "roles/iam.serviceAccountUser"

# Key for data to the API that encrypts with it, and the name of that API's service agent.
DATA_KEYS = {
    "backups": ("gkebackup", "gcp-sa-gkebackup"),
    "cluster": ("container", "container-engine-robot"),
    "databases": ("sqladmin", "gcp-sa-cloud-sql"),
    "registry": ("artifactregistry", "gcp-sa-artifactregistry"),
}
DATA_RING = "data"


class Foundation(pulumi.ComponentResource):
    """What stands below it is changed by administrators only."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Foundation", name, None, opts)
        self.register_outputs({})


def base(settings: Settings, environment: str, apis: Apis) -> Base:
    """The foundation's first part: custom roles and the ways in."""
    foundation = Foundation("foundation")
    child = pulumi.ResourceOptions(parent=foundation, depends_on=apis.enabled("iam", "sts", "iamcredentials"))
    roles = CustomRoles("role", CustomRolesArgs(settings.project, apis.enabled("iam")), opts=child)
    github = Federation(names.POOL, federation.deployments(settings.project, settings.github), opts=child)
    builds = Federation(names.BUILD_POOL, federation.builds(settings.project, settings.github), opts=child)
    return Base(settings, environment, apis, foundation, roles, github, builds)


def layer_accounts(base: Base) -> dict[str, ServiceAccount]:
    """The CI accounts of the identity and platform layers, by ID."""
    ids = {f"{layer}-{kind}": (layer, kind) for layer in ("identity", "platform") for kind in KINDS}
    return {
        account_id: ci_account(base, layer, kind, grants.FOUNDATION[account_id].roles, base.in_foundation())
        for account_id, (layer, kind) in ids.items()
    }


def node_account(base: Base, platform_deploy: ServiceAccount) -> ServiceAccount:
    """The account of the cluster's nodes; only the platform's deployment may attach it to nodes."""
    return ServiceAccount(
        "gke-nodes",
        ServiceAccountArgs(
            project=base.settings.project,
            account_id="gke-nodes",
            display_name="GKE nodes",
            description="Runs the cluster's nodes. Workloads have accounts of their own.",
            after=base.apis.enabled("iam", "cloudresourcemanager"),
            project_roles=base.project_roles(grants.FOUNDATION["gke-nodes"].roles),
            users={
                "platform-deploy": AccountUser(ACCOUNT_USER, platform_deploy.member, after=[platform_deploy.account])
            },
        ),
        opts=base.in_foundation(),
    )


@dataclass(frozen=True)
class States:
    """Where the states of the layers lie: their keys and buckets."""

    base: Base
    keys: KeyRing
    stores: dict[str, StateStore]

    def access(
        self,
        layer: str,
        who: str,
        user: StateUser,
        opts: pulumi.ResourceOptions | None = None,
    ) -> StateAccess:
        """Access to the state of a layer; `who` names the grant."""
        settings = self.base.settings
        exists: list[pulumi.Resource] = [self.stores[layer].bucket, self.keys.keys[layer]]
        arguments = StateAccessArgs(
            settings.project, settings.region, layer, user, self.base.roles.role("stateLister"), exists
        )
        return StateAccess(f"state-{layer}-{who}", arguments, opts=opts)


def states(base: Base) -> States:
    """For each layer a key, which also encrypts the secrets in the state, and a bucket."""
    users = {"storage": KeyUser(_storage_agent(base), encryption_keys.USE, after=base.apis.enabled("storage"))}
    keys = KeyRing(
        "state",
        KeyRingArgs(
            base.settings.project, base.settings.region, state_store.RING, dict.fromkeys(names.STATE_LAYERS, users)
        ),
        opts=base.in_foundation("cloudkms", "storage"),
    )
    stores = {
        layer: StateStore(
            f"state-{layer}",
            StateStoreArgs(
                project=base.settings.project,
                location=base.settings.region,
                layer=layer,
                after=[keys.keys[layer], *keys.granted[layer]],
            ),
            opts=base.in_foundation("storage"),
        )
        for layer in names.STATE_LAYERS
    }
    return States(base, keys, stores)


def _storage_agent(base: Base) -> pulumi.Output[str]:
    """The account as which Cloud Storage encrypts, as a member of a policy.

    Google makes it when somebody asks for it; its address alone could not be granted anything yet.
    """
    [api] = base.apis.enabled("storage")
    agent = gcp.storage.get_project_service_account_output(
        project=base.settings.project, opts=pulumi.InvokeOutputOptions(depends_on=[api])
    )
    # A preview forgets that the answer depends on the API, and the update that follows its plan must not know better.
    return pulumi.Output.all(agent.member, api.urn).apply(lambda known: str(known[0]))


def state_access(states: States, accounts: dict[str, ServiceAccount]) -> list[StateAccess]:
    """Who reaches which state: its layer's accounts, and the administrators who set it up. The teams': layer.py."""
    base = states.base
    reader, writer = base.roles.role("stateReader"), base.roles.role("stateWriter")
    # The key of a stack is made once, by an administrator; whoever runs the stack only decrypts it.
    administrators = StateUser(f"group:{base.settings.administrators}", writer, encryption_keys.USE)
    found = [
        states.access(layer, "administrators", administrators, base.in_foundation()) for layer in names.STATE_LAYERS
    ]
    for layer in ("identity", "platform"):
        for kind, role in (("preview", reader), ("deploy", writer)):
            account = accounts[f"{layer}-{kind}"]
            user = StateUser(account.member, role, encryption_keys.DECRYPT, after=[account.account])
            found.append(states.access(layer, kind, user, base.in_foundation()))
    return found


def data_keys(base: Base) -> KeyRing:
    """One key per kind of data that the platform keeps, for the agent of the service that keeps it."""
    keys: dict[str, dict[str, KeyUser]] = {}
    for key, (service, agent) in DATA_KEYS.items():
        identity = gcp.projects.ServiceIdentity(
            f"agent-{service}",
            project=base.settings.project,
            service=f"{service}.googleapis.com",
            opts=base.in_foundation(service),
        )
        member = names.service_agent(base.settings.project_number, agent)
        keys[key] = {"agent": KeyUser(member, encryption_keys.USE, after=[identity])}
    return KeyRing(
        "data",
        KeyRingArgs(base.settings.project, base.settings.region, DATA_RING, keys),
        opts=base.in_foundation("cloudkms"),
    )


def grantor(states: States, account: ServiceAccount) -> Grantor:
    """What identity-deploy may grant."""
    base = states.base
    return Grantor(
        "grantor",
        GrantorArgs(
            project=base.settings.project,
            location=base.settings.region,
            account=account,
            role=base.roles.role("identityGrantor"),
            grantable={who: base.project_roles(_grantable(base, roles)) for who, roles in grants.GRANTABLE.items()},
            bucket_role=base.roles.role("stateGrantor"),
            key_role=base.roles.role("keyGrantor"),
            store=states.stores["apps"],
            key=states.keys.keys["apps"],
        ),
        opts=base.in_foundation(),
    )


def _grantable(base: Base, roles: frozenset[str]) -> frozenset[str]:
    # Without a deny policy nothing but this list keeps identity-deploy from breaking glass for itself.
    return roles if base.settings.organization else roles - grants.BREAK_GLASS.roles


def guard_rails(base: Base, accounts: dict[str, ServiceAccount]) -> list[pulumi.Resource]:
    """Audit, alerts, and where there is an organisation its policies and the deny policy."""
    identity_deploy = accounts["identity-deploy"]
    settings = base.settings
    built: list[pulumi.Resource] = [
        Audit(
            "audit",
            AuditArgs(settings.project, settings.region),
            opts=base.in_foundation("logging", "cloudresourcemanager"),
        ),
        Alerts(
            "alert",
            AlertsArgs(settings.project, settings.alerts, base.apis.enabled("monitoring", "logging")),
            opts=base.in_foundation("monitoring", "logging"),
        ),
    ]
    if settings.organization:
        built += [
            OrganizationPolicies(
                "organization",
                OrganizationPoliciesArgs(settings.project, settings.organization.customer_id),
                opts=base.in_foundation("orgpolicy"),
            ),
            DenyPolicy(
                "guard-rails",
                DenyPolicyArgs(
                    settings.project, settings.break_glass.group, identity_deploy.email, identity_deploy.account
                ),
                opts=base.in_foundation("iam"),
            ),
            OrganizationAccess(
                "organization-access",
                OrganizationAccessArgs(settings.organization.id, accounts["identity-preview"]),
                opts=base.in_foundation(),
            ),
        ]
    return built
