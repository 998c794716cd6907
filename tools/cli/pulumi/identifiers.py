"""IDs of resources in the cloud, as far as they follow from the inputs.

After an interrupted creation it is unknown whether the resource exists; the provider is then asked for this ID. The
formats are defined by Pulumi's provider for Google Cloud (section "Import" of a resource's page in
https://www.pulumi.com/registry/packages/gcp/api-docs), for each type that a layer declares; types that are missing here
get a number from the cloud. A test compares the IDs with the IDs of the simulated provider.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

_LOCATION = "projects/{project}/locations/{location}"
_REGION = "projects/{project}/regions/{region}"
_GLOBAL = "projects/{project}/global"
_POOLS = "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"
_ACCOUNTS = "{project}.iam.gserviceaccount.com"
_CERTIFICATE_MAPS = "projects/{project}/locations/global/certificateMaps"
_FORMS = {
    "artifactregistry/repository:Repository": f"{_LOCATION}/repositories/{{repositoryId}}",
    "artifactregistry/repositoryIamMember:RepositoryIamMember": f"{_LOCATION}/repositories/{{repository}}",
    "binaryauthorization/attestor:Attestor": "projects/{project}/attestors/{name}",
    "binaryauthorization/attestorIamMember:AttestorIamMember": "projects/{project}/attestors/{attestor}",
    "binaryauthorization/policy:Policy": "projects/{project}",
    "certificatemanager/certificate:Certificate": f"{_LOCATION}/certificates/{{name}}",
    "certificatemanager/certificateMap:CertificateMap": f"{_CERTIFICATE_MAPS}/{{name}}",
    "certificatemanager/certificateMapEntry:CertificateMapEntry": (
        f"{_CERTIFICATE_MAPS}/{{map}}/certificateMapEntries/{{name}}"
    ),
    "certificatemanager/dnsAuthorization:DnsAuthorization": f"{_LOCATION}/dnsAuthorizations/{{name}}",
    "compute/address:Address": f"{_REGION}/addresses/{{name}}",
    "compute/firewall:Firewall": f"{_GLOBAL}/firewalls/{{name}}",
    "compute/globalAddress:GlobalAddress": f"{_GLOBAL}/addresses/{{name}}",
    "compute/network:Network": f"{_GLOBAL}/networks/{{name}}",
    "compute/route:Route": f"{_GLOBAL}/routes/{{name}}",
    "compute/router:Router": f"{_REGION}/routers/{{name}}",
    "compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "compute/sSLPolicy:SSLPolicy": f"{_GLOBAL}/sslPolicies/{{name}}",
    "compute/securityPolicy:SecurityPolicy": f"{_GLOBAL}/securityPolicies/{{name}}",
    "compute/subnetwork:Subnetwork": f"{_REGION}/subnetworks/{{name}}",
    "compute/subnetworkIAMMember:SubnetworkIAMMember": f"{_REGION}/subnetworks/{{subnetwork}}",
    "container/cluster:Cluster": f"{_LOCATION}/clusters/{{name}}",
    "container/nodePool:NodePool": f"{_LOCATION}/clusters/{{cluster}}/nodePools/{{name}}",
    "dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember": "projects/{project}/managedZones/{managedZone}",
    "dns/managedZone:ManagedZone": "projects/{project}/managedZones/{name}",
    "dns/policy:Policy": "projects/{project}/policies/{name}",
    "dns/recordSet:RecordSet": "projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}",
    "folder/iAMMember:IAMMember": "{folder}",
    "gkebackup/backupPlan:BackupPlan": f"{_LOCATION}/backupPlans/{{name}}",
    "gkebackup/restorePlan:RestorePlan": f"{_LOCATION}/restorePlans/{{name}}",
    "iam/denyPolicy:DenyPolicy": "{parent}/{name}",
    "iam/workloadIdentityPool:WorkloadIdentityPool": _POOLS,
    "iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": (
        f"{_POOLS}/providers/{{workloadIdentityPoolProviderId}}"
    ),
    "kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId}",
    "kms/keyRing:KeyRing": f"{_LOCATION}/keyRings/{{name}}",
    "logging/metric:Metric": "{name}",
    "logging/projectBucketConfig:ProjectBucketConfig": f"{_LOCATION}/buckets/{{bucketId}}",
    "logging/projectSink:ProjectSink": "projects/{project}/sinks/{name}",
    "organizations/iAMCustomRole:IAMCustomRole": "organizations/{orgId}/roles/{roleId}",
    "organizations/iAMMember:IAMMember": "{orgId}",
    "orgpolicy/policy:Policy": "{parent}/policies/{name}",
    "projects/iAMAuditConfig:IAMAuditConfig": "{project}/audit_config/{service}",
    "projects/iAMBinding:IAMBinding": "{project}/{role}",
    "projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "projects/iAMMember:IAMMember": "{project}",
    "projects/iAMPolicy:IAMPolicy": "{project}",
    "projects/iamMemberRemove:IamMemberRemove": "{project}/{member}/{role}",
    "projects/service:Service": "{project}/{service}",
    "projects/serviceIdentity:ServiceIdentity": "projects/{project}/services/{service}",
    "pubsub/subscription:Subscription": "projects/{project}/subscriptions/{name}",
    "pubsub/subscriptionIAMMember:SubscriptionIAMMember": "projects/{project}/subscriptions/{subscription}",
    "pubsub/topic:Topic": "projects/{project}/topics/{name}",
    "pubsub/topicIAMMember:TopicIAMMember": "projects/{project}/topics/{topic}",
    "secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
    "secretmanager/secretIamMember:SecretIamMember": "projects/{project}/secrets/{secretId}",
    "serviceaccount/account:Account": f"projects/{{project}}/serviceAccounts/{{accountId}}@{_ACCOUNTS}",
    "serviceaccount/iAMMember:IAMMember": "{serviceAccountId}",
    "servicenetworking/connection:Connection": "{network}:{service}",
    "sql/database:Database": "projects/{project}/instances/{instance}/databases/{name}",
    "sql/databaseInstance:DatabaseInstance": "{name}",
    "sql/user:User": "{name}//{instance}",
    "storage/bucket:Bucket": "{name}",
    "storage/bucketIAMMember:BucketIAMMember": "b/{bucket}",
}
_MEMBER = re.compile(r":\w*I[Aa][Mm]Member$")
_VARIABLE = re.compile(r"(?<![^/])\{(\w+)\}")
_CONDITION = ("title", "description", "expression")
# Inputs that are taken from the path of a resource named by its own ID, which is more reliable than the program.
_OF_PATH = {"projects": "project", "locations": "location", "regions": "region"}


class _Metadata(BaseModel):
    """The metadata of a Kubernetes object, as far as it names the object."""

    name: str | None = None
    namespace: str | None = None


def identifier(kind: str, inputs: Mapping[str, Any]) -> str | None:
    """ID of a resource of a type; None when the cloud chooses it."""
    if kind.startswith("gcp:"):
        return _of_google(kind.removeprefix("gcp:"), inputs)
    if kind.startswith("kubernetes:"):
        metadata = _Metadata.model_validate(inputs.get("metadata") or {})
        parts = (metadata.namespace, metadata.name)
        return "/".join(part for part in parts if part) if metadata.name else None
    return None


def _of_google(kind: str, inputs: Mapping[str, Any]) -> str | None:
    form = _FORMS.get(kind)
    if form is None:
        return None
    values = {name: value for name, value in inputs.items() if isinstance(value, str)}
    if _MEMBER.search(kind):
        form += "/{role}/{member}"
    for name in _VARIABLE.findall(form):
        if name in values:
            values |= _short(form, name, values[name])
    try:
        path = form.format_map(values)
    except KeyError:
        return None
    condition: Mapping[str, Any] = inputs.get("condition") or {}
    return "/".join([path, *(str(condition.get(key, "")) for key in _CONDITION)]) if condition else path


def _short(form: str, name: str, value: str) -> dict[str, str]:
    """Variables of a format that follow from one input, which may be a short name, an ID or an address."""
    if name == "folder":
        return {name: f"folders/{value.removeprefix('folders/')}"}
    if name == "cryptoKeyId" and value.count("/") == 3:
        project, location, ring, key = value.split("/")
        return {name: f"projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"}
    if form.startswith(f"{{{name}}}") or name in ("role", "member") or "/" not in value:
        return {}
    parts = value.split("/")
    variables = {_OF_PATH[key]: of for key, of in pairwise(parts) if key in _OF_PATH}
    return {**variables, name: parts[-1]}
