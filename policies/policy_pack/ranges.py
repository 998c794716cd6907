"""Ranges of addresses and ports, by their sum: many narrow ranges are as wide as one that is wide."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from engine.inputs import at, number

# As many addresses as a /8 has, and in IPv6 a /32, which a provider gets; private addresses do not count.
MOST_ADDRESSES = {4: 2**24, 6: 2**96}
# Addresses that a network has inside: https://www.rfc-editor.org/rfc/rfc1918, /rfc6598, /rfc3927 and /rfc4193. What a
# version of Python calls private is more, and differs.
PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
# As many ports as a rule can name for services that somebody knows.
MOST_PORTS = 64
_ALL_PORTS = 2**16


def is_wide(ranges: Iterable[Any]) -> bool:
    """Return whether ranges are a large part of the internet together; an unreadable range counts as one."""
    networks: dict[int, list[Any]] = {4: [], 6: []}
    for text in ranges:
        try:
            network = ip_network(text if isinstance(text, str) else "", strict=False)
        except ValueError:
            return True
        if not _is_private(network):
            networks[network.version].append(network)
    return any(
        sum(one.num_addresses for one in collapse_addresses(several)) > MOST_ADDRESSES[version]
        for version, several in networks.items()
    )


def _is_private(network: IPv4Network | IPv6Network) -> bool:
    return any(network.version == own.version and network.subnet_of(own) for own in PRIVATE)  # pyright: ignore[reportArgumentType] - of one version


def policy_ports(listed: Iterable[Any]) -> int:
    """Return how many ports the entries of a NetworkPolicy admit: all of them, where an entry names none."""
    return sum(_policy_ports(listed)) or _ALL_PORTS


def _policy_ports(listed: Iterable[Any]) -> Iterator[int]:
    for entry in listed:
        first, last = at(entry, "port"), at(entry, "endPort")
        begin, end = number(first), number(first if last is None else last)
        if begin is not None and end is not None:
            yield int(end - begin) + 1 if end >= begin else _ALL_PORTS
        else:
            yield 1 if isinstance(first, str) and last is None else _ALL_PORTS  # a port of a container has a name
