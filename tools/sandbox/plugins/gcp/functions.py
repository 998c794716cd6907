"""The functions (`get_*`) of the gcp provider that the sandbox supports."""

import base64
import json
from collections.abc import Callable

from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.types import Session
from sandbox.plugins.protocol import Properties, ProviderError, secret


def _secret_name(session: Session, arguments: Properties) -> str:
    secret = str(arguments["secret"])
    if secret.startswith("projects/"):
        return secret
    return f"projects/{arguments.get('project') or session.defaults['project']}/secrets/{secret}"


def _payload(session: Session, arguments: Properties) -> Properties:
    name = f"{_secret_name(session, arguments)}/versions/{arguments.get('version') or 'latest'}"
    accessed = session.call("secretmanager.projects.secrets.versions.access", name)
    data = accessed["payload"]["data"]
    return {
        "secretData": data if arguments.get("isSecretDataBase64") else base64.b64decode(data).decode(),
        "name": accessed["name"],
        "version": accessed["name"].rpartition("/")[2],
        "secret": arguments["secret"],
        "project": arguments.get("project") or session.defaults["project"],
        "id": accessed["name"],
    }


def _get_secret_version_access(session: Session, arguments: Properties) -> Properties:
    return _payload(session, arguments)


def _get_secret_version(session: Session, arguments: Properties) -> Properties:
    result = _payload(session, arguments)
    version = session.call("secretmanager.projects.secrets.versions.get", result["name"])
    return {**result, "createTime": version["createTime"], "destroyTime": "", "enabled": version["state"] == "ENABLED"}


def _get_project(session: Session, arguments: Properties) -> Properties:
    project_id = arguments.get("projectId") or session.defaults["project"]
    project = session.call("cloudresourcemanager.projects.get", f"projects/{project_id}")
    return {
        "projectId": project["projectId"],
        "number": project["projectNumber"],
        "name": project["name"],
        "id": f"projects/{project_id}",
        "labels": project.get("labels", {}),
    }


def _get_client_config(session: Session, arguments: Properties) -> Properties:
    del arguments
    token, _ = session.cloud.issue_token(session.caller)
    defaults = {key: session.defaults.get(key, "") for key in ("project", "region", "zone")}
    return {**defaults, "accessToken": secret(token), "defaultLabels": {}, "id": "projects/" + defaults["project"]}


def _get_engine_versions(session: Session, arguments: Properties) -> Properties:
    project = arguments.get("project") or session.defaults["project"]
    location = arguments.get("location") or session.defaults.get("location", "-")
    name = f"projects/{project}/locations/{location}/serverConfig"
    config = session.call("container.projects.locations.getServerConfig", name)
    prefix = arguments.get("versionPrefix", "")
    masters = [version for version in config["validMasterVersions"] if version.startswith(prefix)]
    nodes = [version for version in config["validNodeVersions"] if version.startswith(prefix)]
    defaults = {channel["channel"]: channel["defaultVersion"] for channel in config["channels"]}
    latest = {channel["channel"]: channel["validVersions"][0] for channel in config["channels"]}
    return {
        "defaultClusterVersion": config["defaultClusterVersion"],
        "validMasterVersions": masters,
        "validNodeVersions": nodes,
        "latestMasterVersion": masters[0] if masters else "",
        "latestNodeVersion": nodes[0] if nodes else "",
        "releaseChannelDefaultVersion": defaults,
        "releaseChannelLatestVersion": latest,
        "releaseChannelUpgradeTargetVersion": defaults,
        "project": project,
        "location": location,
        "id": name,
    }


def _get_iam_policy(session: Session, arguments: Properties) -> Properties:
    """Returns a policy as text, without a call."""
    del session
    bindings = [{**binding, "members": sorted(binding["members"])} for binding in arguments.get("bindings", [])]
    policy: Properties = {"bindings": bindings}
    if arguments.get("auditConfigs"):
        policy["auditConfigs"] = arguments["auditConfigs"]
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"))
    return {**arguments, "policyData": text, "id": str(len(text))}


def _get_storage_account(session: Session, arguments: Properties) -> Properties:
    project = arguments.get("project") or session.defaults["project"]
    email = session.call("storage.projects.serviceAccount.get", f"projects/{project}/serviceAccount")["email_address"]
    return {"emailAddress": email, "member": f"serviceAccount:{email}", "project": project, "id": email}


def _lookup(token: str, *outputs: str) -> Callable[[Session, Properties], Properties]:
    """Returns a function that reads a resource of a type by the inputs of its name.

    Args:
        token: the type.
        outputs: the outputs that the function returns, besides the arguments and the id.
    """
    kind = TYPES[token]

    def look(session: Session, arguments: Properties) -> Properties:
        inherited = {key: value for key, value in session.defaults.items() if key in kind.inherits}
        inputs = {**inherited, **arguments}
        body = kind.get(session, inputs)
        values = {**kind.from_body(body), **kind.to_outputs(inputs, body)}
        return {**inputs, **{key: values[key] for key in outputs if key in values}, "id": kind.pulumi_id(inputs)}

    return look


_FUNCTIONS: dict[str, Callable[[Session, Properties], Properties]] = {
    "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess": _get_secret_version_access,
    "gcp:secretmanager/getSecretVersion:getSecretVersion": _get_secret_version,
    "gcp:secretmanager/getSecret:getSecret": _lookup(
        "gcp:secretmanager/secret:Secret", "name", "createTime", "labels", "effectiveLabels"
    ),
    "gcp:organizations/getProject:getProject": _get_project,
    "gcp:organizations/getClientConfig:getClientConfig": _get_client_config,
    "gcp:organizations/getIAMPolicy:getIAMPolicy": _get_iam_policy,
    "gcp:container/getEngineVersions:getEngineVersions": _get_engine_versions,
    "gcp:container/getCluster:getCluster": _lookup("gcp:container/cluster:Cluster", "masterVersion", "selfLink"),
    "gcp:serviceaccount/getAccount:getAccount": _lookup(
        "gcp:serviceaccount/account:Account", "name", "email", "uniqueId", "displayName", "disabled", "member"
    ),
    "gcp:compute/getNetwork:getNetwork": _lookup("gcp:compute/network:Network", "selfLink", "networkId", "description"),
    "gcp:compute/getSubnetwork:getSubnetwork": _lookup(
        "gcp:compute/subnetwork:Subnetwork",
        "selfLink",
        "network",
        "ipCidrRange",
        "gatewayAddress",
        "privateIpGoogleAccess",
        "secondaryIpRanges",
    ),
    "gcp:kms/getKMSKeyRing:getKMSKeyRing": _lookup("gcp:kms/keyRing:KeyRing"),
    "gcp:kms/getKMSCryptoKey:getKMSCryptoKey": _lookup(
        "gcp:kms/cryptoKey:CryptoKey", "purpose", "rotationPeriod", "primaries", "labels"
    ),
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": _get_storage_account,
}

SUPPORTED = tuple(_FUNCTIONS)


def call(session: Session, token: str, arguments: Properties) -> Properties:
    """Returns the result of a function.

    Raises:
        ProviderError: the sandbox does not support the function.
    """
    function = _FUNCTIONS.get(token)
    if function is None:
        raise ProviderError(f"The sandbox does not support the function {token}; add it in {__name__}.")
    return function(session, arguments)
