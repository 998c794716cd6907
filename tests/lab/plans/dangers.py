"""Changes that have to be stopped, made on purpose or by mistake, by a stack file or by a program.

A change that a layer's own settings refuse is none of them: it has no plan.
"""

from collections.abc import Iterator

from lab.plans.case import Case
from lab.plans.edits import Edit, config, text, unset

_DATASTORE = "platform/platform_layer/storage/datastore.py"
_POSTGRES = "platform/platform_layer/storage/postgres.py"
_CLUSTER = "platform/platform_layer/cluster/cluster.py"
_BACKUP = "platform/platform_layer/cluster/backup.py"
_NETWORK = "platform/platform_layer/network/network.py"
_FIREWALL = "platform/platform_layer/network/firewall.py"
_NAMESPACE = "platform/platform_layer/namespaces/namespace.py"
_REGISTRY = "platform/platform_layer/namespaces/registry.py"
_ROLES = "platform/platform_layer/namespaces/team_roles.py"
_POLICIES = "platform/platform_layer/namespaces/network_policies.py"
_READERS = "platform/platform_layer/cluster/cluster_readers.py"
_FOUNDATION = "identity/identity_layer/foundation"
_GRANTS = "identity/identity_layer/grants.py"
_TEAM = "identity/identity_layer/team"
_PODS = "apps/apps_layer/pods.py"
_CONTAINERS = "apps/apps_layer/containers.py"
_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
_SHOP, _STORAGE, _NAMESPACES = "identity/team-shop", "platform/storage", "platform/namespaces-shop"


def _danger(
    label: str,
    name: str,
    stack: str,
    *edits: Edit,
    way: str = "",
    before: tuple[str, ...] = (),
    unprotected: tuple[str, ...] = (),
    known: str = "",
) -> Case:
    return Case(name, stack, label, edits, way, before, unprotected, known)


def dangers() -> Iterator[Case]:
    """Yield all cases."""
    yield from _of_datastores()
    yield from _of_the_platform()
    yield from _of_namespaces()
    yield from _of_the_foundation()
    yield from _of_grants()
    yield from _of_apps()


