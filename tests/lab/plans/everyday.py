"""Changes of a day's work: a gate that refuses one of them is in the way."""

from collections.abc import Iterator

from lab.plans.case import EVERYDAY, Case
from lab.plans.edits import Edit, config, drop, entry, new, text, unset

_CLUSTER = "platform/platform_layer/cluster/cluster.py"
_FIREWALL = "platform/platform_layer/network/firewall.py"
_FOUNDATION = "identity/identity_layer/foundation"
_SHOP, _STORAGE, _NAMESPACES = "identity/team-shop", "platform/storage", "platform/namespaces-shop"
_BILLING_NAMESPACES = "platform/namespaces-billing"
# The salts of the sandbox's public passphrases.
_SALTS = {
    "identity": "v1:M1HIpsGIo4M=:v1:1jyz6bCoiY5HJFO2:SPBEk6Ofnhu8YEmLzEnOHe0lyc32MA==",
    "platform": "v1:Y43B4eDoARg=:v1:SJsS4JXNQrk/FaJn:6JWio0N5AC+cSxaU7dU5hAE96h7KBg==",
}
_PARTNER = {"reason": "Parcels are announced to the carrier", "ranges": ["192.0.2.0/24"], "ports": [443]}


def everyday() -> Iterator[Case]:
    """Yield all cases."""
    yield from _identity()
    yield from _platform()
    yield from _storage()
    yield from _namespaces()
    yield from _apps()


def _everyday(name: str, stack: str, *edits: Edit, before: tuple[str, ...] = ()) -> Case:
    return Case(name, stack, EVERYDAY, edits, before=before)


def _stack_file(*lines: str) -> str:
    salt = _SALTS[lines[0].partition(":")[0]]
    listed = "".join(f"  {line}\n" for line in ("gcp:project: prodfirst-sandbox", *lines))
    return f"encryptionsalt: {salt}\nconfig:\n{listed}"


def _new_team() -> tuple[Edit, ...]:
    team = "identity:team: {name: payments, group: payments-team@example.com}"
    apps = "identity:apps: {ledger: {databases: [orders], secrets: [bank-token]}}"
    return (
        new("identity/Pulumi.team-payments-sandbox.yaml", _stack_file(team, apps, "gcp:region: europe-west4")),
        new("platform/Pulumi.namespaces-payments-sandbox.yaml", _stack_file("platform:team: payments")),
    )


