"""Synthetic states of all layers: accounts with one duty each, whose separation is then broken in one way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from audit.case import Case, Security
from audit.evidence import NAME, TYPE, Evidence
from audit.rules import Audit
from audit.settings import Inventory, Principals, principals, settings
from engine.members import Member
from iam.safeguards import SAFEGUARDS
from policy_pack.rule import Finding, Stack, findings
from policy_pack.waivers import Waivers

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROJECT = "acme-dev"
PARENT = f"cloudresourcemanager.googleapis.com%2Fprojects%2F{PROJECT}"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"

Json = dict[str, Any]


def email(account: str) -> str:
    """An account's address."""
    return f"{account}@{PROJECT}.iam.gserviceaccount.com"


def member(who: str) -> str:
    """A principal, in the words of access.yaml, as policies name it."""
    kind, _, name = who.partition(" ")
    if kind == "workload":
        return f"serviceAccount:{PROJECT}.svc.id.goog[{name}]"
    return f"group:{name}" if kind == "group" else f"serviceAccount:{email(name)}"


@dataclass
class Layers:
    """Layers in which nobody comes to more than they were given.

    `identity-deploy` has the duty access, `platform-deploy` network and audit, `data-admin` the datastores, and
    `app-shop` reads a secret.
    """

    members: list[Member] = field(default_factory=list[Member])
    evidence: Evidence = field(default_factory=lambda: Evidence(environment="dev"))
    named: Principals = field(default_factory=principals)
    count: int = 0
    weak: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, kind: str, name: str, layer: str = "identity", stack: str = "dev", /, **outputs: Any) -> str:
        """A resource; returns its URN."""
        urn = f"urn:pulumi:{stack}::{layer}::{kind}::{name}"
        self.members.append(Member(urn, kind, name, lambda: outputs))
        return urn

    def account(self, name: str) -> str:
        """A service account; returns its URN."""
        return self.add("gcp:serviceaccount/account:Account", name, accountId=name, email=email(name), project=PROJECT)

    def role(self, name: str, *permissions: str) -> str:
        """A custom role; returns its full name."""
        kind = "gcp:projects/iAMCustomRole:IAMCustomRole"
        self.add(kind, f"role-{name}", roleId=name, permissions=list(permissions), project=PROJECT)
        return f"projects/{PROJECT}/roles/{name}"

    def grant(self, who: str, role: str, place: str = "project", condition: str = "") -> str:
        """A grant in the words of access.yaml; returns its URN."""
        kind, _, name = place.partition(" ")
        where: dict[str, tuple[str, Json]] = {
            "project": ("gcp:projects/iAMMember:IAMMember", {"project": PROJECT}),
            "account": (
                "gcp:serviceaccount/iAMMember:IAMMember",
                {"serviceAccountId": f"projects/{PROJECT}/serviceAccounts/{email(name)}"},
            ),
            "secret": ("gcp:secretmanager/secretIamMember:SecretIamMember", {"secretId": name}),
            "bucket": ("gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": f"{PROJECT}-{name}"}),
            "topic": ("gcp:pubsub/topicIAMMember:TopicIAMMember", {"topic": name}),
            "key": (
                "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
                {"cryptoKeyId": f"projects/{PROJECT}/locations/l/keyRings/{name.replace('/', '/cryptoKeys/')}"},
            ),
            "repository": (
                "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
                {"repository": name, "location": "l", "project": PROJECT},
            ),
        }
        self.count += 1
        bound: Json = {"condition": {"expression": condition}} if condition else {}
        token, named = where[kind]
        return self.add(token, f"grant-{self.count}", role=role, member=member(who), **named, **bound)

    def holds(self, who: str, *permissions: str, place: str = "project", condition: str = "") -> str:
        """A grant of a custom role with just these permissions."""
        return self.grant(who, self.role(f"custom{self.count}", *permissions), place, condition)

    def deny(
        self, permissions: Sequence[str], principals: Sequence[str], spared: Sequence[str] = (), **more: Any
    ) -> None:
        """A rule of a deny policy."""
        rule = {"deniedPermissions": permissions, "deniedPrincipals": principals, "exceptionPrincipals": spared, **more}
        self.add(
            "gcp:iam/denyPolicy:DenyPolicy", f"deny-{len(self.members)}", parent=PARENT, rules=[{"denyRule": rule}]
        )

    def bind(self, subject: Json, namespace: str, *rules: Json) -> str:
        """A Role in a namespace, or a ClusterRole in none, and its binding; returns the binding's URN."""
        kind = "Role" if namespace else "ClusterRole"
        named = {"name": f"role-{len(self.members)}", **({"namespace": namespace} if namespace else {})}
        self.add(f"{RBAC}:{kind}", named["name"], "platform", metadata=named, rules=list(rules))
        reference = {"kind": kind, "name": named["name"]}
        return self.add(
            f"{RBAC}:{kind}Binding", named["name"], "platform", metadata=named, roleRef=reference, subjects=[subject]
        )

    def found(self, rule: str, inventory: Json | None = None, root: Path = Path()) -> list[Finding]:
        """Findings of one rule."""
        document = Inventory.model_validate({"environments": inventory or {"dev": []}})
        audit = Audit(Security(settings(), document, self.named, root), lambda: NOW)
        [wanted] = [each for each in audit.rules() if each.name == rule]
        beside = Member(
            f"urn:pulumi:dev::audit::{TYPE}::{NAME}", TYPE, NAME, lambda: self.evidence.model_dump(mode="json")
        )
        holding = {one.label: self.weak.get(one.label, []) for one in SAFEGUARDS.all()}
        with patch.object(Case, "safeguards", holding):
            return list(findings(wanted, Stack([*self.members, beside], Waivers([], date(2026, 3, 2)))))

    def team(self, name: str, app: str) -> None:
        """The contract of a team with one app."""
        team = {"name": name, "group": f"{name}@example.com", "ci": {"deploy": email(f"apps-{name}-deploy")}}
        contract = {
            "project": {"number": "42"},
            "team": team,
            "apps": {app: {"serviceAccount": email(f"app-{app}")}},
        }
        stack = f"team-{name}-dev"
        self.add("pulumi:pulumi:Stack", f"identity-{stack}", "identity", stack, contract=contract)

    def ways(self) -> set[tuple[str, str]]:
        """From whom to what there is a way that nobody accepted."""
        return {
            tuple(found.message.split(",")[0].split(" can come to ")) for found in self.found("audit-no-escalation")
        }  # pyright: ignore[reportReturnType] - always two parts


def layers() -> Layers:
    """The layers."""
    made = Layers()
    for name in ("identity-deploy", "platform-deploy", "data-admin", "app-shop", "bystander"):
        made.account(name)
    made.add("gcp:container/cluster:Cluster", "main", "platform", name="main", location="europe-west4", project=PROJECT)
    made.holds("account identity-deploy", "iam.denypolicies.update")
    made.holds("account platform-deploy", "container.clusters.get", "compute.firewalls.update", "logging.sinks.update")
    made.holds("account data-admin", "cloudsql.users.create")
    made.grant("account app-shop", "roles/secretmanager.secretAccessor", "secret app-shop-key")
    made.grant("workload shop/shop", "roles/iam.workloadIdentityUser", "account app-shop")
    made.add("pulumi:pulumi:Stack", "identity-dev", contract={"project": {"number": "42"}})
    # The shop's contract is not the last one: those of all teams are read.
    made.team("shop", "shop")
    made.team("billing", "invoices")
    return made


def texts(found: Iterable[Finding]) -> str:
    """All messages."""
    return "\n".join(each.message for each in found)