def _of_datastores() -> Iterator[Case]:
    orders = (_STORAGE, "platform:datastores", "orders")
    protect = "                protect=not retired,\n                # The provider"
    yield _danger("deletion", "a-datastore-goes", _STORAGE, config(*orders[:2], {}))
    yield _danger("deletion", "a-database-goes", _STORAGE, config(*orders, "databases", ["orders"]))
    yield _danger(
        "deletion",
        "an-unprotected-datastore-goes",
        _STORAGE,
        config(*orders[:2], {}),
        way="two steps",
        unprotected=(_INSTANCE,),
    )
    yield _danger(
        "replacement",
        "an-instance-has-another-name",
        _STORAGE,
        text(
            _DATASTORE,
            "name=self._name,\n            project=args.project,\n            region",
            'name=f"{self._name}-2",\n            project=args.project,\n            region',
        ),
    )
    yield _danger(
        "replacement",
        "an-unprotected-instance-has-another-name",
        _STORAGE,
        text(
            _DATASTORE,
            "name=self._name,\n            project=args.project,\n            region",
            'name=f"{self._name}-2",\n            project=args.project,\n            region',
        ),
        text(_DATASTORE, protect, protect.replace("not retired", "False")),
        way="two steps",
        unprotected=(_INSTANCE,),
    )
    yield _danger(
        "deletion",
        "a-database-has-another-urn",
        _STORAGE,
        text(_DATASTORE, 'f"{self._name}-{database}",', 'f"{self._name}-db-{database}",'),
        way="rename",
    )
    yield _danger(
        "unprotection",
        "an-instance-loses-protect",
        _STORAGE,
        text(_DATASTORE, protect, protect.replace("not retired", "False")),
    )
    yield _danger(
        "unprotection",
        "an-instance-may-be-deleted-by-the-api",
        _STORAGE,
        text(_DATASTORE, "deletion_protection=not retired,", "deletion_protection=False,"),
    )
    yield _danger(
        "unprotection",
        "an-instance-is-left-behind",
        _STORAGE,
        text(_DATASTORE, protect, protect.replace("protect", "retain_on_delete=True,\n                protect", 1)),
    )
    yield _danger(
        "unprotection",
        "an-instance-is-deleted-before-it-is-replaced",
        _STORAGE,
        text(
            _DATASTORE, protect, protect.replace("protect", "delete_before_replace=True,\n                protect", 1)
        ),
    )
    yield _danger(
        "unprotection",
        "a-datastore-is-retired",
        _STORAGE,
        config(
            *orders,
            "retire",
            {"reason": "orders moved to the new system", "approvedBy": "jane@example.com", "after": "2030-01-01"},
        ),
    )
    yield _danger(
        "backups",
        "no-backups",
        _STORAGE,
        text(
            _POSTGRES, "        enabled=True,\n        point_in_time", "        enabled=False,\n        point_in_time"
        ),
    )
    yield _danger(
        "backups",
        "no-points-in-time",
        _STORAGE,
        text(_POSTGRES, "point_in_time_recovery_enabled=True", "point_in_time_recovery_enabled=False"),
    )
    yield _danger(
        "backups", "fewer-days-of-points-in-time", _STORAGE, config(*orders, "backups", {"pointInTimeDays": 2})
    )
    yield _danger("backups", "fewer-backups", _STORAGE, config(*orders, "backups", {"kept": 7}))
    yield _danger(
        "backups",
        "backups-go-with-the-instance",
        _STORAGE,
        text(_POSTGRES, "retain_backups_on_delete=True", "retain_backups_on_delete=False"),
    )
    yield _danger(
        "backups",
        "no-standby",
        _STORAGE,
        config(*orders, "objectives", {"dataLossMinutes": 5, "downtimeMinutes": 240}),
        config(*orders, "highlyAvailable", False),
    )
    yield _danger("exposure", "a-public-database", _STORAGE, text(_POSTGRES, "ipv4_enabled=False", "ipv4_enabled=True"))
    yield _danger(
        "exposure",
        "a-database-without-encryption",
        _STORAGE,
        text(_POSTGRES, 'ENCRYPTED_ONLY",', 'ALLOW_UNENCRYPTED_AND_ENCRYPTED",'),
    )
    yield _danger(
        "exposure",
        "a-database-without-a-connector",
        _STORAGE,
        text(_POSTGRES, 'connector_enforcement="REQUIRED"', 'connector_enforcement="NOT_REQUIRED"'),
    )
    yield _danger(
        "audit",
        "a-database-records-nothing",
        _STORAGE,
        text(_POSTGRES, '    "cloudsql.enable_pgaudit": "on",  # 6.2.8\n', ""),
    )
    yield _danger(
        "key",
        "a-datastore-has-googles-key",
        _STORAGE,
        text(_DATASTORE, "            encryption_key_name=args.key,\n", ""),
    )


