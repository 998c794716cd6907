"""Types for parts of allow policies: one member of a role, a whole role, the whole policy, or audit logs.

Google has no such resources: the provider reads the policy, changes its part, and writes the policy back.
"""

import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_ATTEMPTS = 12  # a policy that others change at the same time is read again
_FIRST_PAUSE = 0.01  # seconds before the second attempt; every further pause may be twice as long

Change = Callable[[Properties], Properties]


@dataclass(frozen=True)
class PolicyType(ResourceType, ABC):
    """A part of an allow policy; `name` is the template of the resource that has the policy."""

    autoname: str = ""

    @abstractmethod
    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy with the part that the inputs describe."""

    @abstractmethod
    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy without the part."""

    @abstractmethod
    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """Returns the part's inputs as they are in the policy; None if the policy does not have it."""

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns the inputs in an id; in `pulumi import` blanks separate them."""
        return super().inputs_from_id(resource_id.replace(" ", "/"))

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Adds the part to the policy."""
        policy = self._modify(session, inputs, lambda current: self.changed(current, inputs))
        return self.pulumi_id(inputs), {**inputs, "etag": policy["etag"]}

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the part as it is in the policy; None if the policy does not have it."""
        del resource_id
        try:
            policy = session.call(f"{self.kind}.getIamPolicy", self.policy_of(session, inputs))
        except ApiError as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        present = self.present(policy, inputs)
        return (present, {**present, "etag": policy["etag"]}) if present is not None else None

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns None: the part has no body of its own."""
        del session, resource_id, inputs

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Replaces the old part with the new part in one change."""
        del state
        policy = self._modify(session, inputs, lambda current: self.changed(self.removed(current, old_inputs), inputs))
        return {**inputs, "etag": policy["etag"]}

    def delete(self, session: Session, state: Properties) -> None:
        """Removes the part from the policy."""
        self._modify(session, state, lambda current: self.removed(current, state))

    def policy_of(self, session: Session, inputs: Properties) -> str:
        """Returns the relative name of the resource that has the policy."""
        del session
        return self.rest_name(inputs)

    def _modify(self, session: Session, inputs: Properties, change: Change) -> Properties:
        name = self.policy_of(session, inputs)
        for attempt in range(_ATTEMPTS):
            policy = session.call(f"{self.kind}.getIamPolicy", name)
            changed = change(policy)
            if changed == policy:
                return policy
            body = {"policy": {**changed, "version": 3}, "updateMask": "bindings,etag,auditConfigs"}
            try:
                return session.call(f"{self.kind}.setIamPolicy", name, body)
            except ApiError as error:
                if error.status != "ABORTED" or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311 - spreads attempts; no secret
        raise AssertionError  # the last attempt returned or raised


class MemberType(PolicyType):
    """One member of one role; other members stay as they are."""

    def pulumi_id(self, inputs: Properties) -> str:
        """Returns the id, with the condition if there is one."""
        condition = inputs.get("condition")
        if not condition:
            return super().pulumi_id(inputs)
        parts = (str(condition.get(key, "")) for key in ("title", "description", "expression"))
        return f"{super().pulumi_id(inputs)}/{'/'.join(parts)}"

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy with the member in the role."""
        present = _members(policy, inputs)
        return policy if inputs["member"] in present else _with_members(policy, inputs, [*present, inputs["member"]])

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy without the member in the role."""
        present = _members(policy, inputs)
        return _with_members(policy, inputs, [member for member in present if member != inputs["member"]])

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """Returns the member's inputs if the policy has it."""
        return inputs if inputs["member"] in _members(policy, inputs) else None


class BindingType(PolicyType):
    """All members of one role: every other member loses the role."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy with exactly these members in the role."""
        return _with_members(policy, inputs, inputs["members"])

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy without members in the role."""
        return _with_members(policy, inputs, [])

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """Returns the role's present members."""
        members = _members(policy, inputs)
        same = sorted(members) == sorted(inputs.get("members", []))
        return {**inputs, "members": inputs["members"] if same else members} if members else None