def _identity() -> Iterator[Case]:
    teams = ("identity", "identity:teams")
    yield _everyday(
        "a-new-team-that-reads-the-platform",
        "identity",
        config(*teams, "support", {"group": "support-team@example.com", "capabilities": ["platform-reader"]}),
    )
    yield _everyday(
        "a-team-may-do-more",
        "identity",
        config(*teams, "platform", "capabilities", ["platform-reader", "security-reader"]),
    )
    yield _everyday("a-team-may-do-less", "identity", config(*teams, "platform", "capabilities", []))
    window = {"reason": "restore of orders", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T14:00:00Z"}
    yield _everyday("a-window-of-break-glass", "identity", config("identity", "identity:breakGlass", window))
    apps = (_SHOP, "identity:apps")
    yield _everyday("a-new-app", _SHOP, config(*apps, "basket", {}))
    yield _everyday(
        "a-new-app-with-a-database-and-a-secret",
        _SHOP,
        config(*apps, "ledger", {"databases": ["orders"], "secrets": ["bank-token"]}),
    )
    yield _everyday(
        "an-app-writes-traces-and-metrics", _SHOP, config(*apps, "storefront", "access", ["traces", "metrics"])
    )
    yield _everyday("an-app-gets-a-secret", _SHOP, config(*apps, "storefront", "secrets", ["mail-token"]))
    yield _everyday("an-app-gives-its-database-up", _SHOP, config(*apps, "storefront", "databases", []))
    build = {"repository": "example/basket", "repositoryId": "400500777"}
    shop = [{"repository": "example/shop", "repositoryId": "400500601"}]
    yield _everyday("another-repository-builds", _SHOP, config(_SHOP, "identity:team", "builds", [*shop, build]))
    yield _everyday("no-repository-builds", _SHOP, config(_SHOP, "identity:team", "builds", []))
    yield _everyday(
        "a-team-of-apps-is-another-group", _SHOP, config(_SHOP, "identity:team", "group", "shop@example.com")
    )
    yield _everyday(
        "an-app-without-google-goes", "identity/team-billing", config("identity/team-billing", "identity:apps", {})
    )
    yield _everyday(
        "a-second-app-of-a-team",
        "identity/team-billing",
        config("identity/team-billing", "identity:apps", "dunning", {"access": ["errors"]}),
    )
    yield _everyday("a-new-team-with-an-app", "identity/team-payments", *_new_team())
    foundation = "identity/foundation"
    yield _everyday("logs-are-kept-longer", foundation, config(foundation, "identity:auditLog", "retentionDays", 800))
    yield _everyday(
        "the-platform-has-other-owners",
        foundation,
        config(foundation, "identity:owners", "platform", "platform@example.com"),
    )
    alerts = f"{_FOUNDATION}/alerts.py"
    yield _everyday(
        "another-advice-in-an-alert",
        foundation,
        text(
            alerts,
            "GKE changes its own routes (gke-…); any other comes from the platform layer.",
            "Any route but GKE's own (gke-…) comes from the platform layer.",
        ),
    )
    yield _everyday(
        "a-role-reads-more",
        foundation,
        text(
            "identity/identity_layer/foundation/platform_roles.py",
            '"networks", "subnetworks", "globalAddresses", "addresses", "firewalls", "routers"',
            '"networks", "subnetworks", "globalAddresses", "addresses", "firewalls", "routers", "routes"',
        ),
    )


def _platform() -> Iterator[Case]:
    network = ("platform", "platform:network")
    yield _everyday("a-new-destination", "platform", config(*network, "destinations", "carrier", _PARTNER))
    yield _everyday(
        "a-destination-has-another-port", "platform", config(*network, "destinations", "payments", "ports", [443, 8443])
    )
    yield _everyday(
        "a-destination-has-other-addresses",
        "platform",
        config(*network, "destinations", "payments", "ranges", ["198.51.100.0/25"]),
    )
    yield _everyday("a-destination-goes", "platform", unset(*network, "destinations", "payments"))
    yield _everyday("another-static-address", "platform", config(*network, "staticAddresses", ["partners", "bank"]))
    yield _everyday(
        "larger-namespaces",
        "platform",
        config("platform", "platform:namespaceQuota", {"cpu": "6", "memory": "12Gi", "pods": 30}),
    )
    yield _everyday(
        "another-time-of-maintenance",
        "platform",
        config("platform", "platform:cluster", {"maintenance": {"days": ["SU", "MO"], "start": "02:00", "hours": 6}}),
    )
    yield _everyday(
        "a-newer-proxy",
        "platform",
        config(
            "platform", "platform:databaseProxyImage", f"gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:{'9' * 64}"
        ),
    )
    yield _everyday(
        "a-newer-kubernetes", "platform", config("platform", "platform:cluster", {"minimumVersion": "1.35"})
    )
    yield _everyday(
        "the-cluster-after-a-new-team",
        "platform",
        config(
            "identity",
            "identity:teams",
            "support",
            {"group": "support-team@example.com", "capabilities": ["platform-reader"]},
        ),
        before=("identity",),
    )
    yield _everyday(
        "the-cluster-after-a-team-may-do-less",
        "platform",
        config("identity", "identity:teams", "platform", "capabilities", []),
        before=("identity",),
    )
    yield _everyday(
        "another-comment-on-a-rule",
        "platform",
        text(_FIREWALL, '"Databases, through the proxy"', '"Databases, through the Auth Proxy"'),
    )

    yield _everyday(
        "a-provider-of-another-name",
        "platform",
        text(
            _CLUSTER,
            "        self.provider = k8s.Provider(\n            name,",
            '        self.provider = k8s.Provider(\n            f"{name}-2",',
        ),
    )


def _storage() -> Iterator[Case]:
    orders = (_STORAGE, "platform:datastores", "orders")
    yield _everyday("a-larger-machine", _STORAGE, config(*orders, "tier", "db-custom-4-15360"))
    yield _everyday("a-new-database", _STORAGE, config(*orders, "databases", ["orders", "returns", "ledger"]))
    ledger = {
        "owner": "database",
        "version": "POSTGRES_18",
        "tier": "db-custom-1-3840",
        "databases": ["ledger"],
        "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
    }
    yield _everyday("a-new-datastore", _STORAGE, config(*orders[:2], "ledger", ledger))
    yield _everyday("more-backups", _STORAGE, config(*orders, "backups", {"kept": 60}))
    yield _everyday("a-longer-final-backup", _STORAGE, config(*orders, "backups", {"finalDays": 180}))
    yield _everyday(
        "another-hour-of-maintenance", _STORAGE, config(*orders, "maintenance", {"day": "monday", "hour": 3})
    )
    yield _everyday("a-freeze-at-christmas", _STORAGE, config(*orders, "freeze", {"start": "12-01", "end": "01-05"}))
    yield _everyday(
        "other-objectives", _STORAGE, config(*orders, "objectives", {"dataLossMinutes": 10, "downtimeMinutes": 30})
    )
    yield _everyday("another-owner", _STORAGE, config(*orders, "owner", "platform"))
    yield _everyday("a-newer-postgres", _STORAGE, config(*orders, "version", "POSTGRES_18"))
    yield _everyday(
        "datastores-after-another-team-administers",
        _STORAGE,
        config(
            "identity",
            "identity:teams",
            "data",
            {"group": "data-team@example.com", "capabilities": ["datastore-admin"]},
        ),
        before=("identity",),
    )


def _namespaces() -> Iterator[Case]:
    own = (_NAMESPACES, "platform:namespaces")
    yield _everyday("a-larger-namespace", _NAMESPACES, config(*own, "storefront", "quota", {"pods": 40, "cpu": "8"}))
    yield _everyday(
        "a-namespace-with-volumes", _NAMESPACES, config(*own, "reports", {"quota": {"volumes": 2, "storage": "20Gi"}})
    )
    yield _everyday(
        "an-app-becomes-public",
        _BILLING_NAMESPACES,
        config(_BILLING_NAMESPACES, "platform:namespaces", {"invoices": {"public": True}}),
    )
    yield _everyday("an-app-is-no-longer-public", _NAMESPACES, config(*own, "storefront", {}))
    apps = (_SHOP, "identity:apps")
    yield _everyday("the-namespace-of-a-new-app", _NAMESPACES, config(*apps, "basket", {}), before=(_SHOP,))
    yield _everyday(
        "the-namespace-of-an-app-with-a-database",
        _NAMESPACES,
        config(*apps, "ledger", {"databases": ["orders"]}),
        before=(_SHOP,),
    )
    yield _everyday(
        "a-login-for-an-app", _NAMESPACES, config(*apps, "reports", "databases", ["returns"]), before=(_SHOP,)
    )
    yield _everyday(
        "namespaces-of-another-group",
        _NAMESPACES,
        config(_SHOP, "identity:team", "group", "shop@example.com"),
        before=(_SHOP,),
    )
    yield _everyday(
        "all-namespaces-are-larger",
        _NAMESPACES,
        config("platform", "platform:namespaceQuota", {"cpu": "6", "memory": "12Gi", "pods": 30}),
        before=("platform",),
    )
    yield _everyday(
        "the-repository-of-another-build", _NAMESPACES, config(_SHOP, "identity:team", "builds", []), before=(_SHOP,)
    )


def _apps() -> Iterator[Case]:
    shop, reports, image = "apps/storefront", "apps/reports", "europe-west4-docker.pkg.dev/prodfirst-sandbox/shop"
    yield _everyday("another-image", shop, config(shop, "apps:image", f"{image}/storefront@sha256:{'1' * 64}"))
    yield _everyday(
        "another-image-of-a-job", reports, config(reports, "apps:image", f"{image}/reports@sha256:{'1' * 64}")
    )
    yield _everyday("another-setting", shop, entry("storefront", "environment", "LOG_LEVEL", "debug"))
    yield _everyday("one-setting-more", shop, entry("storefront", "environment", "GREETING", "Welcome"))
    yield _everyday("no-settings", shop, drop("apps/entries/storefront.yaml", "environment"))
    yield _everyday("more-memory", shop, entry("storefront", "resources", "memory", "512Mi"))
    yield _everyday("more-pods", shop, config(shop, "apps:replicas", 3))
    yield _everyday("more-pods-at-most", shop, config(shop, "apps:maxReplicas", 8))
    yield _everyday("another-app-calls", shop, entry("storefront", "allowFrom", ["reports", "invoices"]))
    yield _everyday("an-app-calls-a-partner", shop, entry("storefront", "destinations", ["payments"]))
    yield _everyday("another-health-path", shop, entry("storefront", "healthPath", "/ready"))
    yield _everyday("another-port", shop, entry("storefront", "port", 9090))
    yield _everyday("a-longer-shutdown", shop, entry("storefront", "shutdownSeconds", 60))
    yield _everyday("no-database", shop, drop("apps/entries/storefront.yaml", "database"))
    yield _everyday("no-longer-public", shop, config(shop, "apps:public", False))
    yield _everyday("another-schedule", reports, entry("reports", "schedule", "30 4 * * *"))
    yield _everyday("more-time-for-a-job", reports, entry("reports", "activeDeadlineSeconds", 3600))
    yield _everyday("other-arguments", reports, entry("reports", "arguments", ["--yesterday"]))
    yield _everyday(
        "more-labels-on-all-apps",
        "apps/invoices",
        text(
            "apps/apps_layer/workload.py",
            '"app.kubernetes.io/managed-by": "pulumi",',
            '"app.kubernetes.io/managed-by": "pulumi",\n            "app.kubernetes.io/component": "app",',
        ),
    )
    yield _everyday(
        "a-service-becomes-a-worker",
        "apps/invoices",
        *(drop("apps/entries/invoices.yaml", "allowFrom"), entry("invoices", "kind", "worker")),
    )
