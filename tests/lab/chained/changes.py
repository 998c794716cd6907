"""Changes that concern several layers, from every contract to every program that reads it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lab.plans.edits import Edit, config, entry, text

_FOUNDATION, _IDENTITY, _PLATFORM = "identity/foundation", "identity", "platform"
_SHOP, _BILLING, _STORAGE = "identity/team-shop", "identity/team-billing", "platform/storage"
_SHOPS, _BILLINGS = "platform/namespaces-shop", "platform/namespaces-billing"
_STOREFRONT, _REPORTS, _INVOICES = "apps/storefront", "apps/reports", "apps/invoices"
_CARRIER = {"reason": "Parcels are announced to the carrier", "ranges": ["192.0.2.0/24"], "ports": [443]}
_LEDGER = {
    "owner": "database",
    "version": "POSTGRES_18",
    "tier": "db-custom-1-3840",
    "databases": ["ledger"],
    "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
}
_PROXY = f"gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:{'9' * 64}"


# Groups that the changes name, and that exist before: Google grants nothing to others.
GROUPS = ("audit-team", "data-team", "desk-team", "emergencies", "infra", "shop", "support-team")


@dataclass(frozen=True)
class CrossLayerChange:
    """A change of several layers.

    Attributes:
        name: words with hyphens.
        stacks: titles of the stacks that it concerns, in the order of deployment.
        edits: the change.
    """

    name: str
    stacks: tuple[str, ...]
    edits: tuple[Edit, ...]


def changes() -> Iterator[CrossLayerChange]:
    """Yield all changes."""
    yield from _of_the_foundation()
    yield from _of_teams_in_the_project()
    yield from _of_the_platform()
    yield from _of_datastores()
    yield from _of_apps()
    yield from _of_namespaces()


def _change(name: str, stacks: tuple[str, ...], *edits: Edit) -> CrossLayerChange:
    return CrossLayerChange(name, stacks, edits)


def _of_the_foundation() -> Iterator[CrossLayerChange]:
    own = (_FOUNDATION, _IDENTITY)
    owners = (_FOUNDATION, "identity:owners")
    yield _change("the-platform-has-other-owners", own, config(*owners, "platform", "security-team@example.com"))
    yield _change("the-datastores-have-other-owners", own, config(*owners, "storage", "platform-team@example.com"))
    yield _change(
        "break-glass-is-another-group",
        (_FOUNDATION, _IDENTITY, _PLATFORM),
        config(_FOUNDATION, "identity:breakGlassGroup", "emergencies@example.com"),
        config(
            _IDENTITY,
            "identity:breakGlass",
            {"reason": "restore of orders", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T14:00:00Z"},
        ),
    )
    yield _change("alerts-go-to-another-group", own, config(_FOUNDATION, "identity:alerts", "infra@example.com"))
    yield _change(
        "another-repository",
        (_FOUNDATION, _SHOP),
        config(
            _FOUNDATION,
            "identity:github",
            {"repository": "example/infra", "repositoryId": "400500999", "ownerId": "700800900"},
        ),
    )


def _of_teams_in_the_project() -> Iterator[CrossLayerChange]:
    teams, both = (_IDENTITY, "identity:teams"), (_IDENTITY, _PLATFORM)

    def team(name: str, *capabilities: str) -> Edit:
        return config(*teams, name, {"group": f"{name}-team@example.com", "capabilities": [*capabilities]})

    yield _change("a-team-reads-the-platform", both, team("support", "platform-reader"))
    yield _change("a-team-reads-all-for-security", both, team("audit", "security-reader"))
    yield _change("a-team-uses-the-cluster", both, team("support", "cluster-user"))
    yield _change(
        "two-teams-read-the-platform", both, team("support", "platform-reader"), team("desk", "platform-reader")
    )
    yield _change(
        "the-platform-team-may-do-more",
        both,
        config(*teams, "platform", "capabilities", ["platform-reader", "security-reader"]),
    )
    yield _change("the-platform-team-may-do-less", both, config(*teams, "platform", "capabilities", []))
    yield _change("the-security-team-may-do-less", both, config(*teams, "security", "capabilities", []))
    yield _change(
        "the-platform-team-has-another-group",
        (_FOUNDATION, *both),
        config(_FOUNDATION, "identity:owners", "platform", "infra@example.com"),
        config(*teams, "platform", "group", "infra@example.com"),
    )
    yield _change("another-team-administers-datastores", (_IDENTITY, _STORAGE), team("data", "datastore-admin"))
    yield _change(
        "a-team-reads-and-administers",
        (_IDENTITY, _PLATFORM, _STORAGE),
        team("data", "datastore-admin", "platform-reader"),
    )
    yield _change(
        "the-administrators-have-another-group",
        (_FOUNDATION, _IDENTITY, _STORAGE),
        config(_FOUNDATION, "identity:owners", "storage", "data-team@example.com"),
        config(*teams, "database", "group", "data-team@example.com"),
    )
    yield _change(
        "break-glass-is-open",
        both,
        config(
            _IDENTITY,
            "identity:breakGlass",
            {"reason": "restore of orders", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T14:00:00Z"},
        ),
    )


def _of_the_platform() -> Iterator[CrossLayerChange]:
    quota, own = (_PLATFORM, "platform:namespaceQuota"), (_PLATFORM, _SHOPS)
    destinations = (_PLATFORM, "platform:network", "destinations")
    for name, value in (("cpu", "8"), ("memory", "16Gi"), ("pods", 40), ("services", 9), ("configMaps", 30)):
        yield _change(f"namespaces-have-more-{name.lower()}", (*own, _STOREFRONT), config(*quota, {name: value}))
    yield _change("namespaces-have-more-jobs", (*own, _REPORTS), config(*quota, {"jobs": 9, "cronJobs": 4}))
    yield _change("namespaces-of-both-teams-are-larger", (_PLATFORM, _SHOPS, _BILLINGS), config(*quota, {"pods": 40}))
    yield _change("a-new-destination", own, config(*destinations, "carrier", _CARRIER))
    for name, part, value in (
        ("another-port", "ports", [443, 8443]),
        ("other-addresses", "ranges", ["198.51.100.0/25"]),
    ):
        yield _change(
            f"a-destination-in-use-has-{name}", (*own, _STOREFRONT), config(*destinations, "payments", part, value)
        )
    yield _change(
        "an-app-calls-a-new-destination",
        (*own, _STOREFRONT),
        config(*destinations, "carrier", _CARRIER),
        entry("storefront", "destinations", ["payments", "carrier"]),
    )
    yield _change("a-newer-proxy", (*own, _STOREFRONT), config(_PLATFORM, "platform:databaseProxyImage", _PROXY))
    yield _change("a-newer-kubernetes", own, config(_PLATFORM, "platform:cluster", {"minimumVersion": "1.35"}))
    yield _change(
        "a-comment-on-a-rule",
        (_PLATFORM, _STORAGE, _SHOPS),
        text(
            "platform/platform_layer/network/firewall.py",
            '"Databases, through the proxy"',
            '"Databases, through the Auth Proxy"',
        ),
    )
    yield _change(
        "another-static-address", own, config(_PLATFORM, "platform:network", "staticAddresses", ["partners", "b"])
    )


def _of_datastores() -> Iterator[CrossLayerChange]:
    orders, own = (_STORAGE, "platform:datastores", "orders"), (_STORAGE, _SHOPS)
    apps = (_SHOP, "identity:apps")
    more = ["orders", "returns", "ledger"]
    yield _change("a-new-database", own, config(*orders, "databases", more))
    yield _change("a-larger-machine", own, config(*orders, "tier", "db-custom-4-15360"))
    yield _change("a-new-datastore", own, config(*orders[:2], "ledger", _LEDGER))
    yield _change(
        "an-app-logs-into-a-new-database",
        (_SHOP, _STORAGE, _SHOPS),
        config(*orders, "databases", more),
        config(*apps, "reports", "databases", ["ledger"]),
    )


def _of_apps() -> Iterator[CrossLayerChange]:
    apps, own = (_SHOP, "identity:apps"), (_SHOP, _SHOPS)
    yield _change("a-new-app", own, config(*apps, "basket", {}))
    yield _change("a-new-app-with-an-account", own, config(*apps, "basket", {"access": ["traces"]}))
    yield _change("a-new-app-with-a-database", own, config(*apps, "basket", {"databases": ["orders"]}))
    yield _change("a-new-app-with-a-secret", own, config(*apps, "basket", {"secrets": ["token"]}))
    yield _change("an-app-gets-a-database", (*own, _REPORTS), config(*apps, "reports", "databases", ["returns"]))
    yield _change("an-app-gets-a-secret", (*own, _STOREFRONT), config(*apps, "storefront", "secrets", ["mail"]))
    yield _change("an-app-writes-traces", (*own, _REPORTS), config(*apps, "reports", "access", ["traces"]))
    yield _change("a-team-is-another-group", own, config(_SHOP, "identity:team", "group", "shop@example.com"))
    yield _change("nobody-builds", own, config(_SHOP, "identity:team", "builds", []))
    others = (_BILLING, _BILLINGS)
    yield _change(
        "an-app-without-google-gets-an-account",
        (*others, _INVOICES),
        config(_BILLING, "identity:apps", "invoices", {"access": ["errors"]}),
    )
    yield _change("a-second-app-of-a-team", others, config(_BILLING, "identity:apps", "dunning", {}))
    yield _change(
        "a-team-with-a-database",
        (*others, _INVOICES),
        config(_BILLING, "identity:apps", "invoices", {"databases": ["returns"]}),
        entry("invoices", "database", "returns"),
    )


def _of_namespaces() -> Iterator[CrossLayerChange]:
    own = (_SHOPS, "platform:namespaces")
    yield _change(
        "an-app-is-larger", (_SHOPS, _STOREFRONT), config(*own, "storefront", {"public": True, "quota": {"pods": 40}})
    )
    yield _change(
        "an-app-is-no-longer-public",
        (_SHOPS, _STOREFRONT),
        config(*own, "storefront", {}),
        config(_STOREFRONT, "apps:public", False),
    )
    yield _change(
        "an-app-becomes-public",
        (_BILLINGS, _INVOICES),
        config(_BILLINGS, "platform:namespaces", {"invoices": {"public": True}}),
        config(_INVOICES, "apps:public", True),
    )
    yield _change(
        "an-app-gets-volumes", (_SHOPS, _REPORTS), config(*own, "reports", {"quota": {"volumes": 2, "storage": "20Gi"}})
    )