def _of_the_platform() -> Iterator[Case]:
    network = ("platform", "platform:network")
    yield _danger("replacement", "another-range-of-nodes", "platform", config(*network, "nodes", "10.0.0.0/21"))
    yield _danger("replacement", "another-range-of-pods", "platform", config(*network, "pods", "10.32.0.0/14"))
    yield _danger(
        "replacement",
        "another-cluster",
        "platform",
        text(
            _CLUSTER,
            "            name,\n            name=name,\n            project=args.project,\n            location",
            '            name,\n            name=f"{name}-2",\n            project=args.project,\n            location',
        ),
    )
    yield _danger(
        "replacement",
        "a-provider-of-another-cluster",
        "platform",
        text(_CLUSTER, "cluster_identifier=self._cluster.id", 'cluster_identifier="another"'),
        way="provider",
    )
    yield _danger("deletion", "an-address-of-partners-goes", "platform", config(*network, "staticAddresses", []))
    yield _danger(
        "replacement",
        "another-domain",
        "platform",
        config("platform", "platform:gateway", {"domain": "shop.example.com"}),
    )
    yield _danger("deletion", "the-gateway-goes", "platform", config("platform", "platform:gateway", {}))
    yield _danger(
        "exposure", "everything-may-leave", "platform", text(_FIREWALL, '        self._refuse_the_rest("EGRESS")\n', "")
    )
    yield _danger(
        "exposure",
        "everybody-comes-in",
        "platform",
        text(_FIREWALL, 'LOAD_BALANCERS = ("35.191.0.0/16", "130.211.0.0/22")', 'LOAD_BALANCERS = ("0.0.0.0/0",)'),
    )
    yield _danger(
        "exposure",
        "public-nodes",
        "platform",
        text(_CLUSTER, "enable_private_nodes=True", "enable_private_nodes=False"),
    )
    yield _danger(
        "exposure",
        "a-public-control-plane",
        "platform",
        text(
            _CLUSTER,
            "ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=False)",
            "ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=True)",
        ),
    )
    yield _danger("backups", "backups-of-the-cluster-pause", "platform", text(_BACKUP, "paused=False", "paused=True"))
    yield _danger(
        "backups", "backups-of-the-cluster-are-short", "platform", text(_BACKUP, "KEPT_DAYS = 35", "KEPT_DAYS = 15")
    )
    yield _danger(
        "audit",
        "flows-are-not-logged",
        "platform",
        text(
            _NETWORK,
            'log_config=gcp.compute.SubnetworkLogConfigArgs(\n                aggregation_interval="INTERVAL_5_SEC", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"\n            )',  # noqa: E501  a text of the program
            "log_config=None",
        ),
    )
    yield _danger(
        "audit", "names-are-not-logged", "platform", text(_NETWORK, "enable_logging=True", "enable_logging=False")
    )
    yield _danger(
        "audit",
        "the-control-plane-is-not-logged",
        "platform",
        text(
            _CLUSTER,
            'enable_components=["SYSTEM_COMPONENTS", "WORKLOADS", *CONTROL_PLANE]',
            'enable_components=["SYSTEM_COMPONENTS"]',
        ),
    )
    yield _danger(
        "unprotection",
        "the-network-loses-protect",
        "platform",
        text(_NETWORK, "pulumi.ResourceOptions(parent=self, protect=True)", "pulumi.ResourceOptions(parent=self)"),
    )
    yield _danger(
        "unprotection",
        "the-cluster-may-be-deleted",
        "platform",
        text(_CLUSTER, "deletion_protection=True", "deletion_protection=False"),
    )
    yield _danger(
        "escalation",
        "readers-see-more-kinds",
        "platform",
        text(_READERS, '"csidrivers", "csinodes"', '"csidrivers", "csinodes", "csistoragecapacities"'),
    )
    yield _danger(
        "escalation",
        "readers-write",
        "platform",
        text(
            _READERS,
            'Rule("", ("pods/log",), ("get",)),',
            'Rule("", ("pods/log",), ("get",)),\n    Rule("rbac.authorization.k8s.io", ("clusterrolebindings",), ("create", "update")),',  # noqa: E501  a text of the program
        ),
    )
    yield _danger(
        "key",
        "secrets-of-the-cluster-are-plain",
        "platform",
        text(_CLUSTER, 'state="ENCRYPTED",\n                key_name=args.key,  # CIS 5.3.1', 'state="DECRYPTED",'),
    )


