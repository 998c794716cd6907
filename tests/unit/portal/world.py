"""A small environment to show: states as the engine writes them, reports, access and history; and a large one."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from access.listing import Listing
from cli import cost
from cli.github.preview_result import PreviewResult
from cli.history.model import Change, Entry, History, Person, PropertyChange, Update
from cli.layout import Stack
from cli.limits import Limit, Usage
from cli.portal import stack_states
from cli.portal.answers import Answers, Drift
from cli.portal.contracts import contracts
from cli.portal.findings import Accepted, Finding, Report, Rule
from cli.portal.gather import estimate
from cli.portal.stack_states import StackState
from iam.decide import Access
from unit.portal.access_document import access

Json = dict[str, Any]

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=document.title='run'>\"'&{{7*7}}"
SECRET = "correct horse battery staple"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"

IDENTITY = Stack("identity", "sandbox")
PLATFORM = Stack("platform", "sandbox")
STOREFRONT = Stack("apps", "sandbox", "storefront")
STACKS = (IDENTITY, PLATFORM, STOREFRONT)
LIMITS = (
    Usage(
        "principals", Limit(what="principals in one allow policy", most=1500, remedy="grant to groups"), 33, "project"
    ),
    Usage("accounts", Limit(what="service accounts", most=100, remedy="request a higher quota"), 81, ""),
)


def urn(stack: Stack, kind: str, name: str, parent: str = "") -> str:
    """A URN as the engine makes it."""
    return f"urn:pulumi:{stack.name}::{stack.project}::{f'{parent}$' if parent else ''}{kind}::{name}"


def resource(stack: Stack, kind: str, name: str, inputs: Json | None = None, **more: Any) -> Json:
    """A resource of a state."""
    return {
        "urn": urn(stack, kind, name),
        "custom": not kind.startswith(("prodfirst:", "pulumi:pulumi:")),
        "id": name,
        "type": kind,
        "inputs": inputs or {},
        "outputs": inputs or {},
        "created": "2026-11-20T08:00:00.5Z",
        "modified": "2026-11-20T08:00:01.5Z",
        **more,
    }


def state(resources: Iterable[Json]) -> Json:
    """A state as a file backend keeps it."""
    return {"version": 3, "checkpoint": {"latest": {"resources": list(resources)}}}


def encrypted(text: str) -> Json:
    """A secret as the engine writes it."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": f"v1:{text}"}


def root(stack: Stack, outputs: Json) -> Json:
    """The resource that stands for the stack."""
    return resource(stack, "pulumi:pulumi:Stack", f"{stack.project}-{stack.name}", outputs)


def states() -> dict[Stack, list[Json]]:
    """The resources of each stack; one name is hostile, and there are secrets of several kinds."""
    reader = {"secretId": "contract-platform", "role": "roles/secretmanager.secretAccessor"}
    member = "serviceAccount:apps-shop-deploy@prodfirst-sandbox.iam.gserviceaccount.com"
    network = urn(PLATFORM, "gcp:compute/network:Network", "main")
    contract: Json = {"contract": "platform", "version": 1, "registry": "example/shop", "destinations": {"mail": {}}}
    labels = {"settings": {"tier": "db-custom-2-7680", "userLabels": {"owner": "database"}}}
    return {
        IDENTITY: [
            root(IDENTITY, {}),
            resource(
                IDENTITY, "gcp:secretmanager/secretIamMember:SecretIamMember", "reader", {**reader, "member": member}
            ),
            resource(IDENTITY, "gcp:kms/cryptoKey:CryptoKey", HOSTILE, {"purpose": f"{HOSTILE}\u2028"}, protect=True),
        ],
        PLATFORM: [
            root(PLATFORM, {"contract": contract}),
            resource(PLATFORM, "gcp:compute/network:Network", "main"),
            resource(
                PLATFORM,
                INSTANCE,
                "orders",
                {**labels, "rootPassword": SECRET, "seed": encrypted(SECRET)},
                protect=True,
                dependencies=[network],
                sourcePosition="project:///platform_layer/datastore.py#78",
            ),
        ],
        STOREFRONT: [
            root(STOREFRONT, {}),
            resource(STOREFRONT, "kubernetes:core/v1:Secret", "key", {"data": {"token": SECRET}, "kind": "Secret"}),
            resource(STOREFRONT, "kubernetes:apps/v1:Deployment", "storefront"),
        ],
    }


