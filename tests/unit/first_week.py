"""An adopter's first week, step by step: what somebody who copied this repository changes, in a checkout of theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from example_checkout import files, is_adopters

ENVIRONMENTS = "policies/environments.yaml"
INVENTORY = "policies/datastore_inventory.yaml"
OWNERS = ".github/CODEOWNERS"

_OWN = {
    "cloud-administrators@": "gcp-admins@",
    "break-glass@": "emergency@",
    "example.com": "acme.io",
    "@example/": "@acme/",
    "example/": "acme/",
    "example-dev": "acme-dev-4711",
    "example-prod": "acme-prod-4711",
    "prodfirst-sandbox": "acme-sandbox-4711",
    "europe-west4": "us-central1",
    "123456789012": "998877665544",
    "C012ab3cd": "C0acme123",
    "C0sandbox": "C0acmebox",
    "100200300400": "110220330440",
    "210300400500": "120230340450",
    "310300400500": "130240350460",
    "400500600": "940950960",
    "400500601": "940950961",
    "700800900": "970980990",
}
_DATASTORE = """
owner: database
version: POSTGRES_18
tier: db-custom-2-7680
databases: [ledger]
objectives: {dataLossMinutes: 5, downtimeMinutes: 10}
"""
_ENTRY = """
kind: worker
team: finance
port: 8080
healthPath: /healthz
resources: {cpu: 100m, memory: 256Mi}
database: ledger
"""


@dataclass(frozen=True)
class Week:
    """The adopter's checkout.

    Attributes:
        root: its top.
    """

    root: Path

    def stack_files(self, pattern: str) -> list[Path]:
        """Stack files of a pattern such as `identity/Pulumi.*.yaml`."""
        return sorted(self.root.glob(pattern))

    def edit(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change a YAML file as in an editor; of a stack file, what stands under `config`."""
        file = self.root / name
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        change(content.get("config", content))
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        """Add lines at the end of a file."""
        with (self.root / name).open("a", encoding="utf-8") as file:
            file.write(text)


def own_names(week: Week) -> None:
    """Own organisation, domain, projects, IDs, groups and region in every file."""
    for name in filter(is_adopters, files(week.root)):
        file = week.root / name
        text = file.read_text(encoding="utf-8")
        for old, new in _OWN.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")


def no_samples(week: Week) -> None:
    """The sample team, apps and datastores removed."""
    of_the_team = ("identity/Pulumi.team-shop-*.yaml", "platform/Pulumi.namespaces-shop-*.yaml")
    for pattern in (*of_the_team, "apps/Pulumi.*.yaml", "apps/entries/*.yaml"):
        for file in week.stack_files(pattern):
            file.unlink()
    for file in week.stack_files("platform/Pulumi.storage-*.yaml"):
        week.edit(f"platform/{file.name}", lambda config: config.update({"platform:datastores": {}}))
    for file in week.stack_files("platform/Pulumi.*.yaml"):
        week.edit(f"platform/{file.name}", lambda config: config.pop("platform:gateway", None))
    week.edit(INVENTORY, lambda inventory: inventory["environments"].update(sandbox=[]))
    owners = (week.root / OWNERS).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in owners if not line.startswith(("/apps/entries/", "/apps/Pulumi."))]
    (week.root / OWNERS).write_text("".join(kept), encoding="utf-8")


def team_without_app(week: Week) -> None:
    """A team that only has a part in the whole project: three lines in one file, and nothing else."""
    file = week.root / "identity" / "Pulumi.dev.yaml"
    team = "    finance:\n      group: finance-team@acme.io\n      capabilities: [datastore-admin]\n"
    text = file.read_text(encoding="utf-8")
    assert text.count("  identity:teams:\n") == 1
    file.write_text(text.replace("  identity:teams:\n", f"  identity:teams:\n{team}"), encoding="utf-8")


def team_with_app_and_database(week: Week) -> None:
    """Stacks of the same team, and an app of it with a database, in the sandbox and in dev."""
    for environment in ("sandbox", "dev"):
        _write_team(week, environment, "finance")
        _add_datastore(week, environment, "books", yaml.safe_load(_DATASTORE))
        _write_app(week, environment)
    (week.root / "apps" / "entries" / "ledger.yaml").write_text(_ENTRY, encoding="utf-8")
    week.append(OWNERS, "/apps/entries/ledger.yaml @acme/finance\n")
    for environment in ("sandbox", "dev"):
        week.append(OWNERS, f"/apps/Pulumi.ledger-{environment}.yaml @acme/finance\n")
    instance = {
        "stack": "platform/storage-sandbox",
        "type": "gcp:sql/databaseInstance:DatabaseInstance",
        "name": "books",
    }
    week.edit(INVENTORY, lambda inventory: inventory["environments"]["sandbox"].append(instance))


