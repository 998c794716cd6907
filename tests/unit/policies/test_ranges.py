"""Ranges of addresses and ports, at the limit of what is wide and in forms that nobody can read."""

from typing import Any

import pytest

from policy_pack import ranges

_WITHOUT_PORT: dict[str, Any] = {}
_EVERY_PORT = 65536


@pytest.mark.parametrize(
    "several", [["0.0.0.0/0"], ["::/0"], ["8.0.0.0/7"], ["8.0.0.0/8", "11.0.0.0/32"], ["2600::/31"]]
)
def test_more_than_a_providers_share_of_the_internet_is_wide(several: list[str]) -> None:
    assert ranges.is_wide(several)


@pytest.mark.parametrize(
    "several",
    [
        ["8.0.0.0/8"],
        ["8.0.0.0/8", "8.0.0.0/9"],
        ["8.0.0.1/8"],
        ["10.0.0.0/8", "172.16.0.0/12", "11.0.0.0/8"],
        ["2600::/32"],
        ["8.0.0.0/8", "2600::/32"],
    ],
)
def test_a_providers_share_and_private_addresses_are_not_wide(several: list[str]) -> None:
    assert not ranges.is_wide(several)


@pytest.mark.parametrize("text", ["", "everywhere", None, 10, "10.0.0.0/33"])
def test_a_range_that_nobody_can_read_is_wide(text: Any) -> None:
    assert ranges.is_wide(["10.0.0.0/8", text])


@pytest.mark.parametrize(
    ("listed", "admitted"),
    [
        ([{"port": 443}], 1),
        ([{"port": "http"}], 1),
        ([{"port": 8080, "endPort": 8080}], 1),
        ([{"port": 8080, "endPort": 8083}, {"port": 443}], 5),
        ([{"port": 8083, "endPort": 8080}], _EVERY_PORT),
        ([{"port": "http", "endPort": 8080}], _EVERY_PORT),
        ([{"port": 8080, "endPort": "last"}], _EVERY_PORT),
        ([{"endPort": 8080}], _EVERY_PORT),
        ([{"protocol": "TCP"}], _EVERY_PORT),
        ([_WITHOUT_PORT], _EVERY_PORT),
        ([], _EVERY_PORT),
    ],
)
def test_ports_of_a_network_policy_are_counted(listed: Any, admitted: int) -> None:
    assert ranges.policy_ports(listed) == admitted
