"""References between the resources of a deployment."""

from typing import Any


def dangling(deployment: dict[str, Any]) -> list[str]:
    """URNs of resources that refer to one that the deployment does not hold before them, as the engine demands."""
    held: set[str] = set()
    found: list[str] = []
    for resource in deployment["resources"]:
        by_property = [urn for urns in resource.get("propertyDependencies", {}).values() for urn in urns or ()]
        provider = [resource["provider"].rpartition("::")[0]] if resource.get("provider") else []
        parent = [resource["parent"]] if resource.get("parent") else []
        if not {*resource.get("dependencies", ()), *by_property, *provider, *parent} <= held:
            found.append(resource["urn"])
        held.add(resource["urn"])
    return found
