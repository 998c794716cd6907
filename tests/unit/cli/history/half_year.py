"""Half a year of three layers, as recorded by the engine and Cloud Logging, with a bad deployment in it.

The files have the formats of the engine's backend and of a sink to a bucket; people and changes are made up, and equal
in each run.
"""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PROJECT = "example-prod"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
WEEKS = 26
# Of a database that apps reach through their proxy, and of the proxy's way to Google's API.
DATABASE_PORT, API_PORT = 3307, 443
SECRET = "the-password-that-nobody-sees"  # to be searched for

_PEOPLE = {"platform": ("Pia Platt", "Paul Plan"), "identity": ("Ines Ident",), "apps": ("Ada App", "Bob Build")}
_TITLES = ("Raise the limits", "Another image", "Follow the review", "Tidy up", "Allow the new partner")


def account(owner: str) -> str:
    """The deploy identity of a layer or team."""
    return f"{owner}-deploy@{PROJECT}.iam.gserviceaccount.com"


@dataclass
class Stack:
    """A stack on its way through the half year: its resources, by name, and their inputs now."""

    layer: str
    name: str
    owner: str
    resources: dict[str, Json]
    updates: int = 0
    app: str = ""

    @property
    def title(self) -> str:
        """As `make history` calls it."""
        return f"{self.layer}/{self.app}" if self.app else self.layer


@dataclass
class HalfYear:
    """The written files: states below `states`, logs below `logs`.

    Attributes:
        folder: the folder of the files.
        updates: the number of updates.
        bad: the key of the update that took the database away from the storefront, its commit and its pull request.
    """

    folder: Path
    updates: int = 0
    entries: int = 0
    bad: tuple[str, str, int] = ("", "", 0)
    _lines: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  no secret

    @property
    def states(self) -> Path:
        """The backend of all layers."""
        return self.folder / "states"

    @property
    def logs(self) -> Path:
        """The export of the audit log."""
        return self.folder / "logs"

    def deploy(self, stack: Stack, time: datetime, changed: str, author: str, title: str) -> tuple[str, str, int]:
        """One deployment from CI of a change to one resource; its key, commit and pull request."""
        stack.updates += 1
        self.updates += 1
        commit, number = f"{self._random.getrandbits(160):040x}", 100 + self.updates
        ended = time + timedelta(seconds=self._random.randrange(20, 400))
        trailers = {
            "Ran-as": account(stack.owner),
            "Started-by": author.split(maxsplit=1)[0].lower(),
            "Approved-by": "carla",
            "Run": f"https://github.com/example/infrastructure/actions/runs/{9000 + self.updates}",
            "Pull-request": str(number),
        }
        message = "\n".join([f"{title} (#{number})", "", *(f"{key}: {value}" for key, value in trailers.items())])
        self._history(stack, (time, ended), message, author, commit)
        self._called(stack, time + timedelta(seconds=5), changed)
        self._noise(stack, time)
        return f"{stack.title}/{stack.updates}", commit, number

    def _history(self, stack: Stack, span: tuple[datetime, datetime], message: str, author: str, commit: str) -> None:
        time, ended = span
        folder = self.states / ".pulumi" / "history" / stack.layer / stack.name
        folder.mkdir(parents=True, exist_ok=True)
        mail = f"{author.split(maxsplit=1)[0].lower()}@example.com"
        git = {"git.head": commit, "git.author": author, "git.author.email": mail, "git.dirty": "false"}
        update = {
            "kind": "update",
            "startTime": int(time.timestamp()),
            "message": message,
            "environment": {"exec.kind": "cli", **git, "git.committer": "GitHub"},
            "config": {},
            "version": 0,
            "result": "succeeded",
            "endTime": int(ended.timestamp()),
            "resourceChanges": {"same": len(stack.resources) - 1, "update": 1},
        }
        resources = [_resource(stack, name, inputs) for name, inputs in stack.resources.items()]
        checkpoint = {"version": 3, "checkpoint": {"stack": stack.name, "latest": {"resources": resources}}}
        base = folder / f"{stack.name}-{int(ended.timestamp() * 1e9) + stack.updates}"
        base.with_name(f"{base.name}.history.json").write_text(json.dumps(update))
        base.with_name(f"{base.name}.checkpoint.json").write_text(json.dumps(checkpoint))

    def _called(self, stack: Stack, time: datetime, resource: str) -> None:
        job = f"repo:example/infrastructure:environment:{stack.owner}-prod"
        pool = "principal://iam.googleapis.com/projects/310300400500/locations/global/workloadIdentityPools/github"
        chain = [{"principalSubject": f"{pool}/subject/{job}"}]
        who = {"principalEmail": account(stack.owner), "serviceAccountDelegationInfo": chain}
        for number in range(3):
            self.log(time + timedelta(seconds=number), who, "patch", f"projects/{PROJECT}/{resource}")

    def _noise(self, stack: Stack, time: datetime) -> None:
        """Reads, which are most of a log, and what Google does by itself."""
        reader = {"principalEmail": f"{stack.owner}-preview@{PROJECT}.iam.gserviceaccount.com"}
        for number in range(4):
            self.log(time - timedelta(minutes=number + 5), reader, "get", f"projects/{PROJECT}", log="data_access")
        agent = {"principalEmail": "service-310300400500@container-engine-robot.iam.gserviceaccount.com"}
        self.log(time + timedelta(hours=1), agent, "v1.compute.instances.insert", f"projects/{PROJECT}/zones/a")

    def log(
        self, time: datetime, who: Json, method: str, resource: str, *, log: str = "activity", code: int = 0
    ) -> None:
        """An entry of the audit log."""
        self.entries += log == "activity" or bool(code)
        name = f"cloudaudit.googleapis.com/{log}/{time:%Y/%m/%d}/{time:%H}:00:00_{time:%H}:59:59_S0.json"
        entry = {
            "insertId": f"id{self._random.getrandbits(48):x}",
            "logName": f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2F{log}",
            "timestamp": time.isoformat().replace("+00:00", "Z"),
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "serviceName": "sqladmin.googleapis.com",
                "methodName": method,
                "resourceName": resource,
                "authenticationInfo": who,
                "requestMetadata": {"callerIp": "203.0.113.7", "callerSuppliedUserAgent": "google-cloud-sdk"},
                "status": {"code": code, "message": "denied"} if code else {},
            },
        }
        self._lines.setdefault(name, []).append(json.dumps(entry))

    def finish(self) -> None:
        """Write the log."""
        for name, lines in self._lines.items():
            file = self.logs / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(lines) + "\n")


