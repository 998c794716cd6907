"""Resources that Google makes by itself with the API of Compute: a network `default`, an account that is an editor.

Organisation policies prevent the network and the account's role when they are in force before; they take back neither.
https://cloud.google.com/vpc/docs/vpc#default-network,
https://cloud.google.com/compute/docs/access/service-accounts#default_service_account
"""

from sandbox.cloud import names
from sandbox.cloud.resources import Call, new_etag, now, stable_number
from sandbox.cloud.services import orgpolicy
from sandbox.cloud.store import Json, StoredResource

COMPUTE = "compute.googleapis.com"
# APIs that enable others with themselves.
_ENABLES = {"container.googleapis.com": (COMPUTE,)}
_EDITOR = "roles/editor"
_LINK = "https://www.googleapis.com/compute/v1/"
_INSIDE = "10.128.0.0/9"  # the ranges of networks in auto mode
_ANYWHERE = "0.0.0.0/0"

# Firewall rule of the network to what it lets in, and from where.
_FIREWALLS: dict[str, tuple[str, list[Json]]] = {
    "default-allow-icmp": (_ANYWHERE, [{"IPProtocol": "icmp"}]),
    "default-allow-internal": (
        _INSIDE,
        [{"IPProtocol": kind, "ports": ["0-65535"]} for kind in ("tcp", "udp")] + [{"IPProtocol": "icmp"}],
    ),
    "default-allow-rdp": (_ANYWHERE, [{"IPProtocol": "tcp", "ports": ["3389"]}]),
    "default-allow-ssh": (_ANYWHERE, [{"IPProtocol": "tcp", "ports": ["22"]}]),
}


def enabled_with(service: str) -> tuple[str, ...]:
    """Returns an API, and the APIs that are enabled with it."""
    return (service, *_ENABLES.get(service, ()))


def default_account(number: str) -> str:
    """Returns the email of the default account of Compute in the project of this number."""
    return f"{number}-compute@developer.gserviceaccount.com"


def on_enabled(call: Call, service: str) -> None:
    """Makes what Google makes when an API is enabled that was not."""
    if service != COMPUTE:
        return
    project = call.parameters["project"]
    if not orgpolicy.enforced(call, "compute.skipDefaultNetworkCreation"):
        _make_network(call, project)
    number = call.cloud.iam.hierarchy.number_of(project)
    email = default_account(number)
    account = {
        "email": email,
        "uniqueId": stable_number(email, 21),
        "name": f"projects/{project}/serviceAccounts/{email}",
    }
    call.cloud.store.put(StoredResource(names.service_account(email), "iam.projects.serviceAccounts", {}, account))
    if not orgpolicy.enforced(call, "iam.automaticIamGrantsForDefaultServiceAccounts"):
        _grant(call, names.project(project), f"serviceAccount:{email}")


def _make_network(call: Call, project: str) -> None:
    network = f"projects/{project}/global/networks/default"
    parts: dict[str, tuple[str, Json]] = {
        network: ("compute.networks", {"name": "default", "autoCreateSubnetworks": True})
    }
    for name, (source, allowed) in _FIREWALLS.items():
        rule = {"name": name, "network": _LINK + network, "direction": "INGRESS", "priority": 65534}
        rule |= {"sourceRanges": [source], "allowed": allowed}
        parts[f"projects/{project}/global/firewalls/{name}"] = ("compute.firewalls", rule)
    for name, (kind, declared) in parts.items():
        full = f"//{COMPUTE}/{name}"
        if call.cloud.store.get(full) is None:
            generated = {"id": stable_number(name), "selfLink": _LINK + name, "creationTimestamp": now()}
            call.cloud.store.put(StoredResource(full, kind, declared, generated))


def _grant(call: Call, project: str, member: str) -> None:
    policy = call.cloud.store.policy(project)
    binding = {"role": _EDITOR, "members": [member]}
    bindings = [*policy.get("bindings", []), binding]
    call.cloud.store.set_policy(project, {**policy, "bindings": bindings, "etag": new_etag()})
