"""A project that exists is taken over as `.github/guides/adopt.md` says, whose YAML is what is configured here.

It takes the real engine: what an import does with what differs, and that a broken one is resumed, are its decisions.
One sandbox lives through the steps, in the order of this file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import example_tenant as example
from cli.embedded.start import ServerStart
from cli.layout import SANDBOX, Stack
from e2e.datastores import changes
from e2e.harness import ADMIN, FOUNDATION, PLATFORM, PROJECT, STORAGE, Sandbox, is_write
from e2e.inventory import INSTANCE
from e2e.person import Person
from e2e.sandboxes import Draft, copy_checkout, made
from e2e.snapshots import Snapshots
from platform_layer.network import firewall
from sandbox.cloud import names
from sandbox.cloud.store import Json
from toolchain.environments import CHECKOUT

GUIDE = CHECKOUT / ".github" / "guides" / "adopt.md"
NETWORK = f"{PROJECT}/global/networks/shop-vpc"
RANGE = f"{PROJECT}/global/addresses/google-services"
CONNECTION = f"{PROJECT}/networks/shop-vpc/connections/servicenetworking.googleapis.com"
DATABASE = f"{INSTANCE}/databases/orders"
ACCOUNT = f"{PROJECT}/serviceAccounts/gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
BUCKET = f"{PROJECT}/buckets/{example.PROJECT}-uploads"
RULE = f"{PROJECT}/global/firewalls/before-adoption"

# What a person made, in the order of need: method, name, body.
_MADE: tuple[tuple[str, str, Json], ...] = (
    (
        "compute.networks.insert",
        NETWORK,
        {
            "name": "shop-vpc",
            "description": "The shop",
            "autoCreateSubnetworks": False,
            "routingConfig": {"routingMode": "GLOBAL"},
        },
    ),
    (
        "compute.globalAddresses.insert",
        RANGE,
        {
            "name": "google-services",
            "purpose": "VPC_PEERING",
            "addressType": "INTERNAL",
            "address": "10.64.0.0",
            "prefixLength": 20,
            "network": NETWORK,
        },
    ),
    (
        "servicenetworking.services.connections.create",
        CONNECTION,
        {"network": NETWORK, "reservedPeeringRanges": ["google-services"]},
    ),
    (
        "sql.instances.insert",
        INSTANCE,
        {
            "name": "orders",
            "region": example.REGION,
            "databaseVersion": "POSTGRES_17",
            "settings": {
                "tier": "db-custom-2-7680",
                "edition": "ENTERPRISE",
                "ipConfiguration": {"ipv4Enabled": True, "privateNetwork": NETWORK},
                "backupConfiguration": {"enabled": True},
            },
        },
    ),
    ("sql.databases.insert", DATABASE, {"name": "orders"}),
    ("iam.projects.serviceAccounts.create", ACCOUNT, {"displayName": "Nodes of the old cluster"}),
    ("storage.buckets.insert", BUCKET, {"location": example.REGION}),
)


@dataclass
class Old:
    """A checkout and a sandbox, whose project held something before the layers came."""

    draft: Draft
    before: dict[str, Json]

    @property
    def sandbox(self) -> Sandbox:
        return self.draft.sandbox

    def now(self) -> dict[str, Json]:
        """Current form of the resources that were created out of band."""
        return {name: body for name, body in self._stored().items() if name in self.before}

    def _stored(self) -> dict[str, Json]:
        with self.sandbox.cloud() as cloud:
            return {
                names.split(one.name)[1]: one.body
                for method, _, _ in _MADE
                for one in cloud.store.find(method.rpartition(".")[0], "")
            }

    def named(self, prefix: str) -> list[str]:
        """All resources of the kinds that were created out of band, by the beginning of the name."""
        return sorted(name for name in self._stored() if re.fullmatch(rf"{prefix}[^/]+", name))

    def written(self, mark: int) -> list[str]:
        """Changes and attempted changes of it since a mark, without policies."""
        return [
            call.method
            for call in self.sandbox.calls(mark)
            if is_write(call) and names.split(call.resource)[1] in self.before and "IamPolicy" not in call.method
        ]

    def configure(self, stack: Stack, settings: Json) -> None:
        """Set keys of a stack file."""
        file = self.sandbox.checkout / stack.project / stack.file.name
        content = yaml.safe_load(file.read_text())
        content["config"] |= settings
        file.write_text(yaml.safe_dump(content, sort_keys=False))

    def waive(self, rules: set[str]) -> None:
        """Enter a waiver as the guide shows it for each of the rules."""
        [shown] = guide("waivers")
        file = self.sandbox.checkout / "policies" / "waivers.yaml"
        file.write_text(yaml.safe_dump({"waivers": [shown | {"policy": rule} for rule in sorted(rules)]}))


def guide(part: str) -> Any:
    """A piece of the guide's YAML, for the sandbox's project."""
    text = GUIDE.read_text(encoding="utf-8")
    [found] = re.findall(rf"<!-- adopt: {part} -->\n```yaml\n(.*?)```", text, re.DOTALL)
    expires = (datetime.now(UTC) + timedelta(days=80)).date().isoformat()
    for placeholder, value in {"PROJECT": example.PROJECT, "STACK": SANDBOX, "EXPIRES": expires}.items():
        found = found.replace(placeholder, value)
    return yaml.safe_load(found)


@pytest.fixture(scope="module")
def old(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[Old]:
    """A project with what a person made, and no layer yet."""
    folder = e2e_folder / "old"
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        with sandbox.directory.locked("preparing a project"):
            ServerStart(sandbox.directory)
        with sandbox.cloud() as cloud:
            for service in ("compute", "iam", "servicenetworking", "sqladmin", "storage"):
                cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
            for method, name, body in _MADE:
                cloud.call(method, name, ADMIN, body)
            cloud.call("compute.firewalls.insert", RULE, ADMIN, _rule_of_the_guide())
        begun = Old(Draft(sandbox, snapshots), {name: {} for _, name, _ in _MADE} | {RULE: {}})
        begun.before = begun.now()
        yield begun


def _rule_of_the_guide() -> Json:
    """The guide's own command, as a request."""
    command = re.search(r"gcloud compute firewall-rules create (?P<name>\S+) (?P<options>.*)", GUIDE.read_text())
    assert command
    options = dict(option.removeprefix("--").split("=") for option in command["options"].split())
    assert options.pop("allow") == "all"
    assert options.pop("network") == NETWORK.rpartition("/")[2]
    return {
        "name": command["name"],
        "network": NETWORK,
        "direction": options.pop("direction"),
        "priority": int(options.pop("priority")),
        "allowed": [{"IPProtocol": "all"}],
        **options,
    }


