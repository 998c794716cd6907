"""Forms of texts that the provider checks before it calls Google; each returns what is wrong, or ""."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

_DAY = 86_400  # seconds
_FRACTION = 9  # most digits of a second's fraction in Google's durations
_DOMAIN = r"(?:[-a-z0-9]{1,63}\.)*[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?:"
_PROJECT = rf"(?:{_DOMAIN})?(?:[0-9]{{1,19}}|[a-z0-9](?:[-a-z0-9]{{0,61}}[a-z0-9])?|-)"
_ACCOUNT = (
    r"[a-z][-a-z0-9]{4,28}[a-z0-9]@[-a-z0-9.]{1,63}\.iam\.gserviceaccount\.com"
    r"|[0-9]{1,20}-compute@developer\.gserviceaccount\.com"
    rf"|{_PROJECT}@[a-z]+\.gserviceaccount\.com"
)
_UNITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|ms|s|m|h)"
_PRIVATE = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
_PRIVATE_ASNS = ((64_512, 65_534), (4_200_000_000, 4_294_967_294))  # RFC 6996
_PARTNER_ASN = 16_550  # https://cloud.google.com/network-connectivity/docs/interconnect/concepts/partner-overview
_UNKINDED = ("projectOwners", "projectReaders", "projectWriters", "allUsers", "allAuthenticatedUsers")
_MOVED = "bigquery-json.googleapis.com"  # an API that has another name since

Check = Callable[[Any], str]


def _matching(pattern: str, expected: str) -> Check:
    """Returns the check for texts that a pattern matches in full."""
    return lambda value: "" if re.fullmatch(pattern, value) else f"must be {expected}"


def _or_empty(check: Check) -> Check:
    return lambda value: check(value) if value else ""


def _range(value: str) -> str:
    """Returns what is wrong with a range of addresses, which may have host bits."""
    address, _, length = value.partition("/")
    with suppress(ValueError):
        if length.isascii() and length.isdigit() and "%" not in address and ipaddress.ip_interface(value):
            return ""
    return "must be a range of addresses, such as 10.0.0.0/20"


def _network(least: int, greatest: int) -> Check:
    """Returns the check for ranges without host bits, whose prefix has a number of bits."""

    def check(value: str) -> str:
        if problem := _range(value):
            return problem
        network = ipaddress.ip_interface(value).network
        if str(network) != value:
            return f"must be a network without host bits, such as {network}"
        right = least <= network.prefixlen <= greatest
        return "" if right else f"must have a prefix of {least} to {greatest} bits"

    return check


def _private_network(value: str) -> str:
    if problem := _network(8, 32)(value):
        return problem
    address = ipaddress.ip_interface(value).ip
    private = any(block.version == address.version and address in block for block in _PRIVATE)
    return "" if private else "must be a range of private addresses (RFC 1918)"


def _timestamp(value: str) -> str:
    form = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", value, re.ASCII)
    with suppress(ValueError):
        if form and datetime.fromisoformat(form[1]):
            return ""
    return "must be a time such as 2026-01-31T03:00:00Z (RFC 3339)"


def _json(value: str) -> str:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return "must be JSON"
    return ""


def _asn(value: float) -> str:
    private = any(least <= value <= greatest for least, greatest in _PRIVATE_ASNS)
    return "" if private or value == _PARTNER_ASN else "must be a private AS number (RFC 6996)"


def _member(value: str) -> str:
    if value.startswith("deleted"):
        return "must not be a deleted principal"
    if re.search(".+:.+", value, re.DOTALL) or any(name in value for name in _UNKINDED):
        return ""
    return "must begin with its kind, such as user:, group: or serviceAccount:"


def _policy(value: str) -> str:
    """Returns what is wrong with an allow policy in JSON."""
    if problem := _json(value):
        return problem
    policy: Any = json.loads(value)
    if not isinstance(policy, dict):
        return "must be an allow policy: an object with bindings"
    bindings: Any = cast("dict[str, Any]", policy).get("bindings") or []
    if not isinstance(bindings, list):
        return "must have a list of bindings"
    for binding in cast("list[Any]", bindings):
        members: Any = cast("dict[str, Any]", binding).get("members") or [] if isinstance(binding, dict) else None
        listed: list[Any] = cast("list[Any]", members) if isinstance(members, list) else [None]
        if not all(isinstance(member, str) for member in listed):
            return "must have bindings with lists of members"
        for member in listed:
            if problem := _member(member):
                return f"has the member {member!r}, which {problem}"
    return ""


def _federation_id(value: str) -> str:
    if value.startswith("gcp-"):
        return "must not begin with gcp-, which Google reserves"
    return "" if re.fullmatch("[a-z0-9-]{4,32}", value) else "must be 4 to 32 lowercase letters, digits and hyphens"


def _rotation_period(value: str) -> str:
    form = re.fullmatch(r"([0-9.]*[0-9])s", value)
    with suppress(ValueError):
        if form and len(form[1].partition(".")[2]) <= _FRACTION and float(form[1]) >= _DAY:
            return ""
    return f"must be a number of seconds, at least a day, such as {90 * _DAY}s"


def _service(value: str) -> str:
    if value == _MOVED:
        return "is the former name of bigquery.googleapis.com; use that"
    return "" if "." in value else "must be a domain like serviceusage.googleapis.com"


def _bucket_labels(value: Mapping[str, Any]) -> str:
    wrong = [key for key in value if not re.fullmatch(r"[a-z0-9_-]{1,63}", key)]
    return f"has the key {wrong[0]!r}; a key is 1 to 63 lowercase letters, digits, _ and -" if wrong else ""


_LABEL = r"[a-z](?:[-a-z0-9]*[a-z0-9])?"

CHECKS: Mapping[str, Check] = {
    "allowlist": _matching(r"(?:(?:gke|gs)://.+)?", "a path that begins with gke:// or gs://"),
    "bucket-labels": _bucket_labels,
    "cidr": _range,
    "control-plane-network": _or_empty(_network(28, 28)),
    "custom-role-id": _matching(r"[a-zA-Z0-9_.]{3,64}", "3 to 64 letters, digits, _ and ."),
    "duration": _matching(rf"[-+]?(?:0|(?:{_UNITS})+)", "a duration such as 3600s"),
    "gce-name": _matching(
        r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?",
        "1 to 63 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen",
    ),
    "ipv4-network": _network(0, 32),
    "json": _json,
    "label": _matching(_LABEL, "lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen"),
    "member": _member,
    "minor-version": _matching(r"[0-9]+\.[0-9]+", "a minor version such as 1.34"),
    "network": _or_empty(
        _matching(
            rf"(?:https?://.+/)?projects/{_PROJECT}/global/networks/{_LABEL}",
            "a network such as projects/p/global/networks/main",
        )
    ),
    "not-empty": lambda value: "" if value else "must not be empty",
    "policy": _policy,
    "pool-id": lambda value: _federation_id(value.removesuffix(".svc.id.goog")),
    "pool-provider-id": _federation_id,
    "private-asn": _asn,
    "private-network": _or_empty(_private_network),
    "record-name": lambda value: "" if value.endswith(".") else "must end with a dot, such as test.example.com.",
    "rotation-period": _or_empty(_rotation_period),
    "service": _service,
    "service-account": lambda value: (
        ""
        if re.search(rf"projects/{_PROJECT}/serviceAccounts/(?:{_ACCOUNT})\Z", value)
        else "must be an account's full name, such as projects/p/serviceAccounts/a@p.iam.gserviceaccount.com"
    ),
    "time-of-day": _matching(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 03:00"),
    "timestamp": _timestamp,
}

# The types of values that a check is for, where they are no texts.
TYPES: Mapping[str, type | tuple[type, ...]] = {"bucket-labels": dict, "private-asn": (int, float)}