def _write_team(week: Week, environment: str, team: str) -> None:
    """Write both stack files of a team, with the app."""
    shared: dict[str, Any] = yaml.safe_load((week.root / f"identity/Pulumi.{environment}.yaml").read_text())["config"]
    place = {key: shared[key] for key in ("gcp:project", "gcp:region")}
    own = {
        "identity:team": {"name": team, "group": f"{team}-team@acme.io"},
        "identity:apps": {"ledger": {"databases": ["ledger"]}},
    }
    for name, config in (
        (f"identity/Pulumi.team-{team}-{environment}.yaml", own),
        (f"platform/Pulumi.namespaces-{team}-{environment}.yaml", {"platform:team": team}),
    ):
        (week.root / name).write_text(yaml.safe_dump({"config": place | config}, sort_keys=False), encoding="utf-8")


def _add_datastore(week: Week, environment: str, name: str, datastore: dict[str, Any]) -> None:
    week.edit(
        f"platform/Pulumi.storage-{environment}.yaml",
        lambda config: config["platform:datastores"].update({name: datastore}),
    )


def _write_app(week: Week, environment: str) -> None:
    identity: dict[str, Any] = yaml.safe_load((week.root / f"identity/Pulumi.{environment}.yaml").read_text())
    project, region = identity["config"]["gcp:project"], identity["config"]["gcp:region"]
    image = f"{region}-docker.pkg.dev/{project}/finance/ledger@sha256:{'a' * 64}"
    config = {"config": {"gcp:project": project, "apps:app": "ledger", "apps:image": image}}
    (week.root / "apps" / f"Pulumi.ledger-{environment}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def second_datastore(week: Week) -> None:
    """A second datastore beside the first."""
    archive = yaml.safe_load(_DATASTORE) | {"databases": ["archive"]}
    for environment in ("sandbox", "dev"):
        _add_datastore(week, environment, "archive", archive)


def third_environment(week: Week) -> None:
    """An environment `staging` between dev and prod, made from dev's files."""
    for file in week.stack_files("*/Pulumi.*dev.yaml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("acme-dev-4711", "acme-staging-4711").replace("120230340450", "125235345455")
        text = text.replace("dev.acme.io", "staging.acme.io")
        file.with_name(file.name.replace("dev.yaml", "staging.yaml")).write_text(text, encoding="utf-8")
    week.append(OWNERS, "/apps/Pulumi.ledger-staging.yaml @acme/finance\n")
    week.edit(ENVIRONMENTS, lambda content: content["environments"].insert(1, {"name": "staging"}))
    week.edit(INVENTORY, lambda inventory: inventory["environments"].update(staging=[]))


def renamed_environment(week: Week) -> None:
    """The environment `staging` renamed to `acceptance`."""
    for file in week.stack_files("*/Pulumi.*staging.yaml"):
        file.rename(file.with_name(file.name.replace("staging", "acceptance")))
    owners = (week.root / OWNERS).read_text(encoding="utf-8")
    (week.root / OWNERS).write_text(owners.replace("-staging.yaml", "-acceptance.yaml"), encoding="utf-8")
    week.edit(ENVIRONMENTS, lambda content: content["environments"][1].update(name="acceptance"))
    week.edit(INVENTORY, lambda inventory: inventory["environments"].update(acceptance=[]))
    week.edit(INVENTORY, lambda inventory: inventory["environments"].pop("staging"))


def app_handed_over(week: Week) -> None:
    """The app handed to another team, which is new; it was the first one's only app."""
    for file in week.stack_files("apps/Pulumi.ledger-*.yaml"):
        environment = file.name.removeprefix("Pulumi.ledger-").removesuffix(".yaml")
        _write_team(week, environment, "risk")
        (week.root / f"identity/Pulumi.team-finance-{environment}.yaml").unlink()
        (week.root / f"platform/Pulumi.namespaces-finance-{environment}.yaml").unlink()
        file.write_text(file.read_text(encoding="utf-8").replace("finance/ledger", "risk/ledger"), encoding="utf-8")
    week.edit("apps/entries/ledger.yaml", lambda entry: entry.update(team="risk"))
    owners = (week.root / OWNERS).read_text(encoding="utf-8")
    (week.root / OWNERS).write_text(owners.replace("@acme/finance", "@acme/risk"), encoding="utf-8")


def only_dev(week: Week) -> None:
    """Only `dev` set up so far: no stack file of the environments after it."""
    for environment in ("acceptance", "prod"):
        for file in week.stack_files(f"*/Pulumi.*{environment}.yaml"):
            file.unlink()


STEPS: tuple[Callable[[Week], None], ...] = (
    own_names,
    no_samples,
    team_without_app,
    team_with_app_and_database,
    second_datastore,
    third_environment,
    renamed_environment,
    app_handed_over,
    only_dev,
)
