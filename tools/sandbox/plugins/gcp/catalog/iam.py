"""IAM: accounts and their keys, custom roles, federation, deny policies and organisation policies."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.conversions import TEXT_BOOLEAN
from sandbox.plugins.gcp.members import ACCOUNT_MEMBER
from sandbox.plugins.gcp.numbered import NumberedType
from sandbox.plugins.gcp.special import ACCOUNT
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties, secret


class _FederationType(ResourceType):
    """A workload identity pool or provider, which Google keeps for thirty days after its deletion."""

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the pool or provider; None also if it is deleted but kept."""
        present = super().read(session, resource_id, inputs)
        return None if present is None or present[1].get("state") == "DELETED" else present

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the pool or provider, unless it is deleted already."""
        if self.get(session, state)["state"] != "DELETED":
            super().delete(session, state)


class _CustomRoleType(ResourceType):
    """A custom role, which Google keeps for a week after its deletion."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the role; restores and changes a deleted one of the same id."""
        try:
            deleted = self.get(session, inputs).get("deleted")
        except ApiError as error:
            if error.status != "NOT_FOUND":
                raise
            deleted = False
        if not deleted:
            return super().create(session, inputs)
        session.call(f"{self.kind}.undelete", self.rest_name(inputs))
        session.call(f"{self.kind}.patch", self.rest_name(inputs), self.to_body(inputs))
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the role; None also if it is deleted but kept."""
        present = super().read(session, resource_id, inputs)
        return None if present is None or present[1].get("deleted") else present

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the role, unless it is deleted already."""
        if not self.get(session, state).get("deleted"):
            super().delete(session, state)


class _OrganisationPolicyType(ResourceType):
    """A policy for one constraint; the provider takes its name with or without the parent."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the constraint's own name."""
        return {**inputs, "name": str(inputs["name"]).rpartition("/")[2]}

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns parent and full name."""
        return {**super().inputs_from_id(resource_id), "name": resource_id}


class _KeyType(NumberedType):
    """A key of a service account; the private part is shown once, and is no working key here."""

    def created_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the key file, without key material."""
        account = str(inputs["serviceAccountId"]).rpartition("/")[2]
        content = {
            "type": "service_account",
            "client_email": account,
            "private_key_id": body["name"].rpartition("/")[2],
        }
        encoded = base64.b64encode(json.dumps(content).encode()).decode()
        return {**self.to_outputs(inputs, body), "privateKey": secret(encoded)}

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the account's full name, also for its email."""
        account = str(inputs["serviceAccountId"])
        if account.startswith("projects/"):
            return inputs
        project = account.partition("@")[2].partition(".")[0]
        return {**inputs, "serviceAccountId": f"projects/{project}/serviceAccounts/{account}"}


_CUSTOM_ROLE = _CustomRoleType(
    type="gcp:projects/iAMCustomRole:IAMCustomRole",
    kind="iam.projects.roles",
    name="projects/{project}/roles/{roleId}",
    required=("permissions", "title"),
    replace_on=frozenset({"project", "roleId"}),
    fields={"permissions": "includedPermissions"},
    provider_only=frozenset({"roleId"}),
    computed={"name": "name", "deleted": "deleted"},
    autoname="roleId",
)
_KEY = _KeyType(
    type="gcp:serviceaccount/key:Key",
    kind="iam.projects.serviceAccounts.keys",
    name="{serviceAccountId}/keys/{number}",
    inherits=(),
    required=("serviceAccountId",),
    replace_on=frozenset(
        {
            "keepers",
            "keyAlgorithm",
            "privateKeyType",
            "publicKeyData",
            "publicKeyType",
            "serviceAccountId",
        }
    ),
    provider_only=frozenset({"keepers", "publicKeyType", "serviceAccountId"}),
    computed={"name": "name", "validAfter": "validAfterTime", "validBefore": "validBeforeTime"},
)
_POOL = _FederationType(
    type="gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
    kind="iam.projects.locations.workloadIdentityPools",
    name="projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}",
    required=("workloadIdentityPoolId",),
    replace_on=frozenset({"project", "workloadIdentityPoolId"}),
    provider_only=frozenset({"workloadIdentityPoolId"}),
    computed={"name": "name", "state": "state"},
    autoname="",
)
_POOL_PROVIDER = _FederationType(
    type="gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    kind="iam.projects.locations.workloadIdentityPools.providers",
    name="projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"
    "/providers/{workloadIdentityPoolProviderId}",
    required=("workloadIdentityPoolId", "workloadIdentityPoolProviderId"),
    replace_on=frozenset({"project", "workloadIdentityPoolId", "workloadIdentityPoolProviderId"}),
    provider_only=frozenset({"workloadIdentityPoolId", "workloadIdentityPoolProviderId"}),
    computed={"name": "name", "state": "state"},
    autoname="",
)
_DENY_POLICY = ResourceType(
    type="gcp:iam/denyPolicy:DenyPolicy",
    kind="iam.policies",
    name="policies/{parent}/denypolicies/{name}",
    id="{parent}/{name}",
    inherits=(),
    required=("parent", "rules"),
    replace_on=frozenset({"name", "parent"}),
    provider_only=frozenset({"name", "parent"}),
    computed={"etag": "etag"},
)
_ORGANISATION_POLICY = _OrganisationPolicyType(
    type="gcp:orgpolicy/policy:Policy",
    kind="orgpolicy.projects.policies",
    name="{parent}/policies/{name}",
    inherits=(),
    required=("parent",),
    replace_on=frozenset({"name", "parent"}),
    conversions={
        f"{spec}.rules.*.{field}": TEXT_BOOLEAN
        for spec in ("spec", "dryRunSpec")
        for field in ("allowAll", "denyAll", "enforce")
    },
    provider_only=frozenset({"name", "parent"}),
    computed={"etag": "etag"},
)

TYPES = (
    ACCOUNT,
    ACCOUNT_MEMBER,
    _KEY,
    _CUSTOM_ROLE,
    _POOL,
    _POOL_PROVIDER,
    _DENY_POLICY,
    _ORGANISATION_POLICY,
)
