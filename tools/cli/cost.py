"""`make cost`: estimates the monthly cost of a stack, and of a planned change, by a dated table of list prices.

The engine previews the stack as its read-only identity; the resource before and after each step is priced. Resources
that are charged by use alone (traffic, logs, objects) are listed and not summed. Every estimate names the date and the
sources of the table, because a price table in git goes out of date.
"""

import datetime as dt
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from rich.table import Table

from cli import yaml_file
from cli.console import wide_console
from cli.formats import readable
from cli.layout import Stack
from cli.target.protocol import Target
from engine import previews
from engine.document import FormatError
from engine.previews import Step
from engine.states import Resource
from toolchain.errors import ToolError

TABLE = Path(__file__).with_name("prices.yaml")
# From this age on, every estimate requests a new table.
_OUTDATED_MONTHS = 6
_GIB = 1024.0

Inputs = dict[str, Any]


class Prices(BaseModel):
    """The price table; US dollars, GiB, hours."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    date: dt.date
    region: str
    sources: list[str]
    hours: float
    per_hour: dict[str, float]
    per_month: dict[str, float]
    assumed: dict[str, float]

    def hourly(self, item: str, amount: float = 1.0) -> float:
        """The monthly price of an amount that is charged by the hour."""
        return self.per_hour[item] * self.hours * amount

    def note(self, today: dt.date) -> str:
        """Date, region and sources of the table, and a request for a new one if it is out of date."""
        months = (today.year - self.date.year) * 12 + today.month - self.date.month - (today.day < self.date.day)
        note = f"US dollars a month, list prices of {self.date} in {self.region}, from {', '.join(self.sources)}"
        if months < _OUTDATED_MONTHS:
            return note
        return f"{note}\nThese prices are {months} months old: compare them with the sources, and update {TABLE.name}."


def prices() -> Prices:
    """The committed table."""
    return yaml_file.load(TABLE, Prices.model_validate, "nothing has a price")


@dataclass(frozen=True)
class ResourceCost:
    """Cost of one resource: dollars a month before and after; `known` unless a price is missing; its URN."""

    name: str
    before: float
    after: float
    known: bool = True
    urn: str = ""


def _sql(table: Prices, inputs: Inputs) -> float | None:
    settings = _map(inputs, "settings")
    tier, copies = str(settings.get("tier")), 2 if settings.get("availabilityType") == "REGIONAL" else 1
    disk = table.per_month["sqlStorageGib"] * float(settings.get("diskSize") or 10)
    if settings.get("edition", "ENTERPRISE") != "ENTERPRISE":
        return None
    if tier in ("db-f1-micro", "db-g1-small"):
        return copies * (table.hourly("sqlMicro" if tier == "db-f1-micro" else "sqlSmall") + disk)
    parts = tier.removeprefix("db-custom-").split("-")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return None
    cores, memory = float(parts[0]), float(parts[1]) / _GIB
    return copies * (table.hourly("sqlCore", cores) + table.hourly("sqlMemoryGib", memory) + disk)


def _external(table: Prices, inputs: Inputs) -> float:
    return table.hourly("externalAddress") if inputs.get("addressType", "EXTERNAL") == "EXTERNAL" else 0.0


def _pods(table: Prices, inputs: Inputs) -> float:
    spec = _map(inputs, "spec")
    pod = _map(_map(spec, "template"), "spec")
    # An init container that never ends runs beside the others (a native sidecar).
    sidecars = [item for item in _maps(pod, "initContainers") if item.get("restartPolicy") == "Always"]
    requests = [_map(_map(item, "resources"), "requests") for item in [*_maps(pod, "containers"), *sidecars]]
    cores = sum(_cores(str(request.get("cpu", "0"))) for request in requests)
    memory = sum(_gib(str(request.get("memory", "0"))) for request in requests)
    of_pod = table.hourly("podCore", cores) + table.hourly("podMemoryGib", memory)
    return float(spec.get("replicas") or 1) * of_pod


def _map(of: Inputs, key: str) -> Inputs:
    return cast("Inputs", of.get(key) or {})


def _maps(of: Inputs, key: str) -> list[Inputs]:
    return cast("list[Inputs]", of.get(key) or [])


def _cores(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _gib(quantity: str) -> float:
    units = {"Ki": _GIB**-2, "Mi": 1 / _GIB, "Gi": 1.0, "Ti": _GIB}
    return float(quantity[:-2]) * units[quantity[-2:]] if quantity[-2:] in units else float(quantity) * _GIB**-3


_AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
# The monthly price of a resource by its type; None if the table has no price for its settings.
_PRICED: dict[str, Callable[[Prices, Inputs], float | None]] = {
    "gcp:sql/databaseInstance:DatabaseInstance": _sql,
    "gcp:container/cluster:Cluster": lambda table, _: table.hourly("cluster"),
    "gcp:compute/routerNat:RouterNat": lambda table, _: table.hourly("natMachine", table.assumed["natMachines"]),
    "gcp:compute/address:Address": _external,
    "gcp:compute/globalAddress:GlobalAddress": _external,
    "gcp:kms/cryptoKey:CryptoKey": lambda table, _: table.per_month["keyVersion"] * table.assumed["keyVersions"],
    "gcp:secretmanager/secretVersion:SecretVersion": lambda table, _: table.per_month["secretVersion"],
    "gcp:dns/managedZone:ManagedZone": lambda table, _: table.per_month["dnsZone"],
    "kubernetes:gateway.networking.k8s.io/v1:Gateway": lambda table, _: table.hourly("loadBalancer"),
    "kubernetes:apps/v1:Deployment": _pods,
}
# Types that are charged by traffic or content, which the resource does not show.
_BY_USE = frozenset(
    {
        "gcp:artifactregistry/repository:Repository",
        "gcp:gkebackup/backupPlan:BackupPlan",
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        "gcp:logging/projectSink:ProjectSink",
        "gcp:monitoring/alertPolicy:AlertPolicy",
        "gcp:pubsub/topic:Topic",
        "gcp:storage/bucket:Bucket",
        "gcp:compute/subnetwork:Subnetwork",
    }
)


@dataclass(frozen=True)
class Estimate:
    """The priced resources of a stack, and the names of resources that are charged by use."""

    lines: list[ResourceCost]
    by_use: list[str]

    @property
    def before(self) -> float:
        """Total as deployed."""
        return sum(line.before for line in self.lines)

    @property
    def after(self) -> float:
        """Total after the change."""
        return sum(line.after for line in self.lines)


def estimate(steps: Sequence[Step], table: Prices) -> Estimate:
    """Cost before and after the changes of a preview.

    Args:
        steps: of the preview, including steps that change nothing.
        table: the prices.
    """
    lines: list[ResourceCost] = []
    by_use: list[str] = []
    least_before, least_after = _least_pods(step.old for step in steps), _least_pods(step.new for step in steps)
    for step in steps:
        if step.operation.endswith("-replaced") or step.operation == "replace":
            continue  # other steps of a replacement, whose cost is in the step that creates the resource
        old, new = step.old, None if step.operation == "delete" else step.new
        resource = new or old
        if resource is None:
            continue
        name = f"{resource.type.rpartition(':')[2]} {resource.name}"
        if price := _PRICED.get(resource.type):
            before, after = (
                price(table, _scaled(side.inputs, least)) if side else 0.0
                for side, least in ((old, least_before), (new, least_after))
            )
            known = before is not None and after is not None
            lines.append(ResourceCost(name, before or 0.0, after or 0.0, known, step.urn))
        elif resource.type in _BY_USE:
            by_use.append(name)
    return Estimate(lines, by_use)


def _least_pods(resources: Iterable[Resource | None]) -> dict[tuple[str, str], int]:
    """Minimum number of pods of each autoscaler, by namespace and name of the Deployment."""
    least: dict[tuple[str, str], int] = {}
    for scaler in resources:
        if scaler and scaler.type == _AUTOSCALER:
            spec = _map(scaler.inputs, "spec")
            target = str(_map(spec, "scaleTargetRef").get("name"))
            least[str(_map(scaler.inputs, "metadata").get("namespace")), target] = int(spec.get("minReplicas") or 1)
    return least


def _scaled(inputs: Inputs, least: Mapping[tuple[str, str], int]) -> Inputs:
    """Inputs of a Deployment, with the minimum of its autoscaler when it states no number of pods itself."""
    metadata, spec = _map(inputs, "metadata"), _map(inputs, "spec")
    pods = least.get((str(metadata.get("namespace")), str(metadata.get("name"))))
    return {**inputs, "spec": {**spec, "replicas": pods}} if pods and "replicas" not in spec else inputs


def run(target: Target, chosen: Iterable[Stack]) -> int:
    """Print estimates of stacks of a target; return the exit code."""
    table = prices()
    target.start()
    for stack in chosen:
        _show(stack, of(target, stack))
    console = wide_console()
    console.print(table.note(dt.datetime.now(tz=dt.UTC).date()), soft_wrap=True)
    console.print("Traffic, logs and discounts are not included.")
    return 0


def of(target: Target, stack: Stack) -> Estimate:
    """Estimate a stack and its planned change.

    Raises `ToolError` when the stack cannot be previewed.
    """
    return estimate(_steps(target, stack), prices())


def _steps(target: Target, stack: Stack) -> Sequence[Step]:
    with target.preview(stack) as engine:
        done = subprocess.run(  # noqa: S603  the engine
            [str(engine.program), "preview", "--json", "--show-sames", "--stack", stack.name, "--non-interactive"],
            cwd=stack.folder,
            env=dict(engine.env),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        reasons = "\n".join(_reasons(done, stack))
        raise ToolError(f"{stack.title}: the preview failed, so nothing is estimated.\n{reasons}")
    with readable(stack.title):
        return previews.parse(done.stdout, stack.name).steps


def _reasons(done: subprocess.CompletedProcess[str], stack: Stack) -> Iterator[str]:
    try:
        diagnostics = previews.parse(done.stdout, stack.name).diagnostics
    except FormatError:  # the engine failed before there was a preview
        yield done.stderr or done.stdout
        return
    yield from (diagnostic.message for diagnostic in diagnostics if diagnostic.severity == "error")


def _show(stack: Stack, estimated: Estimate) -> None:
    table = Table(title=f"{stack.title} ({stack.name})", title_justify="left", box=None, pad_edge=False)
    table.add_column("resource")
    for heading in ("now", "then", "change"):
        table.add_column(heading, justify="right")
    for line in sorted(estimated.lines, key=lambda line: -max(line.before, line.after)):
        if not line.known:
            table.add_row(line.name, "?", "?", "no price for its settings")
        elif max(line.before, line.after) > 0:
            table.add_row(line.name, *_amounts(line.before, line.after))
    table.add_row("sum", *_amounts(estimated.before, estimated.after), style="bold")
    console = wide_console()
    console.print(table)
    if estimated.by_use:
        counted = Counter(name.partition(" ")[0] for name in estimated.by_use)
        listed = ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(counted.items()))
        console.print(f"by use alone: {listed}", soft_wrap=True)
    console.print()


def _amounts(before: float, after: float) -> tuple[str, str, str]:
    change = after - before
    return f"{before:,.2f}", f"{after:,.2f}", f"{change:+,.2f}" if abs(change) >= 0.005 else ""