def _of_namespaces() -> Iterator[Case]:
    apps = (_SHOP, "identity:apps")
    yield _danger("deletion", "a-namespace-goes-with-its-app", _NAMESPACES, unset(*apps, "reports"), before=(_SHOP,))
    yield _danger(
        "deletion", "a-login-goes", _NAMESPACES, config(*apps, "storefront", "databases", []), before=(_SHOP,)
    )
    yield _danger(
        "unprotection",
        "a-namespace-is-retired",
        _NAMESPACES,
        config(_NAMESPACES, "platform:namespaces", "reports", {"retire": "the report is made elsewhere"}),
    )
    yield _danger(
        "deletion",
        "a-namespace-has-another-urn",
        _NAMESPACES,
        text(
            _NAMESPACE,
            "        self.resource = k8s.core.v1.Namespace(\n            name,",
            '        self.resource = k8s.core.v1.Namespace(\n            f"{name}-namespace",',
        ),
        way="rename",
    )
    yield _danger(
        "deletion",
        "a-role-has-another-urn",
        _NAMESPACES,
        text(
            _ROLES,
            'k8s.rbac.v1.Role(\n            f"{name}-{role}",',
            'k8s.rbac.v1.Role(\n            f"{name}-role-{role}",',
        ),
        way="rename",
    )
    yield _danger(
        "replacement",
        "a-repository-has-another-name",
        _NAMESPACES,
        text(_REGISTRY, "repository_id=args.team,", 'repository_id=f"{args.team}-images",'),
    )
    yield _danger(
        "exposure", "tags-can-be-moved", _NAMESPACES, text(_REGISTRY, "immutable_tags=True", "immutable_tags=False")
    )
    yield _danger(
        "exposure",
        "everybody-pushes-images",
        _NAMESPACES,
        text(_REGISTRY, 'member=f"serviceAccount:{args.pusher}"', 'member="allAuthenticatedUsers"'),
    )
    yield _danger(
        "exposure",
        "namespaces-are-open",
        _NAMESPACES,
        text(_POLICIES, '        "default-deny": _for_all(["Ingress", "Egress"]),\n', ""),
    )
    yield _danger(
        "escalation",
        "privileged-pods",
        _NAMESPACES,
        text(_NAMESPACE, 'levels = {f"{prefix}/{mode}": "restricted"', 'levels = {f"{prefix}/{mode}": "privileged"'),
    )
    yield _danger(
        "escalation",
        "developers-read-secrets",
        _NAMESPACES,
        text(
            _ROLES,
            'Rule("", ("configmaps", "services"), WRITE)',
            'Rule("", ("configmaps", "services", "secrets"), WRITE)',
        ),
    )
    yield _danger(
        "escalation",
        "developers-enter-pods",
        _NAMESPACES,
        text(
            _ROLES,
            'Rule("", ("pods/log",), ("get",)),',
            'Rule("", ("pods/log",), ("get",)),\n        Rule("", ("pods/exec",), ("create",)),',
        ),
    )
    yield _danger(
        "escalation",
        "developers-bind-roles",
        _NAMESPACES,
        text(
            _ROLES,
            'Rule("apps", ("replicasets",), READ),',
            'Rule("apps", ("replicasets",), READ),\n        Rule("rbac.authorization.k8s.io", ("rolebindings", "roles"), WRITE),',  # noqa: E501  a text of the program
        ),
    )
    yield _danger(
        "escalation",
        "developers-read-leases",
        _NAMESPACES,
        text(
            _ROLES,
            'Rule("apps", ("replicasets",), READ),',
            'Rule("apps", ("replicasets",), READ),\n        Rule("coordination.k8s.io", ("leases",), READ),',
        ),
    )
    yield _danger(
        "escalation",
        "everybody-is-a-developer",
        _NAMESPACES,
        text(
            "platform/platform_layer/namespaces/app_namespaces.py",
            'Subject("Group", team.group)',
            'Subject("Group", "system:authenticated")',
        ),
    )