def _resource(stack: Stack, name: str, inputs: Json) -> Json:
    kind, _, called = name.partition("::")
    urn = f"urn:pulumi:{stack.name}::{stack.layer}::{kind}::{called}"
    common = {"custom": True, "id": f"projects/{PROJECT}/{called}", "created": "2025-12-01T00:00:00Z"}
    # The plain text is only here to be searched for: a real state has ciphertext in its place.
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": SECRET}
    return {"urn": urn, "type": kind, **common, "inputs": {**copy.deepcopy(inputs), "password": secret}, "outputs": {}}


def _stacks() -> list[Stack]:
    policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy::"
    deployment = "kubernetes:apps/v1:Deployment::"
    found = [
        Stack("identity", "prod", "identity", {"gcp:projects/iAMMember:IAMMember::shop": {"revision": 0}}),
        Stack(
            "platform",
            "prod",
            "platform",
            {
                "gcp:sql/databaseInstance:DatabaseInstance::orders": {"revision": 0, "tier": "db-custom-2-7680"},
                "gcp:compute/firewall:Firewall::partners": {"revision": 0},
            },
        ),
    ]
    for app in ("storefront", "reports"):
        egress = [{"ports": [{"port": API_PORT}, {"port": DATABASE_PORT}]}]
        resources = {
            f"{deployment}{app}": {"revision": 0},
            f"{policy}{app}": {"spec": {"egress": egress}, "revision": 0},
        }
        found.append(Stack("apps", f"{app}-prod", "apps-shop", resources, app=app))
    return found


def _moments(rng: random.Random) -> Iterator[tuple[datetime, int]]:
    """Working hours of half a year, with a number each."""
    for day in range(WEEKS * 7):
        date = START + timedelta(days=day)
        if date.weekday() < 5:
            yield from ((date + timedelta(hours=3 * turn, minutes=rng.randrange(50)), turn) for turn in range(3))


def build(folder: Path) -> HalfYear:
    """Write half a year into a folder."""
    made, rng = HalfYear(folder), random.Random(11)  # noqa: S311  no secret
    stacks = {stack.title: stack for stack in _stacks()}
    titles = [*["apps/storefront"] * 5, *["apps/reports"] * 4, *["platform"] * 3, "identity"]
    bad = START + timedelta(weeks=15)
    for time, turn in _moments(rng):
        stack = stacks[rng.choice(titles)]
        # The way out of an app is changed now and then only.
        rarely = (time - START).days // 7 % 6 == 1
        changed = rng.choice([name for name in stack.resources if rarely or "NetworkPolicy" not in name])
        if time > bad and not made.bad[0] and turn == 1:
            stack, changed = stacks["apps/storefront"], "kubernetes:networking.k8s.io/v1:NetworkPolicy::storefront"
            stack.resources[changed]["spec"]["egress"][0]["ports"].pop()
            made.bad = made.deploy(stack, time, "namespaces/storefront", "Bob Build", "Only what the storefront needs")
            continue
        stack.resources[changed]["revision"] += 1
        author = rng.choice(_PEOPLE[stack.layer])
        made.deploy(stack, time, changed.partition("::")[2], author, rng.choice(_TITLES))
    person = {"principalEmail": "dora@example.com"}
    by_hand = bad + timedelta(days=2, hours=9)
    made.log(by_hand, person, "cloudsql.instances.update", f"projects/{PROJECT}/instances/orders")
    made.log(by_hand, person, "cloudsql.instances.delete", f"projects/{PROJECT}/instances/orders", code=7)
    made.finish()
    return made