class WholePolicyType(PolicyType):
    """The whole policy: every other grant is removed."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy with exactly these bindings."""
        declared = json.loads(inputs["policyData"])
        return {**policy, "bindings": declared.get("bindings", []), "auditConfigs": declared.get("auditConfigs", [])}

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy without bindings and audit logs."""
        del inputs
        return {**policy, "bindings": [], "auditConfigs": []}

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """Returns the present policy; the declared text stays if it means the same."""
        current = {key: policy[key] for key in ("bindings", "auditConfigs") if policy.get(key)}
        declared = json.loads(inputs.get("policyData", "{}"))
        same = current == {key: declared[key] for key in current.keys() & declared.keys()}
        return {**inputs, "policyData": inputs["policyData"] if declared and same else json.dumps(current)}


class AuditConfigType(PolicyType):
    """Audit logs of one service: the kinds of access that are logged."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy with the service's present configuration replaced."""
        config = {"service": inputs["service"], "auditLogConfigs": inputs["auditLogConfigs"]}
        return {**policy, "auditConfigs": [*_other_services(policy, inputs), config]}

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Returns the policy without the service's configuration."""
        return {**policy, "auditConfigs": _other_services(policy, inputs)}

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """Returns the service's configuration if the policy has it."""
        for config in policy.get("auditConfigs", []):
            if config["service"] == inputs["service"]:
                return {**inputs, "auditLogConfigs": config["auditLogConfigs"]}
        return None


def _other_services(policy: Properties, inputs: Properties) -> list[Properties]:
    configs = cast("list[Properties]", policy.get("auditConfigs", []))
    return [config for config in configs if config["service"] != inputs["service"]]


def _same_role(binding: Properties, inputs: Properties) -> bool:
    return binding["role"] == inputs["role"] and binding.get("condition") == inputs.get("condition")


def _members(policy: Properties, inputs: Properties) -> list[str]:
    bindings = cast("list[Properties]", policy["bindings"])
    return [member for binding in bindings if _same_role(binding, inputs) for member in binding["members"]]


def _with_members(policy: Properties, inputs: Properties, members: list[Any]) -> Properties:
    """Returns a policy in which one role has exactly these members; the other bindings keep their positions."""
    role: Properties = {"role": inputs["role"], "members": sorted(members)}
    if inputs.get("condition"):
        role["condition"] = inputs["condition"]
    bindings: list[Properties] = []
    placed = False
    for binding in policy["bindings"]:
        if not _same_role(binding, inputs):
            bindings.append(binding)
        elif not placed:
            bindings.append(role)
            placed = True
    if not placed:
        bindings.append(role)
    return {**policy, "bindings": [binding for binding in bindings if binding["members"]]}


PROJECT_MEMBER = MemberType(
    delete_first=True,
    type="gcp:projects/iAMMember:IAMMember",
    kind="cloudresourcemanager.projects",
    name="projects/{project}",
    id="{project}/{role}/{member}",
    required=("member", "project", "role"),
    replace_on=frozenset({"condition", "member", "project", "role"}),
)
ACCOUNT_MEMBER = MemberType(
    type="gcp:serviceaccount/iAMMember:IAMMember",
    kind="iam.projects.serviceAccounts",
    name="{serviceAccountId}",
    id="{serviceAccountId}/{role}/{member}",
    inherits=(),
    required=("member", "role", "serviceAccountId"),
    replace_on=frozenset({"condition", "member", "role", "serviceAccountId"}),
)
SECRET_MEMBER = MemberType(
    type="gcp:secretmanager/secretIamMember:SecretIamMember",
    kind="secretmanager.projects.secrets",
    name="projects/{project}/secrets/{secretId}",
    id="projects/{project}/secrets/{secretId}/{role}/{member}",
    required=("member", "role", "secretId"),
    replace_on=frozenset({"condition", "member", "project", "role", "secretId"}),
)