def test_a_name_that_is_taken_stops_the_first_run_which_then_goes_on(old: Old) -> None:
    stopped = old.sandbox.run("up", "--layer", "identity")
    stopped.refused(1, "creating gke-nodes", "already exists")
    old.configure(FOUNDATION, guide("identity"))
    resumed = old.sandbox.run("up", "--layer", "identity").succeeded()

    assert "1 import" in resumed.out
    assert old.now()[ACCOUNT]["uniqueId"] == old.before[ACCOUNT]["uniqueId"]


def test_what_google_cannot_change_is_refused_before_anything_is_done(old: Old) -> None:
    mark = old.sandbox.mark()
    adopted = guide("platform")
    for entry in adopted["platform:adopted"].values():
        entry.pop("keeps", None)
    old.configure(PLATFORM, adopted)
    stopped = old.sandbox.run("up", "--owner", "platform")

    for name in ("Network::main", "GlobalAddress::main-databases"):
        assert f'{name}"\n    as it is currently marked for protection' in stopped.err, stopped.text
    assert old.written(mark) == []


def test_a_run_that_breaks_off_is_run_again_and_touches_nothing_of_what_was_there(old: Old) -> None:
    mark = old.sandbox.mark()
    old.configure(PLATFORM, guide("platform"))
    broken = '[{"method": "container.projects.locations.clusters.create", "kind": "crash-before", "calls": [1]}]'
    old.sandbox.run("up", "--owner", "platform", SANDBOX_FAULTS=broken).refused(1, "the update was stopped")
    partly = _in_state(old, PLATFORM)
    assert partly["gcp:compute/network:Network::main"] == NETWORK
    old.sandbox.run("up", "--owner", "platform").succeeded()

    assert old.written(mark) == []
    assert old.now() == old.before | {ACCOUNT: old.now()[ACCOUNT]}
    assert _adopted(old, PLATFORM) == {
        name: entry["id"] for name, entry in guide("platform")["platform:adopted"].items()
    }


