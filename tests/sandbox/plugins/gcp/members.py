"""The additive IAM members: one member of one role in the allow policy of a project, a service account or a secret.

They are no resources of Google's: the provider reads the policy, adds or removes the member, and writes the policy
back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_ATTEMPTS = 10  # a policy that others change at the same time is read again


@dataclass(frozen=True)
class MemberType(ResourceType):
    """An additive member; `name` is the template of the resource whose policy it is in."""

    autoname: str = ""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Adds the member to its role."""
        policy = self._modify(session, inputs, _added)
        return self.pulumi_id(inputs), {**inputs, "etag": policy["etag"]}

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """The member as it is in the policy; None when it is not there."""
        del resource_id
        try:
            policy = session.call(f"{self.kind}.getIamPolicy", self.rest_name(inputs))
        except ApiError as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        found = any(
            _same_role(binding, inputs) and inputs["member"] in binding["members"] for binding in policy["bindings"]
        )
        return (inputs, {**inputs, "etag": policy["etag"]}) if found else None

    def delete(self, session: Session, state: Properties) -> None:
        """Removes the member from its role."""
        self._modify(session, state, _removed)

    def _modify(
        self, session: Session, inputs: Properties, change: Callable[[list[Any], Properties], list[Any]]
    ) -> Properties:
        name = self.rest_name(inputs)
        for attempt in range(_ATTEMPTS):
            policy = session.call(f"{self.kind}.getIamPolicy", name)
            wanted = {**policy, "bindings": change(policy["bindings"], inputs)}
            if wanted == policy:
                return policy
            try:
                return session.call(f"{self.kind}.setIamPolicy", name, {"policy": wanted})
            except ApiError as error:
                if error.status != "ABORTED" or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # the last attempt returned or raised


def _same_role(binding: Properties, inputs: Properties) -> bool:
    return binding["role"] == inputs["role"] and binding.get("condition") == inputs.get("condition")


def _added(bindings: list[Any], inputs: Properties) -> list[Any]:
    member = inputs["member"]
    for index, binding in enumerate(bindings):
        if _same_role(binding, inputs):
            members = sorted({*binding["members"], member})
            return [*bindings[:index], {**binding, "members": members}, *bindings[index + 1 :]]
    added = {"role": inputs["role"], "members": [member]}
    condition = inputs.get("condition")
    return [*bindings, {**added, "condition": condition} if condition else added]


def _removed(bindings: list[Any], inputs: Properties) -> list[Any]:
    kept: list[Any] = []
    for binding in bindings:
        members = cast("list[str]", binding["members"])
        if _same_role(binding, inputs):
            members = [member for member in members if member != inputs["member"]]
        kept.append({**binding, "members": members})
    return [binding for binding in kept if binding["members"]]


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
