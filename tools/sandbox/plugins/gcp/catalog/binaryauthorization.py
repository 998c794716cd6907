"""Binary Authorization: a project's policy, which always exists, attestors, and members of their policies."""

from typing import cast

from sandbox.cloud.services.binaryauthorization import DEFAULT
from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_HERE, _THERE = "requireAttestationsBies", "requireAttestationsBy"


class _PolicyType(ResourceType):
    """The policy of a project; creation and change both replace the present policy."""

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the body, with the rules of clusters by cluster."""
        body = super().to_body(inputs)
        rules = cast("list[Properties]", body.pop("clusterAdmissionRules", []))
        by_cluster = {str(rule["cluster"]): _renamed(rule, _HERE, _THERE) for rule in rules}
        for rule in by_cluster.values():
            del rule["cluster"]
        return {**body, "clusterAdmissionRules": by_cluster} if by_cluster else body

    def from_body(self, body: Properties) -> Properties:
        """Returns the inputs, with the rules of clusters as a list."""
        inputs = super().from_body(body)
        by_cluster = cast("dict[str, Properties]", inputs.pop("clusterAdmissionRules", {}))
        rules = [{"cluster": cluster, **_renamed(rule, _THERE, _HERE)} for cluster, rule in by_cluster.items()]
        return {**inputs, "clusterAdmissionRules": rules} if rules else inputs

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Replaces the present policy."""
        return self.pulumi_id(inputs), self._put(session, inputs)

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the policy."""
        return session.call(f"{self.kind}.getPolicy", self.rest_name(inputs))

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Replaces the whole policy, as every change does."""
        del state, old_inputs
        return self._put(session, inputs)

    def delete(self, session: Session, state: Properties) -> None:
        """Restores the default policy, which admits all images."""
        self.refuse_if_protected(state)
        if state.get("deletionPolicy") != "ABANDON":
            session.call(f"{self.kind}.updatePolicy", self.rest_name(state), DEFAULT)

    def _put(self, session: Session, inputs: Properties) -> Properties:
        session.call(f"{self.kind}.updatePolicy", self.rest_name(inputs), self.to_body(inputs))
        return self.to_outputs(inputs, self.get(session, inputs))


def _renamed(rule: Properties, source: str, target: str) -> Properties:
    """Returns a rule with one of its fields under another name."""
    return {target if key == source else key: value for key, value in rule.items()}


_POLICY = _PolicyType(
    type="gcp:binaryauthorization/policy:Policy",
    kind="binaryauthorization.projects",
    name="projects/{project}/policy",
    id="projects/{project}",
    required=("defaultAdmissionRule",),
    replace_on=frozenset({"project"}),
    fields={f"defaultAdmissionRule.{_HERE}": f"defaultAdmissionRule.{_THERE}"},
    autoname="",
)
_ATTESTOR = ResourceType(
    type="gcp:binaryauthorization/attestor:Attestor",
    kind="binaryauthorization.projects.attestors",
    name="projects/{project}/attestors/{name}",
    required=("attestationAuthorityNote",),
    replace_on=frozenset({"name", "project"}),
    fields={"attestationAuthorityNote": "userOwnedGrafeasNote"},
    provider_only=frozenset({"name"}),
)
_ATTESTOR_MEMBER = MemberType(
    type="gcp:binaryauthorization/attestorIamMember:AttestorIamMember",
    kind="binaryauthorization.projects.attestors",
    name="projects/{project}/attestors/{attestor}",
    id="projects/{project}/attestors/{attestor}/{role}/{member}",
    required=("attestor", "member", "role"),
    replace_on=frozenset({"attestor", "condition", "member", "project", "role"}),
)

TYPES = (_POLICY, _ATTESTOR, _ATTESTOR_MEMBER)