def _of_the_foundation() -> Iterator[Case]:
    stack = "identity/foundation"
    yield _danger(
        "audit",
        "reads-of-secrets-leave-no-trace",
        stack,
        text(f"{_FOUNDATION}/audit.py", '    "secretmanager.googleapis.com": "every read of a secret",\n', ""),
    )
    yield _danger(
        "audit",
        "writes-leave-no-trace",
        stack,
        text(
            f"{_FOUNDATION}/audit.py",
            'for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")',
            'for kind in ("ADMIN_READ",)',
        ),
    )
    yield _danger("audit", "logs-are-short", stack, config(stack, "identity:auditLog", "retentionDays", 30))
    yield _danger(
        "audit",
        "less-is-logged",
        stack,
        text(
            f"{_FOUNDATION}/audit.py",
            "filter=f'logName:\"projects/{args.project}/logs/cloudaudit.googleapis.com\"'",
            'filter="severity>=ERROR"',
        ),
    )
    yield _danger(
        "audit",
        "the-sink-has-another-urn",
        stack,
        text(
            f"{_FOUNDATION}/audit.py",
            "gcp.logging.ProjectSink(\n            name,",
            'gcp.logging.ProjectSink(\n            f"{name}-sink",',
        ),
        way="rename",
    )
    yield _danger(
        "audit",
        "an-alert-goes",
        stack,
        text(
            f"{_FOUNDATION}/alerts.py",
            "for key, alert in ALERTS.items():",
            'for key, alert in [(key, alert) for key, alert in ALERTS.items() if key != "owner"]:',
        ),
    )
    yield _danger("audit", "alerts-go-elsewhere", stack, config(stack, "identity:alerts", "nobody@example.com"))
    yield _danger(
        "exposure",
        "an-organisation-policy-goes",
        stack,
        config(stack, "identity:organization", "without", ["iam.allowedPolicyMemberDomains"]),
    )
    yield _danger(
        "escalation",
        "a-person-on-call",
        stack,
        config(stack, "identity:onCall", {"people": ["jane@example.com"]}),
    )
    yield _danger(
        "escalation",
        "less-is-denied",
        stack,
        text(f"{_FOUNDATION}/deny_policy.py", '        "cloudsql.googleapis.com/instances.delete",\n', ""),
    )
    yield _danger(
        "escalation",
        "other-jobs-sign-in",
        stack,
        text(
            f"{_FOUNDATION}/federation.py",
            "f'assertion.repository_id == \"{github.repository_id}\"',\n            f'assertion.repository_owner_id == \"{github.owner_id}\"',\n            'assertion",  # noqa: E501  a text of the program
            "f'assertion.repository_owner_id == \"{github.owner_id}\"',\n            'assertion",
        ),
    )
    yield _danger(
        "escalation",
        "the-granting-account-may-grant-more",
        stack,
        text(
            _GRANTS,
            "*WORKLOAD_ACCESS.values(), DATABASE_CLIENT]),",
            '*WORKLOAD_ACCESS.values(), DATABASE_CLIENT]) | {"roles/owner"},',
        ),
    )
    yield _danger(
        "escalation",
        "a-role-sets-policies",
        stack,
        text(
            "identity/identity_layer/foundation/platform_roles.py",
            '    | verbs("binaryauthorization.policy", "get")',
            '    | verbs("binaryauthorization.policy", "get")\n    | verbs("resourcemanager.projects", "setIamPolicy")',
        ),
    )
    yield _danger(
        "key",
        "keys-are-not-rotated",
        stack,
        text(f"{_FOUNDATION}/encryption_keys.py", "                rotation_period=ROTATION,\n", ""),
    )
    yield _danger(
        "key",
        "a-key-goes",
        stack,
        text(f"{_FOUNDATION}/data_keys.py", '    "registry": ("artifactregistry", "gcp-sa-artifactregistry"),\n', ""),
    )
    yield _danger(
        "key",
        "a-key-has-another-urn",
        stack,
        text(
            f"{_FOUNDATION}/encryption_keys.py",
            'gcp.kms.CryptoKey(\n                f"{name}-{key}",',
            'gcp.kms.CryptoKey(\n                f"{name}-key-{key}",',
        ),
        way="rename",
    )
    yield _danger(
        "key",
        "keys-are-destroyed-soon",
        stack,
        text(
            f"{_FOUNDATION}/encryption_keys.py",
            'TIME_TO_TAKE_BACK = f"{30 * 24 * 3600}s"',
            'TIME_TO_TAKE_BACK = f"{24 * 3600}s"',
        ),
    )
    yield _danger(
        "backups",
        "states-have-no-versions",
        stack,
        text(
            f"{_FOUNDATION}/state_store.py", "BucketVersioningArgs(enabled=True)", "BucketVersioningArgs(enabled=False)"
        ),
    )
    yield _danger(
        "exposure",
        "states-may-be-public",
        stack,
        text(
            f"{_FOUNDATION}/state_store.py",
            'public_access_prevention="enforced"',
            'public_access_prevention="inherited"',
        ),
    )
    yield _danger(
        "deletion",
        "a-contract-goes",
        stack,
        text(
            "identity/identity_layer/contract_secret.py",
            "gcp.secretmanager.Secret(\n            name,",
            'gcp.secretmanager.Secret(\n            f"{name}-secret",',
        ),
        way="rename",
    )


