"""Methods of Google's published definitions by the kinds of the simulated cloud."""

from functools import cache

from sandbox.google import definitions
from sandbox.google.definitions import Definition

# The versions of the APIs that the vendor's provider calls, by the first part of a method's id.
_VERSIONS = {
    "cloudresourcemanager": ("cloudresourcemanager", "v3"),
    "compute": ("compute", "beta"),
    "container": ("container", "v1beta1"),
    "dns": ("dns", "v1beta2"),
    "logging": ("logging", "v2"),
    "monitoring": ("monitoring", "v3"),
    "orgpolicy": ("orgpolicy", "v2"),
    "sql": ("sqladmin", "v1beta4"),
}


@cache
def reading(kind: str) -> Definition | None:
    """The method that reads a resource of a kind; None if Google publishes none."""
    service = kind.partition(".")[0]
    name, version = _VERSIONS.get(service, (service, "v2beta" if kind == "iam.policies" else "v1"))
    api = definitions.load(name, version)
    ids = {f"{kind}.get", f"{kind}.getPolicy"}
    return next((method for method in api.methods() if method.id in ids), None) if api else None
