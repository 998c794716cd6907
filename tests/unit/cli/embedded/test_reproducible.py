"""When two states of one commit count as the same."""

import copy
from typing import Any

import pytest

from cli.embedded.reproducible import StateDifference, differences

URN = "urn:pulumi:sandbox::platform::gcp:pubsub/topic:Topic::notices"
RESOURCE: dict[str, Any] = {
    "urn": URN,
    "id": "projects/p/topics/notices",
    "type": "gcp:pubsub/topic:Topic",
    "created": "2026-11-21T15:10:30Z",
    "protect": True,
    "dependencies": ["urn:a", "urn:b"],
    "provider": "urn:pulumi:sandbox::platform::pulumi:providers:gcp::default::cf4b04f2-b02e-4d73-b294-6431b5dc306a",
    "inputs": {"labels": {"layer": "platform"}, "window": "2025-01-04T01:00:00Z", "server": "https://localhost:25703"},
    "outputs": {"uid": "a", "made": "2026-11-21T15:10:30.486Z", "channel": "projects/p/channels/2032467059369455839"},
}


def found(*path: str, value: object) -> list[StateDifference]:
    other = copy.deepcopy(RESOURCE)
    *above, last = path
    holder = other
    for key in above:
        holder = holder[key]
    holder[last] = value
    return list(differences("platform", [RESOURCE], [other]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "projects/p/topics/other"),
        (("created",), "2027-01-01T00:00:00Z"),
        (("dependencies",), ["urn:b", "urn:a"]),
        (("provider",), RESOURCE["provider"].replace("cf4b04f2", "00000000")),
        (("inputs", "server"), "https://localhost:31000"),
        (("outputs", "uid"), "b"),
        (("outputs", "status"), {"replicas": 2}),
        (("outputs", "made"), "2026-11-21T15:14:00Z"),
        (("outputs", "channel"), "projects/p/channels/1032467059369455838"),
    ],
    ids=str,
)
def test_what_a_cloud_makes_up_does_not_count(path: tuple[str, ...], value: object) -> None:
    assert found(*path, value=value) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("protect",), False),
        (("inputs", "window"), "2025-01-05T01:00:00Z"),
        (("inputs", "labels", "layer"), "apps"),
        (("outputs", "channel"), "projects/p/topics/2032467059369455839"),
    ],
    ids=str,
)
def test_everything_else_does(path: tuple[str, ...], value: object) -> None:
    assert found(*path, value=value) == [StateDifference("platform", URN, ".".join(path))]


def test_a_resource_in_one_of_the_states_is_a_difference() -> None:
    assert list(differences("platform", [RESOURCE], [])) == [StateDifference("platform", URN, "")]


def test_lists_of_different_length_are_one_difference() -> None:
    one, other = ({**RESOURCE, "inputs": {"list": values}} for values in ([1], [1, 2]))

    assert list(differences("platform", [one], [other])) == [StateDifference("platform", URN, "inputs.list")]