def _of_grants() -> Iterator[Case]:
    platform = '            {"platformReader", "roles/iam.securityReviewer"'
    owner = text(_GRANTS, platform, platform.replace('{"platformReader"', '{"roles/owner", "platformReader"'))
    yield _danger("escalation", "a-team-is-owner", "identity", owner)
    token = text(
        _GRANTS,
        platform,
        platform.replace('{"platformReader"', '{"roles/iam.serviceAccountTokenCreator", "platformReader"'),
    )
    yield _danger("escalation", "a-team-acts-as-every-account", "identity", token)
    yield _danger(
        "escalation",
        "reviewers-are-editors",
        "identity",
        text(_GRANTS, '"roles/logging.viewAccessor", ', '"roles/logging.viewAccessor", "roles/editor", '),
    )
    yield _danger(
        "escalation",
        "an-app-is-editor",
        _SHOP,
        text(_GRANTS, 'frozenset({"roles/cloudtrace.agent"})', 'frozenset({"roles/editor"})'),
        config(_SHOP, "identity:apps", "storefront", "access", ["traces"]),
    )
    yield _danger("deletion", "a-secret-goes", _SHOP, config(_SHOP, "identity:apps", "reports", "secrets", []))
    yield _danger("deletion", "an-app-goes-with-its-secret", _SHOP, unset(_SHOP, "identity:apps", "reports"))
    yield _danger(
        "escalation",
        "people-deploy",
        _SHOP,
        text(
            "identity/identity_layer/ci_account.py",
            'return {"github": self._job(jobs.deploying(self.branch, owner, self.environment))}',
            'return {\n            "github": self._job(jobs.deploying(self.branch, owner, self.environment)),\n            "people": AccountUser(TOKEN_CREATOR, "group:shop-team@example.com"),\n        }',  # noqa: E501  a text of the program
        ),
    )
    yield _danger(
        "escalation",
        "an-account-has-a-key",
        _SHOP,
        text(
            "identity/identity_layer/service_account.py",
            '        self.register_outputs({"email": self.email})',
            '        gcp.serviceaccount.Key(name, service_account_id=self.account.name, opts=pulumi.ResourceOptions(parent=self))\n        self.register_outputs({"email": self.email})',  # noqa: E501  a text of the program
        ),
    )
    yield _danger(
        "exposure",
        "everybody-reads-a-secret",
        _SHOP,
        text(
            f"{_TEAM}/app_secret.py",
            '("owners", FILLER, args.owners)',
            '("owners", FILLER, args.owners), ("all", READER, "allUsers")',
        ),
    )
    yield _danger(
        "escalation",
        "access-stays-behind",
        _SHOP,
        text(
            "identity/identity_layer/service_account.py",
            "opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *role.after]),",
            "opts=pulumi.ResourceOptions(parent=self, depends_on=[self.account, *role.after], retain_on_delete=True),",
        ),
    )
    yield _danger(
        "escalation",
        "any-workload-is-an-app",
        _SHOP,
        text(
            f"{_TEAM}/accounts.py", "names.workload_member(base.settings.project, app, app)", '"allAuthenticatedUsers"'
        ),
    )
    yield _danger(
        "escalation",
        "a-team-opens-all-states",
        _SHOP,
        text(
            f"{_FOUNDATION}/state_store.py",
            "condition=within(bucket, user.folder) if user.folder else None,",
            "condition=None,",
        ),
    )


def _of_apps() -> Iterator[Case]:
    shop = "apps/storefront"
    yield _danger(
        "escalation",
        "a-privileged-container",
        shop,
        text(
            _CONTAINERS, "allow_privilege_escalation=False,\n        read_only", "privileged=True,\n        read_only"
        ),
    )
    yield _danger(
        "escalation",
        "a-pod-on-the-nodes-network",
        shop,
        text(
            _PODS,
            "        enable_service_links=False,",
            "        enable_service_links=False,\n        host_network=True,",
        ),
    )
    yield _danger(
        "escalation",
        "a-pod-with-the-nodes-files",
        shop,
        text(
            _PODS,
            "        volumes=[\n",
            '        volumes=[\n            k8s.core.v1.VolumeArgs(name="host", host_path=k8s.core.v1.HostPathVolumeSourceArgs(path="/")),\n',  # noqa: E501  a text of the program
        ),
    )
    yield _danger(
        "escalation",
        "a-pod-as-root",
        shop,
        text(_PODS, "        run_as_non_root=True,\n        run_as_user=UNPRIVILEGED,", "        run_as_user=0,"),
    )
    yield _danger(
        "exposure",
        "an-app-is-open-to-all",
        shop,
        text(
            "apps/apps_layer/traffic.py",
            "    callers = [_pods_of(namespace) for namespace in sorted(set(entry.allow_from))]",
            '    callers = [_addresses("0.0.0.0/0")]',
        ),
    )
    yield _danger(
        "exposure",
        "an-app-calls-everything",
        shop,
        text("apps/apps_layer/traffic.py", "_addresses(platform.google_apis)", '_addresses("0.0.0.0/0")'),
        known="a port by name may be called everywhere: the network's firewall still refuses it, and the digest says it",  # noqa: E501  a text of the program
    )
    yield _danger(
        "exposure",
        "a-load-balancer-of-an-app",
        shop,
        text("apps/apps_layer/web_service.py", 'type="ClusterIP"', 'type="LoadBalancer"'),
    )
    yield _danger(
        "deletion",
        "an-app-object-has-another-urn",
        shop,
        text(
            "apps/apps_layer/web_service.py",
            "        return k8s.core.v1.Service(\n            self.name,",
            '        return k8s.core.v1.Service(\n            f"{self.name}-service",',
        ),
        way="rename",
    )
    yield _danger(
        "replacement",
        "an-app-in-another-cluster",
        shop,
        text("apps/apps_layer/cluster.py", 'f"{cluster.location}/{cluster.name}"', '"another"'),
        way="provider",
    )
