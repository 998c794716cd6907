"""Inventory of a sandbox, without values that differ between any two runs: times, numbers, ports, certificates."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from e2e.harness import PROJECT, STACKS, Sandbox
from sandbox import servers
from sandbox.cloud import names
from sandbox.cloud.iam import DENY_PREFIX

INSTANCE = f"{PROJECT}/instances/orders"

# What was asked for, numbered in the order in which it came.
_LOGS = ("dns.changes",)
_VERSIONS = "secretmanager.projects.secrets.versions"
_KINDS = (
    "deployments,replicasets,services,serviceaccounts,networkpolicies,resourcequotas,limitranges,roles,rolebindings"
)


@dataclass(frozen=True)
class Inventory:
    """Of the simulated cloud: bodies by resource name, and who holds which role where; of each secret the payloads;
    of the states: the URNs; of the cluster: the objects that the layers made.
    """

    resources: dict[str, dict[str, Any]]
    grants: frozenset[tuple[str, str, str]]
    payloads: dict[str, frozenset[str]]
    urns: dict[str, tuple[str, ...]]
    objects: frozenset[str]


def inventory(sandbox: Sandbox) -> Inventory:
    """Take it; the servers must run."""
    ports = servers.read_ports(sandbox.path)
    assert ports
    # Behind a colon: the digits alone may stand in another number, such as the project's.
    port = f":{ports.kube_apiserver}"
    resources: dict[str, dict[str, Any]] = {}
    payloads: dict[str, frozenset[str]] = {}
    with sandbox.cloud() as cloud:
        for collection in {method.collection.kind for method in cloud.methods.values()}.difference(_LOGS):
            for stored in cloud.store.find(collection, ""):
                if stored.collection == _VERSIONS:
                    secret = stored.name.rpartition("/versions/")[0]
                    text = base64.b64decode(_payload(stored.declared)).decode().replace(port, ":<port>")
                    # A version has no name of its own: one whose creation was interrupted is made again, alike.
                    payloads[secret] = payloads.get(secret, frozenset()) | {text}
                else:
                    resources[stored.name] = stored.declared
        resources = _by_given_names(resources)
        grants = {
            (resource, str(binding["role"]), str(member))
            for resource, policy in cloud.store.policies()
            if not resource.startswith(DENY_PREFIX)  # deny policies are among the resources
            for binding in cast("list[dict[str, Any]]", policy["bindings"])
            for member in cast("list[str]", binding["members"])
        }
    urns = {
        stack.title: tuple(sorted(each["urn"] for each in sandbox.raw_state(stack)["resources"])) for stack in STACKS
    }
    return Inventory(resources, frozenset(grants), payloads, urns, _objects(sandbox))


def _by_given_names(resources: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Numbered resources under their given names; a name that occurs twice differs by its count."""
    given: dict[str, str] = {}
    for name, body in resources.items():
        collection, _, number = name.rpartition("/")
        if number.isdigit() and "displayName" in body:
            named = f"{collection}/{body['displayName']}"
            given[name] = f"{named} ({sum(other.startswith(named) for other in given.values()) + 1})"
    short = {names.split(name)[1]: names.split(chosen)[1] for name, chosen in given.items()}
    text = json.dumps({given.get(name, name): body for name, body in resources.items()})
    for number, chosen in short.items():
        text = text.replace(f'"{number}"', json.dumps(chosen))
    return cast("dict[str, dict[str, Any]]", json.loads(text))


def _payload(declared: Mapping[str, Any]) -> str:
    return str(cast("dict[str, Any]", declared["payload"])["data"])


def _objects(sandbox: Sandbox) -> frozenset[str]:
    """Kinds and names of the objects in the app's namespace that the layers declare."""
    listed = sandbox.kubectl("get", _KINDS, "--namespace", "storefront", "--output", "json").succeeded()
    items = cast("list[dict[str, Any]]", json.loads(listed.out)["items"])
    return frozenset(f"{item['kind']}/{item['metadata']['name']}" for item in items)


def instances(sandbox: Sandbox) -> list[str]:
    """The names of the Cloud SQL instances."""
    with sandbox.cloud() as cloud:
        return [names.split(stored.name)[1] for stored in cloud.store.find("sql.instances", "")]
