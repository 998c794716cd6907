"""Rules on layers: their resource types, their identities, and their separation from each other."""

import re
from collections.abc import Iterator
from typing import Any

from engine import strict_yaml
from engine.inputs import UNKNOWN, Secret, at, items, mapping, named, shown
from engine.strict_yaml import StrictYamlError
from policy_pack import objects
from policy_pack.environments import SANDBOX
from policy_pack.layers import LAYERS
from policy_pack.permitted_inputs import PERMITTED_INPUTS
from policy_pack.rule import Finding, Resource, Severity, Stack, like, of, rule, stack_rule

EVERYTHING = like(r".*")
GOOGLE = "pulumi:providers:gcp"
KUBERNETES = "pulumi:providers:kubernetes"
_OBJECT = re.compile(r"kubernetes:([a-z0-9.-]+)/(v[a-z0-9]+):([A-Z]\w*?)(?:Patch)?")
_STORED = ("credentials", "accessToken")
# DNS endpoint of a cluster: https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation.
# In the sandbox it is a cluster on this machine.
_SERVER = re.compile(r"https://gke-[a-z0-9-]+\.[a-z0-9-]+\.gke\.goog")
_LOCAL = re.compile(r"https://localhost:[1-9][0-9]{3,4}")
_PLUGIN_ARGUMENTS = ["--use_application_default_credentials"]
_OF_USERS = frozenset({"apiVersion", "args", "command", "exec", "installHint", "interactiveMode", "provideClusterInfo"})
# Keys of a kubeconfig that give access to everybody with the file, or send the caller's identity elsewhere.
_CREDENTIALS = frozenset(
    {
        "token",
        "tokenFile",
        "password",
        "username",
        "client-key-data",
        "client-key",
        "client-certificate-data",
        "auth-provider",
    }
)
_PLUGIN = "gke-gcloud-auth-plugin"
_OPTIONS = "https://www.pulumi.com/registry/packages/gcp/installation-configuration/"


@rule(
    "layer-resource-types",
    EVERYTHING,
    Severity.HIGH,
    references=["design: layer boundaries"],
    remediation="Declare it in the layer that it belongs to, or have security enter the type in policies/layers.yaml.",
    url="https://www.pulumi.com/docs/iac/concepts/projects/",
)
def resource_types(resource: Resource) -> Iterator[str]:
    """Each stack declares only its own types: a new type is reviewed before its first use, and datastores are apart."""
    if resource.type in LAYERS.engine:
        return
    layer = LAYERS.layers.get(resource.program)
    if layer is None:
        yield f"is in the project {named(resource.layer)}, which is no layer; policies/layers.yaml lists them."
    elif not layer.may_declare(resource.type):
        yield (
            f"is of a type that {resource.program} may not declare: another stack owns it, or no rule looks at it. "
            "Declare it in the stack that it belongs to, or have security enter the type in policies/layers.yaml."
        )


@rule(
    "layer-inputs-listed",
    PERMITTED_INPUTS.types.__contains__,
    Severity.HIGH,
    references=["design: what is not known is refused"],
    remediation="Remove the input, or have security enter it in policies/inputs.yaml after a look at what it does.",
    url="https://www.pulumi.com/registry/",
)
def inputs_listed(resource: Resource) -> Iterator[str]:
    """A resource has listed inputs and values alone (inputs.yaml): a rule for each danger would miss the next."""
    for problem in PERMITTED_INPUTS.problems(resource.type, resource.inputs, resource.own):
        yield f"{problem}. Remove it, or have security enter it in policies/inputs.yaml after a look at what it does."


@rule(
    "layer-objects-of-their-type",
    lambda token: _OBJECT.fullmatch(token) is not None,
    Severity.CRITICAL,
    references=["design: what is not known is refused"],
    remediation="Leave apiVersion and kind to the class of the object; another kind has a class of its own.",
    url="https://www.pulumi.com/registry/packages/kubernetes/api-docs/",
)
def objects_of_their_type(resource: Resource) -> Iterator[str]:
    """An object is of the kind that its type names: the provider sends `kind` as it is, and rules go by the type."""
    parts = _OBJECT.fullmatch(resource.type)
    group, version, kind = parts.groups() if parts else ("", "", "")
    expected = {"apiVersion": version if group == "core" else f"{group}/{version}", "kind": kind}
    for path, value in expected.items():
        given = resource.inputs.get(path)
        if given not in (None, value):
            yield (
                f"{path} is {named(given)}, and its type is of {value}: what is sent to the cluster would be another "
                "object than the one that the rules have looked at. Declare it with the class of its own kind."
            )


