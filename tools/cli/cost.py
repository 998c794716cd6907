"""`make cost`: cost of a stack a month by a dated price table, and the difference that a change would make.

The engine previews the stack as its read-only identity; both sides of each step are priced. What is charged by use
alone (traffic, logs, objects) is named and not summed, and so is every type that the table does not know.
"""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from rich.table import Table

from cli import state
from cli.console import wide_console
from cli.directory import SandboxDirectory
from cli.environment import cloud_environment, sandbox_environment
from cli.formats import readable
from cli.layout import SANDBOX, Stack, stacks
from cli.own_engine import own_pulumi
from cli.start import await_servers, begin
from engine import previews
from engine.document import FormatError
from engine.previews import Step
from engine.states import Resource
from toolchain.errors import ToolError

TABLE = Path(__file__).with_name("prices.yaml")
_GIB = 1024.0

Inputs = dict[str, Any]


class Prices(BaseModel):
    """The price table; US dollars, GiB, hours."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    date: str
    region: str
    sources: list[str]
    hours: float
    per_hour: dict[str, float]
    per_month: dict[str, float]
    assumed: dict[str, float]

    def hourly(self, item: str, amount: float = 1.0) -> float:
        """A month of so much of something that is charged by the hour."""
        return self.per_hour[item] * self.hours * amount


def prices() -> Prices:
    """The table as committed."""
    content = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return Prices.model_validate({**content, "date": str(content["date"])})


@dataclass(frozen=True)
class Line:
    """One resource: dollars a month before and after; `known` unless a price is missing; its URN."""

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
    sidecars = [each for each in _maps(pod, "initContainers") if each.get("restartPolicy") == "Always"]
    requests = [_map(_map(each, "resources"), "requests") for each in [*_maps(pod, "containers"), *sidecars]]
    cores = sum(_cores(str(each.get("cpu", "0"))) for each in requests)
    memory = sum(_gib(str(each.get("memory", "0"))) for each in requests)
    each_pod = table.hourly("podCore", cores) + table.hourly("podMemoryGib", memory)
    return float(spec.get("replicas") or 1) * each_pod


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
# Type to what one of it costs a month; None when the table lacks a price for its settings.
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
# Charged by what passes through or lies in it, so that the resource alone tells nothing.
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
    """A stack's lines, and the names of what is charged by use."""

    lines: list[Line]
    by_use: list[str]

    @property
    def before(self) -> float:
        """The sum as deployed."""
        return sum(line.before for line in self.lines)

    @property
    def after(self) -> float:
        """The sum after the change."""
        return sum(line.after for line in self.lines)


def estimate(steps: Sequence[Step], table: Prices) -> Estimate:
    """Cost of both sides of a preview.

    Args:
        steps: the preview's, those that change nothing included.
        table: the prices.
    """
    lines: list[Line] = []
    by_use: list[str] = []
    least_before, least_after = _least_pods(step.old for step in steps), _least_pods(step.new for step in steps)
    for step in steps:
        if step.operation.endswith("-replaced") or step.operation == "replace":
            continue  # the other parts of a replacement, whose cost the step of its creation tells
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
            lines.append(Line(name, before or 0.0, after or 0.0, known, step.urn))
        elif resource.type in _BY_USE:
            by_use.append(name)
    return Estimate(lines, by_use)


def _least_pods(resources: Iterable[Resource | None]) -> dict[tuple[str, str], int]:
    """Least number of pods that autoscalers keep, by namespace and name of the Deployment."""
    least: dict[tuple[str, str], int] = {}
    for scaler in resources:
        if scaler and scaler.type == _AUTOSCALER:
            spec = _map(scaler.inputs, "spec")
            target = str(_map(spec, "scaleTargetRef").get("name"))
            least[str(_map(scaler.inputs, "metadata").get("namespace")), target] = int(spec.get("minReplicas") or 1)
    return least


def _scaled(inputs: Inputs, least: Mapping[tuple[str, str], int]) -> Inputs:
    """A Deployment's inputs with the number of pods that its autoscaler keeps, if it states none itself."""
    metadata, spec = _map(inputs, "metadata"), _map(inputs, "spec")
    pods = least.get((str(metadata.get("namespace")), str(metadata.get("name"))))
    return {**inputs, "spec": {**spec, "replicas": pods}} if pods and "replicas" not in spec else inputs


def run(layer: str | None, app: str | None, environment: str) -> int:
    """Estimate the stacks of an environment, narrowed to a layer or an app; return the exit code."""
    table = prices()
    for stack in stacks(environment, layer, app):
        _show(stack, of(stack))
    console = wide_console()
    console.print(f"US dollars a month at list prices of {table.date}, region {table.region}; see {TABLE.name} beside")
    console.print("the commands for sources and assumptions. Traffic, logs and discounts are not in it.")
    return 0


def of(stack: Stack) -> Estimate:
    """Estimate of a stack: its cost now, and with its planned change.

    Raises `ToolError` when it cannot be previewed.
    """
    return estimate(_steps(stack), prices())


def _steps(stack: Stack) -> Sequence[Step]:
    if stack.environment == SANDBOX:
        sandbox = SandboxDirectory.default().required()
        with sandbox.held("starting the sandbox's servers"):
            begin(sandbox)
            await_servers(sandbox)
        if state.read(sandbox, stack) is None:
            raise ToolError(f"{stack.title} is not in the sandbox yet, so nothing can be estimated. Run `make up`.")
        env, program = sandbox_environment(sandbox, stack, "preview"), sandbox.bin / "pulumi"
    else:
        from cli.google_login import environment_as  # noqa: PLC0415  Google's libraries take 0.3 s to load

        program = own_pulumi(stack.environment)
        env = {**cloud_environment(stack), **environment_as(stack.account("preview"))}
    done = subprocess.run(  # noqa: S603  the engine
        [str(program), "preview", "--json", "--show-sames", "--stack", stack.name, "--non-interactive"],
        cwd=stack.folder,
        env=dict(env),
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


def _show(stack: Stack, estimate: Estimate) -> None:
    table = Table(title=f"{stack.title} ({stack.name})", title_justify="left", box=None, pad_edge=False)
    table.add_column("resource")
    for heading in ("now", "then", "change"):
        table.add_column(heading, justify="right")
    for line in sorted(estimate.lines, key=lambda each: -max(each.before, each.after)):
        if not line.known:
            table.add_row(line.name, "?", "?", "no price for its settings")
        elif max(line.before, line.after) > 0:
            table.add_row(line.name, *_amounts(line.before, line.after))
    table.add_row("sum", *_amounts(estimate.before, estimate.after), style="bold")
    console = wide_console()
    console.print(table)
    if estimate.by_use:
        counted = Counter(name.partition(" ")[0] for name in estimate.by_use)
        listed = ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(counted.items()))
        console.print(f"by use alone: {listed}", soft_wrap=True)
    console.print()


def _amounts(before: float, after: float) -> tuple[str, str, str]:
    change = after - before
    return f"{before:,.2f}", f"{after:,.2f}", f"{change:+,.2f}" if abs(change) >= 0.005 else ""