def test_what_is_kept_and_weak_takes_a_waiver_for_each_rule(old: Old) -> None:
    mark = old.sandbox.mark()
    old.configure(STORAGE, guide("storage"))
    stopped = old.sandbox.run("up", "--owner", "storage").refused(1, "policy sql-not-public: ")

    assert "marked for protection" not in stopped.text
    assert old.written(mark) == []
    old.waive(_violated(old))


def _violated(old: Old) -> set[str]:
    """The rules that the engine's log names; the message shows the first of them."""
    log = (old.sandbox.path / "logs" / "platform-storage-sandbox-preview.log").read_text()
    return set(re.findall(r"\[mandatory\] \[severity: \w+\]\s+([a-z-]+)", log))


def test_the_datastore_is_taken_over_as_it_is(old: Old) -> None:
    mark = old.sandbox.mark()
    old.sandbox.run("up", "--owner", "storage").succeeded()
    old.sandbox.run("up", "--owner", "namespaces").succeeded()  # it makes the logins of apps

    assert old.written(mark) == []
    assert old.now() == old.before | {ACCOUNT: old.now()[ACCOUNT]}
    assert _adopted(old, STORAGE) == {name: entry["id"] for name, entry in guide("storage")["platform:adopted"].items()}


def _adopted(old: Old, stack: Stack) -> dict[str, str]:
    """IDs in the state of what the guide adopts into a stack."""
    named = guide(stack.part or stack.project)["platform:adopted"]
    return {name: known for name, known in _in_state(old, stack).items() if name in named}


def _in_state(old: Old, stack: Stack) -> dict[str, str]:
    """ID by type and name, as `platform:adopted` has them."""
    resources = old.sandbox.raw_state(stack)["resources"]
    return {f"{each['type']}::{each['urn'].rpartition('::')[2]}": str(each.get("id", "")) for each in resources}


def test_nothing_is_there_twice(old: Old) -> None:
    assert old.named(f"{PROJECT}/instances/") == [INSTANCE]
    assert old.named(f"{INSTANCE}/databases/") == [DATABASE]
    # Google made the other one when the old project got Compute, and the layers leave it alone.
    assert old.named(f"{PROJECT}/global/networks/") == [f"{PROJECT}/global/networks/default", NETWORK]
    assert RANGE in old.named(f"{PROJECT}/global/addresses/")


def test_the_next_run_has_nothing_to_do(old: Old) -> None:
    seen = old.sandbox.run("preview", "--layer", "platform", "--refresh", "yes").succeeded()
    assert changes(seen.out) == []
    assert changes(old.sandbox.run("preview", "--owner", "storage").succeeded().out) == []


def test_the_old_way_out_comes_before_the_rule_that_closes_the_network(old: Old) -> None:
    with old.sandbox.cloud() as cloud:
        rules = {one.name.rpartition("/")[2]: one.declared for one in cloud.store.find("compute.firewalls", "")}

    assert rules["main-deny-egress"]["priority"] == firewall.LAST
    assert rules["before-adoption"]["priority"] < firewall.LAST
    assert {rule["network"].rpartition("/")[2] for rule in rules.values()} - {"default"} == {"shop-vpc"}


def test_hardening_is_one_update_in_place_without_the_waivers(old: Old) -> None:
    adopted = guide("storage")
    adopted["platform:adopted"]["gcp:sql/databaseInstance:DatabaseInstance::orders"]["keeps"].remove("settings")
    old.configure(STORAGE, adopted)
    old.waive({"sql-encrypted-with-own-key"})
    mark = old.sandbox.mark()
    old.sandbox.run("up", "--layer", "platform").succeeded()

    assert old.written(mark) == ["sql.instances.update"]
    settings = old.now()[INSTANCE]["settings"]
    assert settings["ipConfiguration"]["ipv4Enabled"] is False
    assert settings["deletionProtectionEnabled"] is True
    assert old.named(f"{PROJECT}/instances/") == [INSTANCE]
