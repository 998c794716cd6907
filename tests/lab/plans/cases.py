"""All cases of the benchmark, and the environment that they change."""

from lab.plans.case import Case
from lab.plans.dangers import dangers
from lab.plans.edits import Edit, config
from lab.plans.everyday import everyday

_DESTINATION = {"reason": "Payments by card", "ranges": ["203.0.113.0/24"], "ports": [443]}


def cases() -> tuple[Case, ...]:
    """Return all cases; `base` is what they change."""
    return (*everyday(), *dangers())


def base() -> tuple[Edit, ...]:
    """Return what the examples' environment declares beside the examples, so that there is something of each kind."""
    return (
        config("platform", "platform:network", "destinations", {"payments": _DESTINATION}),
        config("platform", "platform:network", "staticAddresses", ["partners"]),
        config("platform", "platform:gateway", {"domain": "apps.example.com"}),
        config("platform/namespaces-shop", "platform:namespaces", {"storefront": {"public": True}}),
        config("apps/storefront", "apps:public", True),
        config("platform/storage", "platform:datastores", "orders", "databases", ["orders", "returns"]),
    )