def read(folder: Path, found: dict[Stack, list[Json]]) -> list[StackState]:
    """The stacks, read from files."""
    owners = {"identity": "security", "platform": "platform", "apps": "shop"}
    made: list[StackState] = []
    for stack, resources in found.items():
        file = folder / f"{stack.project}-{stack.name}.json"
        file.write_text(json.dumps(state(resources)), encoding="utf-8")
        made.append(stack_states.read(stack, file, owners[stack.project]))
    return made


def answers(folder: Path, found: dict[Stack, list[Json]] | None = None) -> Answers:
    """All of it."""
    stacks = read(folder, found or states())
    table = cost.prices()
    return Answers(
        environment="sandbox",
        project="prodfirst-sandbox",
        made=NOW,
        states=stacks,
        contracts=contracts(stacks),
        reports=[_report()],
        accepted=[_accepted("2026-11-25", 4), _accepted("2026-12-25", 34)],
        drift={"platform": Drift(_part(), "2026-11-21 11:00")},
        estimates={each.stack.title: estimate(each, table) for each in stacks},
        prices=table,
        access=ACCESS,
        history=history(),
        limits=LIMITS,
    )


def large(resources: int) -> dict[Stack, list[Json]]:
    """So many resources in all, some of them with the others' types and names."""
    made = states()
    kinds = ("gcp:storage/bucket:Bucket", "gcp:pubsub/topic:Topic", "gcp:serviceaccount/account:Account")
    present = sum(map(len, made.values())) - len(made)
    made[PLATFORM] += [
        resource(
            PLATFORM, kinds[number % len(kinds)], f"thing-{number:05}", {"name": f"thing-{number}", "size": number}
        )
        for number in range(resources - present)
    ]
    return made


def _report() -> Report:
    rules = tuple(
        Rule(name, f"Rule {name}.", severity, "https://example.com", "Correct it.")
        for name, severity in (("sql-private", "high"), ("iam-no-owner", "critical"), ("gke-private", "low"))
    )
    found = Finding(
        "sql-private", "violation", "platform", f"orders is open {HOSTILE}", "platform/x.py:3", "", ("one", "two")
    )
    return Report("plan gate", "platform", rules, (found,))


def _accepted(day: str, days: int) -> Accepted:
    reason = "A reason that is long enough to be one."
    return Accepted("policies/waivers.yaml", "sql-private", f"orders {day}", reason, "database", day, days)


def _part() -> PreviewResult:
    return PreviewResult(
        stack="platform",
        environment="sandbox",
        passed=True,
        counts={"update": 1, "same": 2},
        plan=f"~ orders {HOSTILE}",
    )


def history() -> History:
    """One update with an entry of the log, and one out-of-band change."""
    started = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    change = Change(
        urn=urn(PLATFORM, INSTANCE, "orders"),
        name="DatabaseInstance orders",
        id="orders",
        operation="update",
        properties=(PropertyChange(path="settings.tier", before='"a"', after='"b"'),),
    )
    update = Update(
        key="platform/2",
        stack="sandbox",
        layer="platform",
        app=None,
        number=2,
        kind="update",
        result="succeeded",
        started=started,
        ended=started,
        message=f"A smaller database {HOSTILE}",
        commit="c" * 40,
        author=Person(name="Ada", email="ada@example.com"),
        run="javascript:document.title='run'",
        identity="platform-deploy@prodfirst-sandbox.iam.gserviceaccount.com",
        resources={"update": 1, "same": 2},
        changes=(change,),
        entries=("1",),
    )
    called: Json = {"time": started, "service": "sqladmin.googleapis.com", "resource": "projects/p/instances/orders"}
    called |= {"outcome": "done", "message": "", "caller": "x"}
    entries = [
        Entry(
            id="1",
            principal="platform-deploy@p",
            method="sql.instances.patch",
            origin="update",
            updates=("platform/2",),
            **called,
        ),
        Entry(id="2", principal="bob@example.com", method="sql.instances.update", origin="person", **called),
    ]
    return History(environment="sandbox", since=None, until=NOW, updates=(update,), entries=tuple(entries))


ACCESS = Listing(Access(access(HOSTILE, urn(PLATFORM, INSTANCE, "orders")))).as_json()
