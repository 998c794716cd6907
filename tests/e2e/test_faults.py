"""Faults of the simulated cloud under the real engine: what the plugin hides, what fails, and where `up` ends after it.

What a fault leaves half done is the next command's to finish. Each layer meets its faults in runs of its own; the last
command is the plain one, meets none, and afterwards nothing may differ from a sandbox that never met one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.harness import STACKS, Ran, Sandbox, is_write
from e2e.inventory import inventory
from e2e.person import Person
from e2e.sandboxes import BroughtUp, made
from sandbox.cloud import faults
from sandbox.cloud.faults import Fault
from sandbox.plugins.gcp import transport

# As often as the plugin tries a call: what hits all of these, the engine gets to see.
EVERY_ATTEMPT = tuple(range(1, transport.ATTEMPTS + 1))

PASSING = (
    Fault("*", "latency", probability=0.05, seconds=0.2),
    Fault("iam.projects.serviceAccounts.create", "quota", (1, 2, 5)),
    Fault("*.setIamPolicy", "unavailable", (3, 7, 20)),
    Fault("iam.projects.roles.create", "timeout", (1, 4)),
    Fault("secretmanager.projects.secrets.create", "lost-request", (1,)),
    Fault("serviceusage.services.enable", "timeout", (2,)),
)
CRASH = Fault("compute.networks.insert", "crash-after", (1,))
# The subnetwork is there, and the plugin never gets to know.
SILENCE = (
    Fault("compute.subnetworks.insert", "timeout", (1,)),
    Fault("compute.subnetworks.get", "lost-request", EVERY_ATTEMPT),
)
REFUSAL = Fault("sql.instances.insert", "unavailable", EVERY_ATTEMPT)
SECOND_CRASH = Fault("container.projects.locations.clusters.create", "crash-before", (1,))


@dataclass(frozen=True)
class Disturbed:
    """A sandbox that was brought up through faults, and the commands that it took."""

    sandbox: Sandbox
    passing: Ran
    crashed: Ran
    refused: Ran
    crashed_again: Ran
    starved: Ran
    plain: Ran


def _up(sandbox: Sandbox, *armed: Fault, layer: str = "") -> Ran:
    arguments = ["--layer", layer] if layer else []
    return sandbox.run("up", *arguments, SANDBOX_FAULTS=faults.describe(list(armed)))


@pytest.fixture(scope="module")
def disturbed(e2e_folder: Path, person: Person) -> Iterator[Disturbed]:
    """Each layer comes up through faults; the last command meets none."""
    with made(Sandbox(e2e_folder / "disturbed", person)) as sandbox:
        passing = _up(sandbox, *PASSING, layer="identity")
        crashed = _up(sandbox, CRASH, layer="platform")
        refused = _up(sandbox, *SILENCE, layer="platform")
        crashed_again = _up(sandbox, SECOND_CRASH, layer="platform")
        starved = _up(sandbox, REFUSAL, layer="platform")
        yield Disturbed(sandbox, passing, crashed, refused, crashed_again, starved, _up(sandbox))


def test_faults_that_pass_are_not_seen(disturbed: Disturbed) -> None:
    disturbed.passing.succeeded()
    with disturbed.sandbox.cloud() as cloud:
        for fault in PASSING[1:]:
            hit = cloud.store.setting(faults.counter(fault))
            assert int(hit or 0) >= max(fault.calls), f"{fault} never hit"


def test_a_plugin_that_dies_ends_the_update_with_the_way_on(disturbed: Disturbed) -> None:
    disturbed.crashed.refused(1, "platform: the update was stopped", "run `make up` again")


def test_silence_and_refusals_name_the_resource_and_what_is_unknown(disturbed: Disturbed) -> None:
    disturbed.refused.refused(1, "platform: the update was stopped", "run `make up` again")

    assert "was not answered 6 times. It may have taken effect" in disturbed.refused.err


def test_after_every_fault_a_plain_up_ends_where_it_should(disturbed: Disturbed) -> None:
    disturbed.crashed_again.refused(1, "platform: the update was stopped")
    disturbed.starved.refused(1, "platform/storage: the update was stopped")
    disturbed.plain.succeeded()
    with disturbed.sandbox.cloud() as cloud:
        for fault in (CRASH, *SILENCE, REFUSAL, SECOND_CRASH):
            assert cloud.store.setting(faults.counter(fault)), f"{fault} never hit"


def test_nothing_is_lost_and_nothing_is_doubled(disturbed: Disturbed, brought_up: BroughtUp) -> None:
    disturbed.plain.succeeded()
    found, expected = inventory(disturbed.sandbox), brought_up.inventory

    assert found.resources == expected.resources
    assert found.grants == expected.grants
    assert found.payloads == expected.payloads
    assert found.urns == expected.urns
    assert found.objects == expected.objects


def test_each_resource_was_created_once(disturbed: Disturbed) -> None:
    done = [call for call in disturbed.sandbox.calls() if call.status == "OK" and is_write(call)]
    made_by = (".create", ".insert")
    # What Google names itself has no name in the call; the inventory above counts it.
    named = [call for call in done if call.method.endswith(made_by) and not call.resource.endswith("/-")]
    created = Counter((call.method, call.resource) for call in named)

    assert {key: count for key, count in created.items() if count > 1} == {}


def test_a_further_up_changes_nothing(disturbed: Disturbed) -> None:
    disturbed.plain.succeeded()
    mark = disturbed.sandbox.mark()

    done = disturbed.sandbox.run("up").succeeded()

    assert "no changes; up in" in done.out
    assert done.err.count(" unchanged") == len(STACKS)
    assert [call.method for call in disturbed.sandbox.calls(mark) if is_write(call)] == []
