"""The parts of allow policies that the provider manages: one member of a role, a whole role, all of it, or audit logs.

They are no resources of Google's: the provider reads the policy, changes its part, and writes the policy back.
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
_FIRST_PAUSE = 0.01  # seconds before the second attempt; each further pause may be twice as long

Change = Callable[[Properties], Properties]


@dataclass(frozen=True)
class PolicyType(ResourceType, ABC):
    """A part of the allow policy of the resource that `name` is the template of."""

    autoname: str = ""

    @abstractmethod
    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """The policy with the part that the inputs describe."""

    @abstractmethod
    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """The policy without it."""

    @abstractmethod
    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """The part's inputs as they are in the policy; None when it is not there."""

    def inputs_from_id(self, resource_id: str) -> Properties:
        """The inputs that an id tells; `pulumi import` separates the parts with blanks."""
        return super().inputs_from_id(resource_id.replace(" ", "/"))

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Puts the part into the policy."""
        policy = self._modify(session, inputs, lambda found: self.changed(found, inputs))
        return self.pulumi_id(inputs), {**inputs, "etag": policy["etag"]}

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """The part as it is in the policy; None when it is not there."""
        del resource_id
        try:
            policy = session.call(f"{self.kind}.getIamPolicy", self.policy_of(session, inputs))
        except ApiError as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        found = self.present(policy, inputs)
        return (found, {**found, "etag": policy["etag"]}) if found is not None else None

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """None: the policy is not the part's own."""
        del session, resource_id, inputs

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Takes the old part out and puts the new one in, in one change."""
        del state
        policy = self._modify(session, inputs, lambda found: self.changed(self.removed(found, old_inputs), inputs))
        return {**inputs, "etag": policy["etag"]}

    def delete(self, session: Session, state: Properties) -> None:
        """Takes the part out of the policy."""
        self._modify(session, state, lambda found: self.removed(found, state))

    def policy_of(self, session: Session, inputs: Properties) -> str:
        """The relative name of the resource whose policy it is."""
        del session
        return self.rest_name(inputs)

    def _modify(self, session: Session, inputs: Properties, change: Change) -> Properties:
        name = self.policy_of(session, inputs)
        for attempt in range(_ATTEMPTS):
            policy = session.call(f"{self.kind}.getIamPolicy", name)
            wanted = change(policy)
            if wanted == policy:
                return policy
            body = {"policy": {**wanted, "version": 3}, "updateMask": "bindings,etag,auditConfigs"}
            try:
                return session.call(f"{self.kind}.setIamPolicy", name, body)
            except ApiError as error:
                if error.status != "ABORTED" or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311 - spreads attempts, hides nothing
        raise AssertionError  # the last attempt returned or raised


class MemberType(PolicyType):
    """One member of one role, which leaves all others alone."""

    def pulumi_id(self, inputs: Properties) -> str:
        """The id; a condition is part of it."""
        condition = inputs.get("condition")
        if not condition:
            return super().pulumi_id(inputs)
        parts = (str(condition.get(key, "")) for key in ("title", "description", "expression"))
        return f"{super().pulumi_id(inputs)}/{'/'.join(parts)}"

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """With the member in the role."""
        present = _members(policy, inputs)
        return policy if inputs["member"] in present else _with_members(policy, inputs, [*present, inputs["member"]])

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Without the member in the role."""
        present = _members(policy, inputs)
        return _with_members(policy, inputs, [member for member in present if member != inputs["member"]])

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """The member, while it is there."""
        return inputs if inputs["member"] in _members(policy, inputs) else None


class BindingType(PolicyType):
    """All members of one role: whoever else has the role loses it."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """With exactly these members in the role."""
        return _with_members(policy, inputs, inputs["members"])

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """With nobody in the role."""
        return _with_members(policy, inputs, [])

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """The role's members as they are."""
        members = _members(policy, inputs)
        same = sorted(members) == sorted(inputs.get("members", []))
        return {**inputs, "members": inputs["members"] if same else members} if members else None


class WholePolicyType(PolicyType):
    """The whole policy: every grant that it does not name is gone."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """With exactly these bindings."""
        wanted = json.loads(inputs["policyData"])
        return {**policy, "bindings": wanted.get("bindings", []), "auditConfigs": wanted.get("auditConfigs", [])}

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """With nothing in it."""
        del inputs
        return {**policy, "bindings": [], "auditConfigs": []}

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """The policy as it is; the text stays when it says the same."""
        found = {key: policy[key] for key in ("bindings", "auditConfigs") if policy.get(key)}
        wanted = json.loads(inputs.get("policyData", "{}"))
        same = found == {key: wanted[key] for key in found.keys() & wanted.keys()}
        return {**inputs, "policyData": inputs["policyData"] if wanted and same else json.dumps(found)}


class AuditConfigType(PolicyType):
    """Which kinds of access to one service are logged."""

    def changed(self, policy: Properties, inputs: Properties) -> Properties:
        """With this service's configuration in the place of the one that is there."""
        config = {"service": inputs["service"], "auditLogConfigs": inputs["auditLogConfigs"]}
        return {**policy, "auditConfigs": [*_other_services(policy, inputs), config]}

    def removed(self, policy: Properties, inputs: Properties) -> Properties:
        """Without this service's configuration."""
        return {**policy, "auditConfigs": _other_services(policy, inputs)}

    def present(self, policy: Properties, inputs: Properties) -> Properties | None:
        """The service's configuration, while it is there."""
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
    """A policy in which one role has exactly these members; the other bindings keep their places."""
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