@rule(
    "layer-runs-as-itself",
    EVERYTHING,
    Severity.CRITICAL,
    references=["CIS GCP 1.4", "design: identities of the layers"],
    remediation="Leave credentials out of the program: CI and `make` impersonate the layer's own account.",
    url=_OPTIONS,
)
def runs_as_itself(resource: Resource) -> Iterator[str]:
    """A layer runs as its own account, which the caller chooses: no program has a credential or names an account."""
    inputs = resource.inputs if resource.type == GOOGLE else (resource.provider or {})
    if resource.type != GOOGLE and not resource.type.startswith("gcp:"):
        return
    for key in _STORED:
        if inputs.get(key) is not None:
            yield f"its provider has {key}: whoever reads the state has it. Remove it, and impersonate an account."
    account = inputs.get("impersonateServiceAccount")
    if account is not None:
        yield (
            f"its provider impersonates {named(account)}, whatever account previews or deploys {resource.program}. "
            "Remove impersonateServiceAccount."
        )


@rule(
    "layer-cluster-without-credentials",
    of(KUBERNETES),
    Severity.CRITICAL,
    references=["design: keyless"],
    remediation=f"Use a kubeconfig whose only user runs {_PLUGIN}.",
    url="https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl",
)
def cluster_without_credentials(resource: Resource) -> Iterator[str]:
    """Clusters are accessed as the caller's own Google identity: no kubeconfig has a credential or another command."""
    config = resource.inputs.get("kubeconfig")
    config = config.value if isinstance(config, Secret) else config
    if config is UNKNOWN:
        return  # this rule checks it in the update, when it is known and before it is used
    try:
        document = _parsed(config)
    except StrictYamlError as error:
        # The text may have a credential, and so may the parser's words about it.
        yield f"kubeconfig can be read in two ways ({len(error.problems)} problems): one was checked. Write it plainly."
        return
    users = items(mapping(document).get("users"))
    if not users:
        yield f"kubeconfig is {shown(config)}: it takes whatever is on the machine that runs it. Write one."
    for user in users:
        yield from _user(mapping(at(user, "user")))
    clusters = items(mapping(document).get("clusters"))
    if users and not clusters:
        yield "kubeconfig names no cluster: it takes whatever is on the machine that runs it. Name one."
    for cluster in clusters:
        yield from _cluster(resource, mapping(at(cluster, "cluster")))


def _user(fields: dict[str, Any]) -> Iterator[str]:
    """Yield problems of the way in which the caller logs in."""
    for key in sorted(_CREDENTIALS & set(fields)):
        yield f"kubeconfig has {key}: whoever reads the state has it. Use the command {_PLUGIN}."
    if at(fields, "exec.command") != _PLUGIN:
        yield f"kubeconfig does not log in by the command {_PLUGIN}: it would run another one. Use it."
    if at(fields, "exec.args") not in (None, _PLUGIN_ARGUMENTS):
        yield f"kubeconfig gives {_PLUGIN} other arguments, and so maybe another account. Remove them."
    for key in sorted({*fields, *mapping(fields.get("exec"))} - _OF_USERS - _CREDENTIALS):
        yield f"kubeconfig sets {named(key)} of its user, which no rule knows. Remove it."


def _cluster(resource: Resource, fields: dict[str, Any]) -> Iterator[str]:
    """Yield problems of the place that gets the caller's token."""
    for key in sorted(set(fields) - {"server"}):
        yield f"kubeconfig sets {named(key)} of its cluster, so another one may answer and get the token. Remove it."
    server = fields.get("server")
    local = resource.stack.rpartition("-")[2] == SANDBOX and isinstance(server, str) and _LOCAL.fullmatch(server)
    if not local and not (isinstance(server, str) and _SERVER.fullmatch(server)):
        yield (
            f"kubeconfig has the server {named(server)}, which is no cluster's address on Google Cloud: it would get "
            "the caller's token. Use the cluster's DNS endpoint."
        )


def _parsed(config: Any) -> Any:
    return strict_yaml.parse(config, "kubeconfig").content if isinstance(config, str) else config


@stack_rule(
    "layer-reads-no-other-state",
    Severity.HIGH,
    references=["design: contracts", "pulumi/pulumi#21436"],
    remediation="Read the other layer's contract from its secret.",
    url="https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences",
)
def reads_no_other_state(stack: Stack) -> Iterator[Finding]:
    """No layer reads another layer's state: a StackReference needs the key to all secrets of that layer."""
    for member in stack.resources:
        if member.type == "pulumi:pulumi:StackReference":
            yield Finding(
                member.urn,
                f"{member.name!r} is a StackReference: it needs the key of that layer's state, and so all of its "
                "secrets. Read the layer's contract instead.",
            )


@stack_rule(
    "layer-objects-declared-once",
    Severity.HIGH,
    references=["pulumi/pulumi#13799"],
    remediation="Declare the object once, or give the second one a name of its own.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/names/",
    looks_at=sorted(objects.NAMED),
)
def objects_declared_once(stack: Stack) -> Iterator[Finding]:
    """No two resources of a stack are one object of the cloud: each update undoes the other, or one deletion both.

    This includes grants, whatever the names of their resources, and policies for one object, of which one counts.
    """
    for member, other, name in objects.declared_twice(stack.resources):
        yield Finding(
            member.urn,
            f"{named(member.name)} and {named(other.name)} are the same object ({named(name)}): what one sets, the "
            "other takes back, and who removes one deletes both. Declare it once.",
        )
