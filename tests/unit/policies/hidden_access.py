"""Access by every way around the obvious one, which `make access` has to find: who holds it, and who comes to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from access.answers import Answering
from access.questions import Action, Question
from iam.decide import Access
from iam.document import Verdict
from unit.policies.access_worlds import (
    ACCOUNT,
    BUCKET,
    FOLDER,
    INSTANCE,
    JOB,
    ORGANIZATION,
    OUTER,
    POOL,
    PROJECT,
    ROBOT,
    SECRET,
    World,
    in_document,
)

EVE, ANN = "user:eve@example.com", "user:ann@example.com"  # Ann is in a group that is in another one.
EVERYBODY = "allUsers"
ROLE = "roles/attacked"
CREATOR = "roles/iam.serviceAccountTokenCreator"
# Permissions that an attacker is after, and on what.
TARGETS: Mapping[str, str] = {
    "cloudsql.instances.delete": INSTANCE,
    "cloudsql.instances.executeSql": INSTANCE,
    "iam.serviceAccounts.getAccessToken": ACCOUNT,
    "resourcemanager.projects.setIamPolicy": PROJECT,
    "secretmanager.versions.access": SECRET,
    "storage.objects.get": BUCKET,
}
_HOLDS = "false || !(request.time < timestamp('2020-01-01T00:00:00Z'))"
_ENDS = "request.time < timestamp('2199-01-01T00:00:00Z')"


def _bound(who: str, holder: str = "", on: str = "", condition: str = "") -> "Way":
    def make(world: World, permission: str, resource: str) -> str:
        del permission
        world.grant(who, ROLE, on or resource, condition)
        return holder or who

    return make


def _by_a_custom_role(world: World, permission: str, resource: str) -> str:
    world.grant(EVE, world.role("harmless", permission), resource)
    return EVE


def _as_an_account(world: World, permission: str, resource: str) -> str:
    del permission
    world.grant(ROBOT, ROLE, resource)
    world.grant(EVE, CREATOR, ACCOUNT)
    return EVE


def _as_an_account_of_the_project(world: World, permission: str, resource: str) -> str:
    del permission
    world.grant(ROBOT, ROLE, resource)
    world.grant(EVE, CREATOR)
    return EVE


def _spared_by_a_deny_rule(world: World, permission: str, resource: str) -> str:
    world.grant(ANN, ROLE, resource)
    service, _, rest = permission.partition(".")
    host = "cloudresourcemanager" if service == "resourcemanager" else service
    group = f"principalSet://goog/group/{OUTER.removeprefix('group:')}"
    world.forbid([f"{host}.googleapis.com/{rest}"], ["principalSet://goog/public:all"], [group])
    return ANN


# Makes the access, and returns who has it then.
Way = Callable[[World, str, str], str]
WAYS: Mapping[str, Way] = {
    "a binding that no state declares": _bound(EVE),
    "a group in a group": _bound(OUTER, ANN),
    "everybody on the internet": _bound(EVERYBODY),
    "everybody with a Google account": _bound("allAuthenticatedUsers"),
    "every job of the pool": _bound(POOL),
    "a job of the pool": _bound(JOB),
    "a policy of the project": _bound(EVE, on=PROJECT),
    "a policy of the folder": _bound(EVE, on=FOLDER),
    "a policy of the organisation": _bound(EVE, on=ORGANIZATION),
    "a condition that a negation hides": _bound(EVE, condition=_HOLDS),
    "a condition that ends in 2199": _bound(EVE, condition=_ENDS),
    "a custom role with a harmless name": _by_a_custom_role,
    "a token of an account": _as_an_account,
    "a token of any account of the project": _as_an_account_of_the_project,
    "a deny rule that spares a group": _spared_by_a_deny_rule,
}


@dataclass(frozen=True)
class HiddenAccess:
    """Access to one permission, by one way.

    Attributes:
        way: how it is had, in words.
        permission: what the attacker is after.
    """

    way: str
    permission: str

    def noticed(self) -> bool:
        """Return whether `make access CAN=…` names who has it or a group of theirs, and with `WHO=…` answers yes."""
        world, resource = World(), TARGETS[self.permission]
        who = WAYS[self.way](world, self.permission, resource)
        access = world.access({ROLE: [self.permission], CREATOR: ["iam.serviceAccounts.getAccessToken"]})
        everybody = self._answer(access, None, in_document(resource))
        return who in self._answer(access, who, in_document(resource)) and not everybody.isdisjoint(
            {who, *access.identities(who)}
        )

    def _answer(self, access: Access, who: str | None, resource: str) -> set[str]:
        question = Question(who=who, can=(Action(self.permission),), on=resource)
        return {line.who for line in Answering(access, question).lines() if line.verdict is not Verdict.NO}


def hidden() -> Iterator[HiddenAccess]:
    """Yield access to each permission, by each way."""
    for way in WAYS:
        for permission in TARGETS:
            yield HiddenAccess(way, permission)
